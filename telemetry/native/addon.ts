import { createRequire } from "node:module";
import type { NonceBatch } from "../../common/nonce-batch.ts";

/** What telemetry/native/addon.cc exports. It checks types and sizes again and throws TypeError: no argument can crash it. */
export interface TelemetryAddon {
  /** Columns of a chunk of 1 to 65 536 rows, without its head and checksum; returns how many words of `out` that took. scratch: 2 words a row. */
  writeColumns(batch: NonceBatch, out: Uint32Array, scratch: Uint32Array): number;
  /** Fills `batch` (1 to 65 536 rows) from what writeColumns wrote; false when `words` are not exactly that. scratch: 2 words a row. */
  readColumns(words: Uint32Array, batch: NonceBatch, scratch: Uint32Array): boolean;
}

/** The addon, or null when it has not been built (`make native`) or cannot be loaded here. */
export function loadAddon(): TelemetryAddon | null {
  try {
    return createRequire(import.meta.url)("#native/telemetry") as TelemetryAddon;
  } catch {
    return null;
  }
}
