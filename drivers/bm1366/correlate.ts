import { HEADER_BYTES, headerBytes } from "../../common/block-header.ts";
import { allocateNonces, NO_JOB, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { RegisterAnswer } from "../bm13xx/register-answer.ts";
import { decodeResponse, type NonceResponse } from "../bm13xx/response.ts";
import type { SeenNonces } from "../bm13xx/seen-nonces.ts";
import type { Verify } from "../bm13xx/verify.ts";
import { FRAME_STRIDE, type FrameBatch } from "../transport/chip-link.ts";
import type { JobRegistry, SentJob } from "./job-registry.ts";
import { addressInterval, decodeNonce, type NonceOrigin } from "./nonce.ts";
import { residualNs } from "./sweep-model.ts";

export type { RegisterAnswer } from "../bm13xx/register-answer.ts";
export type { Verify } from "../bm13xx/verify.ts";

export interface Correlated {
  readonly nonces: NonceBatch;
  readonly registers: readonly RegisterAnswer[];
  /** Frames that are no response: dropped, never turned into nonces. */
  readonly damagedFrames: number;
}

export interface Correlation {
  readonly verify: Verify;
  readonly jobs: JobRegistry;
  readonly seen: SeenNonces;
  readonly chips: number;
}

/** Zero bits a hash must have to be a nonce of this job: 32 + p, less what a twin leaves out. specs/bm1366.md 2.2 */
function requiredZeroBits(job: SentJob): number {
  return 32 + job.lowestTicketLog2 - job.record.workScale;
}

interface Attempt {
  readonly row: number;
  readonly nonce: number;
  readonly origin: NonceOrigin;
  readonly job: SentJob;
}

/**
 * Turns captured frames into verified nonces and register answers. Each nonce's header is rebuilt with the job its id stands for now; if that
 * does not hash, with the job the id stood for before. What hashes is valid (job live), stale (job replaced) or a duplicate. What does not is
 * invalid if the id's job is live; else it is unknown-job: nothing says which job it was for, or that it was a nonce at all, since a CRC of
 * 5 bits passes one damaged frame in 32. specs/bm1366.md 1.9, 1.10, 4.5; status words: common/nonce-batch.ts
 */
export function correlate(batch: FrameBatch, correlation: Correlation): Correlated {
  const registers: RegisterAnswer[] = [];
  const found: { frame: number; response: NonceResponse }[] = [];
  let damagedFrames = 0;
  for (let frame = 0; frame < batch.count; frame++) {
    const start = frame * FRAME_STRIDE;
    const length = batch.bytes[start] ?? 0;
    const response = decodeResponse(batch.bytes.subarray(start + 1, start + 1 + length));
    if ("refused" in response) damagedFrames++;
    else if (response.kind === "nonce") found.push({ frame, response });
    else {
      const { value, address, register } = response;
      registers.push({ tNs: batch.tNs[frame] ?? 0n, address, register, value });
    }
  }

  const nonces = allocateNonces(found.length);
  const first: Attempt[] = [];
  const second = new Map<number, Attempt>();
  found.forEach(({ frame, response }, row) => {
    const origin = decodeNonce(response, correlation.chips);
    nonces.tNs[row] = batch.tNs[frame] ?? 0n;
    nonces.sigmaNs[row] = batch.sigmaNs[frame] ?? 0;
    nonces.chip[row] = origin.chip;
    nonces.core[row] = origin.core;
    nonces.nonce[row] = response.nonce;
    nonces.versionBits[row] = origin.versionBits;
    markUnknown(nonces, row);
    const [now, before] = correlation.jobs.sentUnder(origin.jobId);
    const attempt = { row, nonce: response.nonce, origin };
    if (now) first.push({ ...attempt, job: now });
    if (before) second.set(row, { ...attempt, job: before });
  });

  const failed = verifyAttempts(first, nonces, correlation);
  verifyAttempts(
    failed.map((attempt) => second.get(attempt.row)).filter((attempt) => attempt !== undefined),
    nonces,
    correlation,
  );
  return { nonces, registers, damagedFrames };
}

function markUnknown(nonces: NonceBatch, row: number): void {
  nonces.jobSeq[row] = NO_JOB;
  nonces.status[row] = STATUS.unknownJob;
  nonces.difficultyLog2[row] = Number.NaN;
  nonces.residualNs[row] = Number.NaN;
}

/** Hashes all attempts in one call and fills in the rows it can; returns those that did not hash. */
function verifyAttempts(attempts: readonly Attempt[], nonces: NonceBatch, correlation: Correlation): Attempt[] {
  if (attempts.length === 0) return [];
  const headers = new Uint8Array(attempts.length * HEADER_BYTES);
  attempts.forEach(({ nonce, origin, job }, at) => {
    const version = (job.record.version & ~job.versionMask) | origin.versionBits;
    headerBytes({ ...job.record, version }, nonce, headers.subarray(at * HEADER_BYTES));
  });
  const { zeroBits, difficultyLog2 } = correlation.verify(headers);
  return attempts.filter((attempt, at) => {
    const { row, nonce, origin, job } = attempt;
    const live = correlation.jobs.isLive(job);
    const hashes = (zeroBits[at] ?? 0) >= requiredZeroBits(job);
    if (!hashes && !live) return true;
    nonces.jobSeq[row] = job.record.jobSeq;
    nonces.difficultyLog2[row] = difficultyLog2[at] ?? Number.NaN;
    nonces.residualNs[row] = residualOf(nonces.tNs[row] ?? 0n, origin, job, correlation);
    if (!hashes) nonces.status[row] = STATUS.invalid;
    else if (!correlation.seen.add(job.record.jobSeq, nonce, origin.versionField)) nonces.status[row] = STATUS.duplicate;
    else nonces.status[row] = live ? STATUS.valid : STATUS.stale;
    return !hashes;
  });
}

function residualOf(tNs: bigint, origin: NonceOrigin, job: SentJob, { chips }: Correlation): number {
  if (!job.steady || job.startNs === null) return Number.NaN;
  const { hashCountingNumber, frequencyMhz } = job.record;
  const address = origin.chip * addressInterval(chips);
  return residualNs(Number(tNs - job.startNs), origin.counter, origin.versionField, {
    hashCountingNumber,
    frequencyMhz,
    address,
    versionMask: job.versionMask,
  });
}
