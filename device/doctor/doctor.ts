/** All checks of this host. None can hang: what does not answer in time is a row of its own. */
import type { Clock } from "../../common/clock.ts";
import { checkClock, checkDisk, checkLatency } from "./check-host.ts";
import { checkPorts } from "./check-ports.ts";
import { checkSoftware } from "./check-software.ts";
import { checkUser } from "./check-user.ts";
import type { Probe, Subject } from "./facts.ts";
import { type Row, warning } from "./row.ts";

const PATIENCE_MS = 5_000;

export async function examine(probe: Probe, subject: Subject, clock: Clock): Promise<Row[]> {
  /** What a look-up says, or a row that says why it says nothing. */
  const inTime = async (area: Row["area"], look: () => Promise<Row[]>): Promise<Row[]> => {
    const enough = new AbortController();
    const late = clock
      .sleep(PATIENCE_MS, enough.signal)
      .then(() => [
        warning(
          area,
          `the look at ${area} did not answer within ${PATIENCE_MS / 1000} s`,
          "a device or a network disk hangs: dmesg | tail",
        ),
      ]);
    late.catch(() => {});
    try {
      return await Promise.race([look(), late]);
    } catch (error) {
      return [
        warning(
          area,
          `the look at ${area} failed: ${error instanceof Error ? error.message : String(error)}`,
          "report it with this answer",
        ),
      ];
    } finally {
      enough.abort();
    }
  };
  // Its name is told where ports are refused.
  let user = "you";
  const permissions = await inTime("permissions", async () => {
    const facts = await probe.user();
    user = facts.name;
    return checkUser(facts);
  });
  const [ports, time, disk, software] = await Promise.all([
    inTime("ports", async () => checkPorts(await probe.ports(subject), subject.origin, user)),
    inTime("clock", async () => checkClock(await probe.clock())),
    inTime("disk", async () => checkDisk(await probe.disk(subject.storeFolder), subject)),
    inTime("software", async () => checkSoftware(await probe.software())),
  ]);
  // Last and alone: the others would be measured with it.
  const latency = await inTime("latency", async () => checkLatency(await probe.latency()));
  return [...permissions, ...ports, ...latency, ...time, ...disk, ...software];
}
