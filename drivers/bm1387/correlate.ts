import { HEADER_BYTES, headerBytes } from "../../common/block-header.ts";
import { allocateNonces, NO_JOB, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { SeenNonces } from "../bm13xx/seen-nonces.ts";
import type { Verify } from "../bm13xx/verify.ts";
import { FRAME_STRIDE, type FrameBatch } from "../transport/chip-link.ts";
import type { JobRegistry, SentJob } from "./job-registry.ts";
import { decodeNonce, type NonceOrigin, splitId } from "./nonce.ts";
import { decodeResponse, type NonceResponse } from "./response.ts";
import { placeNonce } from "./sweep-model.ts";

/** A register's value; whose and which, only the order of questions tells. specs/bm1387.md 1.4 */
export interface ValueAnswer {
  /** CLOCK_MONOTONIC_RAW of the frame's first byte. */
  readonly tNs: bigint;
  readonly value: number;
}

export interface Correlated {
  readonly nonces: NonceBatch;
  readonly values: readonly ValueAnswer[];
  /** Frames that are no answer: dropped, never turned into nonces. */
  readonly damagedFrames: number;
  /** Nonces from before this run: of the works that opened and tested the cores. Dropped. specs/bm1387.md 7.11 */
  readonly openingNonces: number;
  /** Nonces of cores that no BM1387 has; they stand in the batch too. specs/bm1387.md 3.6 */
  readonly impossibleCores: number;
}

export interface Correlation {
  readonly verify: Verify;
  readonly jobs: JobRegistry;
  readonly seen: SeenNonces;
  readonly chips: number;
}

/** Zero bits a hash must have to be a nonce of this job: 32 + p, less what a twin leaves out. specs/bm1387.md 2.2 */
function requiredZeroBits(job: SentJob): number {
  return 32 + job.lowestTicketLog2 - job.record.workScale;
}

/** A nonce still looking for its job. */
interface Search {
  readonly row: number;
  readonly tNs: bigint;
  readonly nonce: number;
  readonly midstate: number;
  readonly origin: NonceOrigin;
  readonly jobs: readonly SentJob[];
}

/**
 * Turns captured frames into verified nonces and register values. Each nonce's header is rebuilt with the jobs its id stood for, likeliest first, until
 * one hashes. What hashes is valid (job live), stale (job replaced) or a duplicate, which is what a chip that ran into its neighbour's slice finds.
 * What does not is invalid if the id's job is live; else, or when no BM1387 has such a core, it is unknown-job: nothing says that it was a nonce at
 * all, since a CRC of 5 bits passes one damaged frame in 32. specs/bm1387.md 1.5, 7.12, 7.13; status words: common/nonce-batch.ts
 */
export function correlate(batch: FrameBatch, correlation: Correlation): Correlated {
  const values: ValueAnswer[] = [];
  const found: { frame: number; response: NonceResponse }[] = [];
  let damagedFrames = 0;
  let openingNonces = 0;
  let impossibleCores = 0;
  for (let frame = 0; frame < batch.count; frame++) {
    const start = frame * FRAME_STRIDE;
    const length = batch.bytes[start] ?? 0;
    const response = decodeResponse(batch.bytes.subarray(start + 1, start + 1 + length));
    if ("refused" in response) damagedFrames++;
    else if (response.kind === "register") values.push({ tNs: batch.tNs[frame] ?? 0n, value: response.value });
    else if (correlation.jobs.knows(splitId(response.id, correlation.jobs.midstates).wireId)) found.push({ frame, response });
    else openingNonces++;
  }

  const nonces = allocateNonces(found.length);
  const searches = found.map(({ frame, response }, row): Search => {
    const origin = decodeNonce(response, correlation.chips);
    const { wireId, midstate } = splitId(response.id, correlation.jobs.midstates);
    const tNs = batch.tNs[frame] ?? 0n;
    if (origin.impossibleCore) impossibleCores++;
    nonces.tNs[row] = tNs;
    nonces.sigmaNs[row] = batch.sigmaNs[frame] ?? 0;
    nonces.chip[row] = origin.slice;
    nonces.core[row] = origin.core;
    nonces.nonce[row] = response.nonce;
    nonces.jobSeq[row] = NO_JOB;
    nonces.status[row] = STATUS.unknownJob;
    nonces.difficultyLog2[row] = Number.NaN;
    nonces.residualNs[row] = Number.NaN;
    return { row, tNs, nonce: response.nonce, midstate, origin, jobs: correlation.jobs.candidates(wireId, tNs) };
  });
  let open = searches;
  for (let generation = 0; open.length > 0; generation++) {
    open = tryGeneration(
      open.filter((search) => search.jobs.length > generation),
      generation,
      nonces,
      correlation,
    );
  }
  return { nonces, values, damagedFrames, openingNonces, impossibleCores };
}

/** Hashes each nonce with its job of this generation, all in one call; fills in the rows that hash and returns the others. */
function tryGeneration(searches: readonly Search[], generation: number, nonces: NonceBatch, correlation: Correlation): Search[] {
  if (searches.length === 0) return [];
  const headers = new Uint8Array(searches.length * HEADER_BYTES);
  const jobOf = (search: Search) => search.jobs[generation] as SentJob;
  searches.forEach((search, at) => {
    const { record, versionBits } = jobOf(search);
    const version = record.version | (versionBits[search.midstate] ?? 0);
    headerBytes({ ...record, version }, search.nonce, headers.subarray(at * HEADER_BYTES));
  });
  const { zeroBits, difficultyLog2 } = correlation.verify(headers);
  return searches.filter((search, at) => {
    const job = jobOf(search);
    const { row, nonce, midstate, tNs, origin } = search;
    const hashes = (zeroBits[at] ?? 0) >= requiredZeroBits(job);
    const live = correlation.jobs.isLive(job, tNs);
    // A failed hash is charged to the likeliest job only.
    if (!hashes && (!live || generation > 0 || origin.impossibleCore)) return true;
    nonces.jobSeq[row] = job.record.jobSeq;
    nonces.versionBits[row] = job.versionBits[midstate] ?? 0;
    nonces.difficultyLog2[row] = difficultyLog2[at] ?? Number.NaN;
    place(search, job, nonces);
    if (!hashes) nonces.status[row] = STATUS.invalid;
    else if (!correlation.seen.add(job.record.jobSeq, nonce, midstate)) nonces.status[row] = STATUS.duplicate;
    else nonces.status[row] = live ? STATUS.valid : STATUS.stale;
    return !hashes;
  });
}

/** Enters the chip, which late work can make another than the counter says, and the residual. specs/bm1387.md 3.6 */
function place({ row, tNs, origin }: Search, job: SentJob, nonces: NonceBatch): void {
  nonces.chip[row] = origin.slice;
  nonces.residualNs[row] = Number.NaN;
  if (!job.steady || job.startNs === null) return;
  const observedNs = Number(tNs - job.startNs);
  const lastedNs = job.endNs === null ? Number.POSITIVE_INFINITY : Number(job.endNs - job.startNs);
  const sweep = { frequenciesMhz: job.frequenciesMhz, midstates: job.versionBits.length };
  const { chip, idealNs } = placeNonce(origin, observedNs, lastedNs, sweep);
  nonces.chip[row] = chip;
  nonces.residualNs[row] = observedNs - idealNs;
}
