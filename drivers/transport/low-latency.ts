/** Asks a port's driver to hand over bytes at once, says when it will not, and takes the request back. docs/time-stamps.md */
import { readFile, writeFile } from "node:fs/promises";
import { getSystemErrorName } from "node:util";
import { askLowLatency, endLowLatency, type LowLatencyAnswer } from "../native/index.ts";
import { latencyTimerMs, type PortKind } from "./port-kind.ts";

/** The driver's flag; the native one's ioctls unless a test brings its own. */
export interface LatencyFlag {
  ask(fd: number): LowLatencyAnswer;
  end(fd: number): number;
}

export interface LowLatency {
  /** The adapter's latency timer as it runs now; null without one. */
  readonly timerMs: number | null;
  /** Puts everything back. While the descriptor is open; on a port that is gone nothing happens. */
  restore(): Promise<void>;
}

export const DRIVER_FLAG: LatencyFlag = { ask: askLowLatency, end: endLowLatency };

/** The shortest an FTDI adapter's timer runs. */
const SHORTEST_MS = 1;

/** Never fails; what is refused goes to onWarning. */
export async function requestLowLatency(
  fd: number,
  path: string,
  kind: PortKind,
  onWarning: (text: string) => void,
  flag: LatencyFlag = DRIVER_FLAG,
): Promise<LowLatency> {
  if (kind.kind === "pseudo-terminal") return { timerMs: null, restore: async () => {} };
  const { state, errno } = flag.ask(fd);
  if (state === "refused")
    onWarning(`${path}: the driver refused low latency (${getSystemErrorName(-errno)}); time-stamps are less exact (docs/time-stamps.md)`);
  const timer = await shortenTimer(path, kind, onWarning);
  return {
    timerMs: await latencyTimerMs(kind),
    restore: async () => {
      await timer.restore();
      if (state === "granted") flag.end(fd);
    },
  };
}

/** For drivers whose flag does not shorten it: by sysfs, which takes root or a udev rule. */
async function shortenTimer(path: string, kind: PortKind, onWarning: (text: string) => void): Promise<{ restore(): Promise<void> }> {
  const before = await latencyTimerMs(kind);
  const file = kind.latencyTimerFile;
  if (file === null || before === null || before <= SHORTEST_MS) return { restore: async () => {} };
  const refusal = await writeFile(file, `${SHORTEST_MS}\n`, { flag: "r+" }).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  );
  if (refusal !== null) {
    onWarning(`${path}: the adapter's latency timer stays at ${before} ms (${refusal.code}); docs/time-stamps.md has the udev rule`);
    return { restore: async () => {} };
  }
  return {
    restore: async () => {
      // Somebody else's setting since then stays.
      const now = await readFile(file, "utf8").catch(() => "");
      if (now.trim() === `${SHORTEST_MS}`) await writeFile(file, `${before}\n`, { flag: "r+" }).catch(() => {});
    },
  };
}
