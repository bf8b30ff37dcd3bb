import type { NonceBatch } from "../../common/nonce-batch.ts";
import { loadAddon } from "../native/addon.ts";
import { portableCoder } from "./portable-coder.ts";
import { scratch } from "./scratch.ts";

/** The columns of at least one row as words, without head and checksum. Every coder writes the same words. */
export interface ColumnCoder {
  /** Writes to the beginning of `out`, which has room for any batch of that length; returns how many words. */
  write(batch: NonceBatch, out: Uint32Array): number;
  /** Fills `batch`; false when `words` are not exactly the columns of so many rows. */
  read(words: Uint32Array, batch: NonceBatch): boolean;
}

const SCRATCH_SLOT = 0;

/** null when the addon is missing. */
export function nativeCoder(): ColumnCoder | null {
  const addon = loadAddon();
  if (addon === null) return null;
  return {
    write: (batch, out) => addon.writeColumns(batch, out, scratch(SCRATCH_SLOT, 2 * batch.length)),
    read: (words, batch) => addon.readColumns(words, batch, scratch(SCRATCH_SLOT, 2 * batch.length)),
  };
}

export const fastestCoder: ColumnCoder = nativeCoder() ?? portableCoder;
