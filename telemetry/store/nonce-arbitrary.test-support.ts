/** Batches of nonces for property tests, with extreme values and NaN in every column that can hold them. */
import fc from "fast-check";
import { allocateNonces, NO_JOB, type NonceBatch } from "../../common/nonce-batch.ts";

const row = {
  tNs: fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(0n, 2n ** 63n - 1n, -(2n ** 63n))),
  sigmaNs: fc.nat(0xffff_ffff),
  chip: fc.nat(0xffff),
  core: fc.nat(0xffff),
  nonce: fc.nat(0xffff_ffff),
  versionBits: fc.oneof(
    fc.nat(0xffff).map((field) => (field << 13) >>> 0),
    fc.nat(0xffff_ffff),
  ),
  jobSeq: fc.oneof(fc.nat(5), fc.constant(NO_JOB), fc.nat(0xffff_ffff)),
  status: fc.nat(4),
  difficultyLog2: fc.float(),
  residualNs: fc.double(),
};

/** Rows of arbitrary values; `columns` narrows some, `length` fixes the number of rows (else 0 to 40). */
export function nonceBatch(columns: Partial<typeof row> = {}, length?: number): fc.Arbitrary<NonceBatch> {
  const size = length === undefined ? { maxLength: 40 } : { minLength: length, maxLength: length };
  return fc.array(fc.record({ ...row, ...columns }), size).map((rows) => {
    const batch = allocateNonces(rows.length);
    rows.forEach((row, i) => {
      batch.tNs[i] = row.tNs;
      batch.sigmaNs[i] = row.sigmaNs;
      batch.chip[i] = row.chip;
      batch.core[i] = row.core;
      batch.nonce[i] = row.nonce;
      batch.versionBits[i] = row.versionBits;
      batch.jobSeq[i] = row.jobSeq;
      batch.status[i] = row.status;
      batch.difficultyLog2[i] = row.difficultyLog2;
      batch.residualNs[i] = row.residualNs;
    });
    return batch;
  });
}
