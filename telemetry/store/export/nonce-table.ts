/** Nonces between their columns in memory and the columns of an export. */
import { allocateNonces, type NonceBatch } from "../../../common/nonce-batch.ts";
import type { Batch, Cell } from "./tables.ts";

export function tableOf(batch: NonceBatch): Batch {
  const whole = (column: Iterable<number>) => Array.from(column, BigInt);
  return [
    Array.from(batch.tNs),
    whole(batch.sigmaNs),
    whole(batch.chip),
    whole(batch.core),
    whole(batch.nonce),
    whole(batch.versionBits),
    whole(batch.jobSeq),
    whole(batch.status),
    Array.from(batch.difficultyLog2),
    Array.from(batch.residualNs),
  ];
}

/** The columns must have the types of the table NONCES. */
export function noncesOf([tNs = [], sigmaNs = [], chip = [], core = [], nonce = [], ...rest]: Batch): NonceBatch {
  const [versionBits = [], jobSeq = [], status = [], difficultyLog2 = [], residualNs = []] = rest;
  const batch = allocateNonces(tNs.length);
  const numbers = (cells: readonly Cell[]) => cells.map(Number);
  batch.tNs.set(tNs as readonly bigint[]);
  batch.sigmaNs.set(numbers(sigmaNs));
  batch.chip.set(numbers(chip));
  batch.core.set(numbers(core));
  batch.nonce.set(numbers(nonce));
  batch.versionBits.set(numbers(versionBits));
  batch.jobSeq.set(numbers(jobSeq));
  batch.status.set(numbers(status));
  batch.difficultyLog2.set(numbers(difficultyLog2));
  batch.residualNs.set(numbers(residualNs));
  return batch;
}
