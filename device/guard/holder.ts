/** Whose a port is, when it is not ours to open. */
import { readFile } from "node:fs/promises";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";

/** "guard": it has the board for the moment, to switch it off. "ours": a program of this repository. "gone": it has ended meanwhile. */
export type HolderKind = "guard" | "ours" | "other" | "gone";

/** The process that holds a port, from the error that opening it failed with; null for every other error, or when it is not known. */
export function holderPid(error: unknown): number | null {
  if (!(error instanceof DriverError) || error.code !== "PORT_BUSY") return null;
  const { holder } = error.context;
  return typeof holder === "object" && holder !== null && "pid" in holder && typeof holder.pid === "number" ? holder.pid : null;
}

export async function holderKind(pid: number): Promise<HolderKind> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  if (text === "") return "gone";
  const words = text.split("\0");
  if (words.some((word) => /(^|\/)guard\/main\.[jt]s$/.test(word))) return "guard";
  return words.some((word) => /(^|\/)(asic-reservoir|cli\/main\.[jt]s)$/.test(word)) ? "ours" : "other";
}

const LOOK_MS = 100;

/** Did the process end within `ms`? */
export async function endsWithin(pid: number, ms: number, clock: Clock): Promise<boolean> {
  const startNs = clock.nowNs();
  while (isAlive(pid)) {
    if (elapsedMs(clock, startNs) >= ms) return false;
    await clock.sleep(LOOK_MS);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, but is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const GUARD_PATIENCE_MS = 15_000;
const RETRY_MS = 250;

/** Opens a port; while a guard has it, which switches a dead daemon's board off, it is waited for. */
export async function openAfterGuard<T>(open: () => Promise<T>, clock: Clock): Promise<T> {
  const startNs = clock.nowNs();
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const pid = holderPid(error);
      if (pid === null || elapsedMs(clock, startNs) >= GUARD_PATIENCE_MS) throw error;
      if (!["guard", "gone"].includes(await holderKind(pid))) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}
