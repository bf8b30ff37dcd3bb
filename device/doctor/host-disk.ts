import { constants, existsSync } from "node:fs";
import { access, open, readFile, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { DiskFacts } from "./facts.ts";

const WRITES = 8;
const PAGE_BYTES = 4096;

/** Of the nearest folder that is there: the record's own is made when it is needed. */
export async function diskFacts(wanted: string, clock: Clock): Promise<DiskFacts> {
  let folder = path.resolve(wanted);
  while (!existsSync(folder) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  const [space, mounts] = await Promise.all([statfs(folder).catch(() => null), readFile("/proc/mounts", "utf8").catch(() => "")]);
  return {
    folder,
    writable,
    freeBytes: space === null ? null : space.bavail * space.bsize,
    fileSystem: fileSystemOf(folder, mounts),
    fsyncMedianMs: writable ? await fsyncMedianMs(folder, clock).catch(() => null) : null,
  };
}

/** proc(5), mounts: the file system of the longest mount point above a folder. */
export function fileSystemOf(folder: string, mounts: string): string | null {
  const rows = mounts.split("\n").map((line) => line.split(" "));
  let longest: { point: string; type: string } | null = null;
  for (const [, escaped, type] of rows) {
    if (escaped === undefined || type === undefined) continue;
    const point = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const above = point === "/" || folder === point || folder.startsWith(`${point}/`);
    // Of two at one point the later one covers the other.
    if (above && point.length >= (longest?.point.length ?? 0)) longest = { point, type };
  }
  return longest?.type ?? null;
}

async function fsyncMedianMs(folder: string, clock: Clock): Promise<number> {
  const file = path.join(folder, `.asic-reservoir-doctor-${process.pid}`);
  const handle = await open(file, "wx");
  const takenMs: number[] = [];
  try {
    for (let i = 0; i < WRITES; i++) {
      const sinceNs = clock.nowNs();
      await handle.write(new Uint8Array(PAGE_BYTES), 0, PAGE_BYTES, i * PAGE_BYTES);
      await handle.sync();
      takenMs.push(elapsedMs(clock, sinceNs));
    }
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
  return takenMs.sort((a, b) => a - b)[WRITES >> 1] as number;
}
