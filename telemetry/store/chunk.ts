import { StoreError } from "../../common/errors.ts";

/** Rows one BLOB may hold. The store aims at far fewer; the bound keeps a damaged count from asking for gigabytes. */
export const MAX_CHUNK_ROWS = 65_536;

export function chunkCorrupt(why: string, context: Record<string, unknown>): StoreError {
  const hint = "Copy the database aside; the other chunks can still be read. A newer version of asic-reservoir may know this layout.";
  return new StoreError("CHUNK_CORRUPT", `A stored chunk of nonces cannot be read: ${why}.`, hint, context);
}
