/**
 * The file in which HandedOver survives its process: `telemetry.db.handed`, one line of JSON behind its CRC-32, overwritten in place. It is never
 * synchronised: what a write has given to the kernel outlives kill -9, and costs the caller some ten microseconds. After a restart of the machine it may be older
 * than what was handed over, which the number of the boot tells.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { HandedRecord } from "./handed-over.ts";

const VERSION = 1;
const CRC_DIGITS = 8;
/** Written once, so that a disk that fills up later does not stop it: several runs' counts. */
const ROOM_BYTES = 4096;

export function handedPath(databasePath: string): string {
  return `${databasePath}.handed`;
}

/** Linux's number of this boot; null where there is none. */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

export class HandedFile {
  readonly #path: string;
  readonly #boot = bootId();
  #fd: number | null;

  /** Replaces what a former process left. Where it cannot be written there is none, and the next start says less. */
  constructor(databasePath: string) {
    this.#path = handedPath(databasePath);
    this.#fd = this.#attempt(() => {
      const fd = openSync(this.#path, "w");
      writeSync(fd, Buffer.alloc(ROOM_BYTES, "\n"), 0, ROOM_BYTES, 0);
      return fd;
    });
  }

  write(record: HandedRecord): void {
    const fd = this.#fd;
    if (fd === null) return;
    const json = JSON.stringify({ version: VERSION, boot: this.#boot, ...record });
    const line = `${lineOf(json)}\n`;
    // One that is no longer told must not be believed.
    if (this.#attempt(() => writeSync(fd, line, 0)) === null) this.remove();
  }

  /** Nothing is missing: there is nothing to tell. */
  remove(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd === null) return;
    this.#attempt(() => closeSync(fd));
    this.#attempt(() => rmSync(this.#path, { force: true }));
  }

  /** Leaves it for the next start to read. */
  close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) this.#attempt(() => closeSync(fd));
  }

  #attempt<T>(work: () => T): T | null {
    try {
      return work();
    } catch {
      return null;
    }
  }
}

function lineOf(json: string): string {
  return `${crc32(json).toString(16).padStart(CRC_DIGITS, "0")} ${json}`;
}

/** What the last process left; null when it closed in order or the file cannot be believed. `sameBoot`: it holds all that was handed over. */
export function readHanded(databasePath: string): { readonly record: HandedRecord; readonly sameBoot: boolean } | null {
  try {
    const [line = ""] = readFileSync(handedPath(databasePath), "utf8").split("\n", 1);
    const json = line.slice(CRC_DIGITS + 1);
    if (line !== lineOf(json)) return null;
    const { version, boot, ...record } = JSON.parse(json) as HandedRecord & { version: number; boot: string | null };
    return version === VERSION ? { record, sameBoot: boot !== null && boot === bootId() } : null;
  } catch {
    return null;
  }
}
