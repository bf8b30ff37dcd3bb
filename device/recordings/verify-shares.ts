import { toHex } from "../../common/bytes.ts";
import type { Origin } from "../../common/origin.ts";
import { effectiveDifficulty } from "../../drivers/stratum/effective-difficulty.ts";
import type { ShareVerdict } from "../../drivers/stratum/judge.ts";
import { verifyLbry } from "../../drivers/stratum/lbry.ts";
import { coefficientOfVariation } from "../../reservoir/statistics/coefficient-of-variation.ts";
import { ksTest } from "../../reservoir/statistics/kolmogorov-smirnov.ts";
import { spearman } from "../../reservoir/statistics/rank-correlation.ts";
import type { Algorithm } from "./served-share.ts";
import type { BadRow, CapturedShare, ShareCapture } from "./share-capture.ts";

/** The ticket mask of the capture's hardware, whatever difficulty was asked for (CLAIMS.md B). */
export const CAPTURE_DIFFICULTY = 256;

/** Everything a correct reader finds in a share capture. Rates per second, times in seconds; null where there are too few shares. */
export interface CaptureReport {
  /** `twin` for a capture of one, else `recording`. */
  readonly origin: Exclude<Origin, "hardware">;
  /** As our own server wrote it; null in captures of another. */
  readonly recordedFrom: Origin | null;
  readonly algorithm: Algorithm;
  /** Zero bits that a twin left out. All difficulties below have them added again. */
  readonly workScale: number;
  /** What every share had to be worth; the least where that changed. */
  readonly difficulty: number;
  readonly rows: number;
  readonly verified: number;
  readonly minDifficulty: number;
  /** The power of two at which the miner reports, whatever it was asked for; `difficulty` where the shares do not tell. */
  readonly ticketFloor: number;
  readonly duplicates: number;
  readonly durationS: number;
  readonly ratePerS: number | null;
  readonly cv: number | null;
  readonly fractionFrom512: number;
  readonly fractionFrom1024: number;
  readonly ksP: number | null;
  readonly spearman: { readonly rho: number; readonly pValue: number } | null;
  /** Rows that do not verify, and that the server which wrote them had refused for it. */
  readonly refusedByServer: number;
  /** Malformed, does not verify, or is something else than the server said. */
  readonly bad: readonly BadRow[];
}

/** n headers end to end to log2 of each one's difficulty. */
export type HashHeaders = (headers: Uint8Array) => { difficultyLog2: Float32Array };

/** A hash with 32 + k zero bits has bdiff difficulty >= 2^k * 65535/65536 (specs/bm1366.md 2.2). */
const MASK = 65535 / 65536;

/**
 * Hashes every share and measures what the verified ones look like. `hash`: of Bitcoin's headers. `least`, a power of two, is what every share must be worth
 * in captures that do not say it. Where our own server wrote what it made of a share, this must agree with it.
 */
export function verifyShares(capture: ShareCapture, hash: HashHeaders, least = CAPTURE_DIFFICULTY): CaptureReport {
  const { shares, served } = capture;
  const { algorithm, workScale } = served ?? { algorithm: "sha256d", workScale: 0 };
  const { difficultyLog2 } = (algorithm === "lbry" ? verifyLbry : hash)(Buffer.concat(shares.map(({ header }) => header)));
  const bad = [...capture.bad];
  const verified: { share: CapturedShare; difficultyLog2: number }[] = [];
  const seen = new Set<string>();
  let refusedByServer = 0;
  shares.forEach((share, i) => {
    const scaled = (difficultyLog2[i] as number) + workScale;
    const asked = share.served?.difficulty ?? least;
    const verdict = share.served?.verdict;
    const { line } = share;
    if (2 ** scaled >= asked * MASK) {
      const isFirst = seen.size < seen.add(toHex(share.header)).size;
      verified.push({ share, difficultyLog2: scaled });
      if (verdict !== undefined && !agrees(verdict, isFirst))
        bad.push({ line, reason: `verifies, and the server had called it ${verdict}` });
    } else if (verdict === "invalid" || verdict === "below-target") refusedByServer++;
    else {
      const said = verdict === undefined ? "" : `, and the server had called it ${verdict}`;
      bad.push({ line, reason: `does not verify: difficulty ${(2 ** scaled).toPrecision(3)}, ${asked} expected${said}` });
    }
  });
  bad.sort((a, b) => a.line - b.line);

  const difficulty = shares.reduce((lowest, share) => Math.min(lowest, share.served?.difficulty ?? least), Number.POSITIVE_INFINITY);
  const floor = effectiveDifficulty(verified.map((entry) => entry.difficultyLog2))?.powerOfTwo ?? difficulty;
  const difficulties = verified.map((entry) => 2 ** entry.difficultyLog2);
  const times = verified.map((entry) => entry.share.timestampS);
  const durationS = times.length > 1 ? (times.at(-1) as number) - (times[0] as number) : 0;
  const fraction = (from: number) => (verified.length === 0 ? 0 : difficulties.filter((d) => d >= from).length / verified.length);
  return {
    origin: served?.origin === "twin" ? "twin" : "recording",
    recordedFrom: served?.origin ?? null,
    algorithm,
    workScale,
    difficulty: Number.isFinite(difficulty) ? difficulty : least,
    rows: shares.length + capture.bad.length,
    verified: verified.length,
    minDifficulty: difficulties.reduce((lowest, d) => Math.min(lowest, d), Number.POSITIVE_INFINITY),
    ticketFloor: floor,
    duplicates: verified.length - seen.size,
    durationS,
    ratePerS: durationS > 0 ? (times.length - 1) / durationS : null,
    cv: coefficientOfVariation(times),
    fractionFrom512: fraction(512),
    fractionFrom1024: fraction(1024),
    ksP:
      verified.length > 0
        ? ksTest(
            difficulties.map((d) => floor / d),
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
    refusedByServer,
    bad,
  };
}

/** Of a header that verifies. Stale is a question of time, which a header does not answer. */
function agrees(verdict: ShareVerdict, isFirst: boolean): boolean {
  return isFirst ? verdict === "valid" || verdict === "stale" : verdict === "duplicate";
}
