/**
 * What became of a nonce when its header was rebuilt and hashed (DESIGN section 1.1).
 * valid: verifies for a live job. invalid: live job, hash fails (a hardware error). stale: verifies, but for a job that had
 * been replaced. duplicate: seen before for the same job. unknown-job: no job with this id was ever sent.
 */
export const NONCE_STATUSES = ["valid", "invalid", "stale", "duplicate", "unknown-job"] as const;
export type NonceStatus = (typeof NONCE_STATUSES)[number];

export const STATUS = { valid: 0, invalid: 1, stale: 2, duplicate: 3, unknownJob: 4 } as const;

/** `jobSeq` of a nonce whose job is unknown. */
export const NO_JOB = 0xffff_ffff;

/**
 * Nonces as columns, from capture to disk to dashboard (DESIGN section 3). All columns have `length` entries.
 * tNs: CLOCK_MONOTONIC_RAW of the frame's first byte. sigmaNs: its standard uncertainty. nonce: the number a pool expects
 * (little-endian reading of header bytes 76..79). versionBits: the rolled bits in place (field << 13). difficultyLog2: log2
 * of the share's difficulty (NaN when the job is unknown). residualNs: observed minus ideal emission time (NaN when the
 * sweep model does not apply).
 */
export interface NonceBatch {
  readonly length: number;
  readonly tNs: BigInt64Array;
  readonly sigmaNs: Uint32Array;
  readonly chip: Uint16Array;
  readonly core: Uint16Array;
  readonly nonce: Uint32Array;
  readonly versionBits: Uint32Array;
  readonly jobSeq: Uint32Array;
  readonly status: Uint8Array;
  readonly difficultyLog2: Float32Array;
  readonly residualNs: Float64Array;
}

/** Column names and element types, in stored order. Everything that copies, codes or sends a batch walks this table. */
export const NONCE_COLUMNS = {
  tNs: BigInt64Array,
  sigmaNs: Uint32Array,
  chip: Uint16Array,
  core: Uint16Array,
  nonce: Uint32Array,
  versionBits: Uint32Array,
  jobSeq: Uint32Array,
  status: Uint8Array,
  difficultyLog2: Float32Array,
  residualNs: Float64Array,
} as const;

export type NonceColumn = keyof typeof NONCE_COLUMNS;
export const NONCE_COLUMN_NAMES = Object.keys(NONCE_COLUMNS) as NonceColumn[];

/** A batch of n zeroed rows. */
export function allocateNonces(n: number): NonceBatch {
  return {
    length: n,
    tNs: new BigInt64Array(n),
    sigmaNs: new Uint32Array(n),
    chip: new Uint16Array(n),
    core: new Uint16Array(n),
    nonce: new Uint32Array(n),
    versionBits: new Uint32Array(n),
    jobSeq: new Uint32Array(n),
    status: new Uint8Array(n),
    difficultyLog2: new Float32Array(n),
    residualNs: new Float64Array(n),
  };
}

/** Rows [from, to) as a view on the same memory. */
export function sliceNonces(batch: NonceBatch, from: number, to: number): NonceBatch {
  const columns = Object.fromEntries(NONCE_COLUMN_NAMES.map((name) => [name, batch[name].subarray(from, to)]));
  return { length: to - from, ...columns } as unknown as NonceBatch;
}

/** All rows of all batches, in order, in new memory. */
export function concatNonces(batches: readonly NonceBatch[]): NonceBatch {
  const out = allocateNonces(batches.reduce((sum, batch) => sum + batch.length, 0));
  let at = 0;
  for (const batch of batches) {
    for (const name of NONCE_COLUMN_NAMES) (out[name] as { set(source: unknown, offset: number): void }).set(batch[name], at);
    at += batch.length;
  }
  return out;
}

/** How many rows have each status, by name. */
export function countByStatus(batch: NonceBatch): Record<NonceStatus, number> {
  const counts: Record<NonceStatus, number> = { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };
  for (const status of batch.status) {
    const name = NONCE_STATUSES[status];
    if (name !== undefined) counts[name]++;
  }
  return counts;
}
