/** Batches that are kept for a while: in memory of their own, and few of them, whatever the sizes in which they came. */
import { concatNonces, type NonceBatch } from "../../common/nonce-batch.ts";

/**
 * The rows of `kept` and then those of `batch`, which may be a view of memory with room for many more. Each batch of the result is longer than what
 * follows it, so that there are no more than log2 of the rows and each row is copied no more often than that. `kept` stays as it is.
 */
export function packed(kept: readonly NonceBatch[], batch: NonceBatch): readonly NonceBatch[] {
  let from = kept.length;
  let rows = batch.length;
  while (from > 0 && (kept[from - 1] as NonceBatch).length <= rows) rows += (kept[--from] as NonceBatch).length;
  return [...kept.slice(0, from), concatNonces([...kept.slice(from), batch])];
}
