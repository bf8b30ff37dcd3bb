/** The folder that a simulation works in: in memory where the system has such a place, and gone when its process is, at the latest with the next one. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Linux's file system in memory: what a killed process leaves is the same there, and a commit waits for no disk. */
const IN_MEMORY = "/dev/shm";
const NAME = /^asic-simulation-(\d+)-/;

/** A new folder. Those of processes that were killed are removed: in memory they would stay until the machine is started again. */
export function workingFolder(root: string = existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir()): string {
  for (const name of readdirSync(root)) {
    const owner = NAME.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(path.join(root, name), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(root, `asic-simulation-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's lives as well.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
