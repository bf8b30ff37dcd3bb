/** What became of a share: its header is built from what was sent and what came back, and hashed. */
import type { JobRecord } from "../../common/block-header.ts";
import { NO_JOB, type NonceStatus } from "../../common/nonce-batch.ts";
import type { Verify } from "../bm13xx/verify.ts";
import type { Refusal } from "./messages.ts";
import type { SentJob, ShareWords } from "./sent-job.ts";
import { rolledVersion } from "./version-rolling.ts";

/**
 * Counted apart. invalid: the hash shows no work (another header was hashed, or none). below-target: it shows work of difficulty 1 or more, but less than
 * was asked for. Both are rows of status `invalid` in the record; the row's difficulty tells them apart. refused: no header could be built.
 */
export const SHARE_VERDICTS = ["valid", "invalid", "below-target", "stale", "duplicate", "unknown-job", "refused"] as const;
export type ShareVerdict = (typeof SHARE_VERDICTS)[number];

export const STATUS_OF: Readonly<Record<Exclude<ShareVerdict, "refused">, NonceStatus>> = {
  valid: "valid",
  invalid: "invalid",
  "below-target": "invalid",
  stale: "stale",
  duplicate: "duplicate",
  "unknown-job": "unknown-job",
};

export const REFUSAL_OF: Readonly<Record<Exclude<ShareVerdict, "valid">, Refusal>> = {
  invalid: "lowDifficulty",
  "below-target": "lowDifficulty",
  stale: "staleJob",
  duplicate: "duplicate",
  "unknown-job": "staleJob",
  refused: "other",
};

export interface JudgedShare {
  readonly verdict: ShareVerdict;
  readonly job: SentJob | null;
  /** null when no header could be built. */
  readonly record: JobRecord | null;
  /** Its record was made for this share. */
  readonly isNewRecord: boolean;
  readonly jobSeq: number;
  readonly versionBits: number;
  /** log2 of the hash's own difficulty, a twin's scale not added; NaN when nothing was hashed. */
  readonly difficultyLog2: number;
}

/** Rolling the header's time further than a pool would accept is refused, s. */
const NTIME_AHEAD_S = 7200;

const refused = (job: SentJob | null): JudgedShare => ({
  verdict: "refused",
  job,
  record: null,
  isNewRecord: false,
  jobSeq: NO_JOB,
  versionBits: 0,
  difficultyLog2: Number.NaN,
});

/** `isLive`: whether the job may still be answered. Never throws on anything a miner can send. */
export function judge(job: SentJob | null, isLive: boolean, words: ShareWords, verify: Verify, nextSeq: () => number): JudgedShare {
  if (job === null) return { ...refused(null), verdict: "unknown-job" };
  if (rolledVersion(job.template.version, job.versionMask, words.versionBits) === null) return refused(job);
  if (words.ntime < job.template.ntime || words.ntime > job.template.ntime + NTIME_AHEAD_S) return refused(job);
  const work = job.workOf(words, nextSeq);
  if (work === null) return refused(job);
  const verified = verify(job.headerOf(work.record, words));
  const zeroBits = verified.zeroBits[0] as number;
  const verdict = verdictOf(job, isLive, words, zeroBits);
  return {
    verdict,
    job,
    record: work.record,
    isNewRecord: work.isNew,
    jobSeq: work.record.jobSeq,
    versionBits: job.versionBitsOf(words),
    difficultyLog2: verified.difficultyLog2[0] as number,
  };
}

function verdictOf(job: SentJob, isLive: boolean, words: ShareWords, zeroBits: number): ShareVerdict {
  if (zeroBits < Math.min(job.zeroBits, job.difficultyOneBits - job.workScale)) return "invalid";
  if (zeroBits < job.zeroBits) return "below-target";
  if (!job.isFirst(words)) return "duplicate";
  return isLive ? "valid" : "stale";
}
