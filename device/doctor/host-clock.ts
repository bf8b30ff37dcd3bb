import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ClockFacts } from "./facts.ts";

const PATIENCE_MS = 2_000;
const SOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

export async function clockFacts(): Promise<ClockFacts> {
  const source = await readFile(SOURCE, "utf8").then(
    (text) => text.trim(),
    () => null,
  );
  return { synchronised: await synchronised(), source, monotonic: await monotonic().catch(() => null) };
}

/** timesyncd leaves a file; timedatectl and chrony are asked. null when none of them says anything. */
async function synchronised(): Promise<boolean | null> {
  if (existsSync("/run/systemd/timesync/synchronized")) return true;
  const timedatectl = await says("timedatectl", ["show", "--property", "NTPSynchronized", "--value"]);
  if (timedatectl !== null) return timedatectl.trim() === "yes";
  const chrony = await says("chronyc", ["-n", "tracking"]);
  return chrony === null ? null : /^Leap status\s*:\s*Normal/m.test(chrony);
}

async function says(program: string, args: readonly string[]): Promise<string | null> {
  const answer = promisify(execFile)(program, [...args], {
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, LC_ALL: "C" },
  });
  return answer.then(
    ({ stdout }) => stdout,
    () => null,
  );
}

async function monotonic(): Promise<ClockFacts["monotonic"]> {
  const { clockAnchor, monotonicRawNs } = await import("../../drivers/native/index.ts");
  const readings = Array.from({ length: 100 }, () => monotonicRawNs());
  const back = readings.some((ns, i) => i > 0 && ns < (readings[i - 1] as bigint));
  const advances = !back && (readings.at(-1) as bigint) > (readings[0] as bigint);
  return { advances, anchorErrorNs: clockAnchor().errorNs };
}
