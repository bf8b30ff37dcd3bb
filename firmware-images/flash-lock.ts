/** One flasher for a target at a time. The kernel does not do it for a miner on the network, nor for a port that is opened and closed again. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { FirmwareError } from "../common/errors.ts";

/** Runs the work alone. FIRMWARE_BUSY when another process that lives has the target. */
export async function lockedTarget<T>(imageFolder: string, target: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(path.join(imageFolder, "journal"), { recursive: true });
  const file = path.join(imageFolder, "journal", `${encodeURIComponent(target)}.lock`);
  take(file, target);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, target: string): void {
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const pid = Number(readFileSync(file, "utf8"));
      if (pid > 0 && lives(pid)) throw busy(target, pid);
      // A process that was killed cannot remove its lock.
      rmSync(file, { force: true });
    }
  }
  throw busy(target, null);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function busy(target: string, pid: number | null): FirmwareError {
  const message = `${target} is being flashed by ${pid === null ? "another process" : `process ${pid}`}.`;
  return new FirmwareError("FIRMWARE_BUSY", message, "Let it end: two at once leave neither image whole.", { target, pid });
}
