/** `off`: whoever has the board, it is switched off. A daemon is asked to do it first, then ended, then done without. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { CoreOff } from "../../drivers/boards/board.ts";
import type { Config } from "../config/schema.ts";
import { endsWithin, holderKind, holderPid } from "./holder.ts";
import { type SwitchOffParts, switchOff } from "./switch-off.ts";

export interface TakeOffOptions {
  /** How long a daemon may take to stop by itself before it is killed, ms. */
  readonly graceMs: number;
  /** How long to go on trying after that, ms. */
  readonly patienceMs: number;
  readonly signal: (pid: number, name: "SIGTERM" | "SIGKILL") => void;
}

/** A killed process is gone as soon as the kernel has closed its files. */
const KILL_MS = 5_000;
const RETRY_MS = 500;

/**
 * Rejects with what kept the board from being switched off: PORT_BUSY when another program than ours has it, for that is not ours to end.
 */
export async function takeOff(config: Config, parts: SwitchOffParts, options: TakeOffOptions): Promise<CoreOff> {
  const { clock, log } = parts;
  const startNs = clock.nowNs();
  const asked = new Set<number>();
  for (;;) {
    try {
      return await switchOff(config, parts);
    } catch (error) {
      const pid = holderPid(error);
      const kind = pid === null ? null : await holderKind(pid);
      if (kind === "other" || elapsedMs(clock, startNs) > options.graceMs + KILL_MS + options.patienceMs) throw error;
      if (pid === null && elapsedMs(clock, startNs) + RETRY_MS > options.patienceMs && asked.size === 0) throw error;
      if (pid !== null && kind === "ours" && !asked.has(pid)) {
        asked.add(pid);
        await end(pid, clock, log, options);
      } else await clock.sleep(RETRY_MS);
    }
  }
}

async function end(pid: number, clock: Clock, log: (text: string) => void, { graceMs, signal }: TakeOffOptions): Promise<void> {
  log(`process ${pid} has the board: asking it to stop (SIGTERM)`);
  signal(pid, "SIGTERM");
  if (await endsWithin(pid, graceMs, clock)) return;
  log(`process ${pid} has not stopped within ${graceMs / 1000} s: ending it (SIGKILL)`);
  signal(pid, "SIGKILL");
  await endsWithin(pid, KILL_MS, clock);
}
