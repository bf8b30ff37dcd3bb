/** A twin of a networked miner in real time, on a TCP connection. */
import { connect } from "node:net";
import { TwinError } from "../../common/errors.ts";
import { splitmix64 } from "../../common/random.ts";
import type { MinerKind } from "./miner-kinds.ts";
import { StratumMiner } from "./stratum-miner.ts";

export interface LiveMiner {
  readonly miner: StratumMiner;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Longest time between two looks at the clock, ms: timers of this length need no correction. */
const LONGEST_WAIT_MS = 1000;

/** Connects to `host`:`port`. TwinError POOL_UNREACHABLE. */
export async function startLiveMiner(
  address: { host: string; port: number },
  kind: MinerKind,
  options: { workScale: number; seed: number },
): Promise<LiveMiner> {
  const miner = new StratumMiner(kind, { workScale: options.workScale, random: splitmix64(options.seed) });
  const socket = connect({ ...address, noDelay: true });
  const now = () => process.hrtime.bigint();
  let timer: NodeJS.Timeout | undefined;
  let text = "";
  const live = () => {
    clearTimeout(timer);
    for (const line of miner.run(now())) socket.write(line);
    const next = miner.nextNs();
    if (next === null || socket.destroyed) return;
    timer = setTimeout(live, Math.min(LONGEST_WAIT_MS, Math.max(0, Number(next - now()) / 1e6)));
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve).once("error", (cause) => {
      reject(
        new TwinError(
          "POOL_UNREACHABLE",
          `Nothing answers at ${address.host}:${address.port}: ${cause.message}.`,
          "Start `asic-reservoir stratum` first.",
          { ...address },
          cause,
        ),
      );
    });
  });
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) miner.receive(line, now());
    live();
  });
  miner.connect(now());
  live();
  return { miner, ended, stop: () => void socket.destroy() };
}
