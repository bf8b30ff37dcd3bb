/** Shares verified a second, and the time from a share to its successor job, of our Stratum server and of a Python proxy, each a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Bench, type BenchCase, lessIsBetter, median, moreIsBetter } from "./harness/bench.ts";
import { quantile } from "./harness/quantile.ts";

const PEERS = path.join(path.dirname(fileURLToPath(import.meta.url)), "peers");
const REPEATS = 5;
const ROUNDS = 600;
const WARM_UP = 100;
const SHARES = 4800;
/** Shares in flight when the rate is measured. */
const IN_FLIGHT = 16;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
}

async function started(command: string, args: readonly string[]): Promise<Running> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => {
      throw new Error(`${command} ended without a port; what it wrote stands above`);
    }),
  ])) as [string];
  return { child, port: Number(line) };
}

async function ended({ child }: Running): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, "exit");
}

/** Processor time of all of a process's threads, s. Linux counts in hundredths. */
function processorS({ child }: Running): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** `shares` shares with `inFlight` of them under way: shares a second, and for one at a time how long each job took to come, us. */
async function mine(port: number, shares: number, inFlight: number): Promise<{ perSecond: number; handOverUs: number[] }> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const handOverUs: number[] = [];
  let [sent, jobs, answers, refused, sentAt, beganAt] = [0, 0, 0, 0, 0, 0];
  const done = new Promise<number>((resolve, reject) => {
    socket.once("error", reject).once("close", () => reject(new Error("the server hung up")));
    createInterface({ input: socket }).on("line", (line) => {
      const now = performance.now();
      const message = JSON.parse(line) as { id: number | null; method?: string; params?: string[]; result?: unknown };
      if (message.method === undefined && (message.id ?? 0) >= 10) {
        if (message.result !== true) refused++;
        if (++answers === shares) resolve(now);
      }
      if (message.method !== "mining.notify") return;
      if (jobs++ === 0) beganAt = now;
      else handOverUs.push((now - sentAt) * 1000);
      for (let n = jobs === 1 ? inFlight : 1; n > 0 && sent < shares; n--) {
        const nonce = (++sent).toString(16).padStart(8, "0");
        sentAt = performance.now();
        const params = ["w", message.params?.[0], "00000000", message.params?.[7], nonce];
        socket.write(`${JSON.stringify({ id: 9 + sent, method: "mining.submit", params })}\n`);
      }
    });
  });
  socket.write('{"id":1,"method":"mining.subscribe","params":[]}\n{"id":2,"method":"mining.authorize","params":["w","x"]}\n');
  const endedAt = await done;
  socket.removeAllListeners("close").destroy();
  // With several in flight a share may come for a job that was replaced: it is hashed all the same.
  if (inFlight === 1 && refused > 0) throw new Error(`${refused} shares were refused: the comparison would mean nothing`);
  return { perSecond: (shares * 1000) / (endedAt - beganAt), handOverUs: handOverUs.slice(WARM_UP) };
}

export const bench: Bench = {
  about:
    "shares verified a second and p99 of the time from a share to its successor job, against a Python proxy with hashlib and a thread a connection",
  async run(): Promise<readonly BenchCase[]> {
    const ours = await started(process.execPath, ["--import", "tsx", path.join(PEERS, "stratum-server.ts")]);
    const peer = await started(process.env.ASICR_PYTHON ?? "python3", [path.join(PEERS, "stratum_proxy.py")]);
    const rates: [number[], number[]] = [[], []];
    const p99s: [number[], number[]] = [[], []];
    const medians: [number[], number[]] = [[], []];
    const processor: [number, number] = [0, 0];
    try {
      for (let round = 0; round <= REPEATS; round++)
        for (const [side, running] of [ours, peer].entries()) {
          const { port } = running;
          const before = processorS(running);
          const { perSecond } = await mine(port, SHARES, IN_FLIGHT);
          const spentS = processorS(running) - before;
          const { handOverUs } = await mine(port, ROUNDS, 1);
          // The first round compiles.
          if (round === 0) continue;
          processor[side as 0 | 1] += spentS;
          rates[side as 0 | 1].push(perSecond);
          p99s[side as 0 | 1].push(quantile(handOverUs, 0.99));
          medians[side as 0 | 1].push(median(handOverUs));
        }
    } finally {
      await Promise.all([ended(ours), ended(peer)]);
    }
    const perProcessorS = (side: 0 | 1) => (SHARES * REPEATS) / processor[side];
    return [
      moreIsBetter("the same by the server's processor time", "shares/s", perProcessorS(0), perProcessorS(1)),
      moreIsBetter(`shares verified, answered and replaced, ${IN_FLIGHT} in flight`, "shares/s", median(rates[0]), median(rates[1])),
      lessIsBetter("hand-over, p99", "us", median(p99s[0]), median(p99s[1])),
      lessIsBetter("hand-over, median", "us", median(medians[0]), median(medians[1])),
    ];
  },
};
