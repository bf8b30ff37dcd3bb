import { HEADER_BYTES } from "../../common/block-header.ts";
import { toHex } from "../../common/bytes.ts";
import { coefficientOfVariation } from "../../reservoir/statistics/coefficient-of-variation.ts";
import { ksTest } from "../../reservoir/statistics/kolmogorov-smirnov.ts";
import { spearman } from "../../reservoir/statistics/rank-correlation.ts";
import type { BadRow, CapturedShare } from "./share-capture.ts";

/** The ticket mask of the capture's hardware, whatever difficulty was asked for (CLAIMS.md B). */
export const CAPTURE_DIFFICULTY = 256;

/** Everything a correct reader finds in a share capture. Rates per second, times in seconds; null where there are too few shares. */
export interface CaptureReport {
  readonly origin: "recording";
  /** What every share had to be worth. */
  readonly difficulty: number;
  readonly rows: number;
  readonly verified: number;
  readonly minDifficulty: number;
  readonly duplicates: number;
  readonly durationS: number;
  readonly ratePerS: number | null;
  readonly cv: number | null;
  readonly fractionFrom512: number;
  readonly fractionFrom1024: number;
  readonly ksP: number | null;
  readonly spearman: { readonly rho: number; readonly pValue: number } | null;
  readonly bad: readonly BadRow[];
}

/** n*80 header bytes to log2 of each one's difficulty. */
export type HashHeaders = (headers: Uint8Array) => { difficultyLog2: Float32Array };

/** Hashes every share and measures what the verified ones look like. Shares below the ticket difficulty `least`, a power of two, join `bad`. */
export function verifyShares(
  shares: readonly CapturedShare[],
  malformed: readonly BadRow[],
  hash: HashHeaders,
  least = CAPTURE_DIFFICULTY,
): CaptureReport {
  const headers = new Uint8Array(shares.length * HEADER_BYTES);
  shares.forEach((share, i) => {
    headers.set(share.header, i * HEADER_BYTES);
  });
  const { difficultyLog2 } = hash(headers);
  const bad = [...malformed];
  const verified: { share: CapturedShare; difficulty: number }[] = [];
  shares.forEach((share, i) => {
    const difficulty = 2 ** (difficultyLog2[i] as number);
    // A hash with 32 + k zero bits has bdiff difficulty >= 2^k * 65535/65536 (specs/bm1366.md 2.2).
    if (difficulty >= (least * 65535) / 65536) verified.push({ share, difficulty });
    else bad.push({ line: share.line, reason: `does not verify: difficulty ${difficulty.toPrecision(3)}, ${least} expected` });
  });
  bad.sort((a, b) => a.line - b.line);

  const difficulties = verified.map((entry) => entry.difficulty);
  const times = verified.map((entry) => entry.share.timestampS);
  const durationS = times.length > 1 ? (times.at(-1) as number) - (times[0] as number) : 0;
  const fraction = (floor: number) => (verified.length === 0 ? 0 : difficulties.filter((d) => d >= floor).length / verified.length);
  const seen = new Set(verified.map((entry) => toHex(entry.share.header)));
  return {
    origin: "recording",
    difficulty: least,
    rows: shares.length + malformed.length,
    verified: verified.length,
    minDifficulty: difficulties.reduce((least, d) => Math.min(least, d), Number.POSITIVE_INFINITY),
    duplicates: verified.length - seen.size,
    durationS,
    ratePerS: durationS > 0 ? (times.length - 1) / durationS : null,
    cv: coefficientOfVariation(times),
    fractionFrom512: fraction(512),
    fractionFrom1024: fraction(1024),
    ksP:
      verified.length > 0
        ? ksTest(
            difficulties.map((d) => least / d),
            (x) => Math.min(1, Math.max(0, x)),
          ).pValue
        : null,
    spearman:
      verified.length >= 3
        ? spearman(
            verified.map((entry) => entry.share.jitterMs),
            difficulties,
          )
        : null,
    bad,
  };
}
