/** How many nonces a point needs before anything may be said of it. CLAIMS.md N 5 */
import { ConfigError } from "../../common/errors.ts";
import { betainc, normalQuantile } from "../../reservoir/statistics/special.ts";

export interface ShareTest {
  /** Share when nothing is wrong, and the one that must be told from it. */
  readonly soundShare: number;
  readonly faultyShare: number;
  readonly alpha: number;
  readonly power: number;
}

export interface ShareSample {
  readonly nonces: number;
  /** So many invalid ones, or more, and the point is not sound. */
  readonly critical: number;
  /** What the exact test really has: at most alpha, and at least the power asked for. */
  readonly size: number;
  readonly power: number;
}

/** A point would take days beyond this. */
const MOST_NONCES = 5_000_000;

/**
 * The smallest sample whose exact one-sided binomial test has the size and power asked for. ConfigError BAD_PLAN when the shares are not in
 * order, or no sample below five million does.
 */
export function noncesForShare({ soundShare, faultyShare, alpha, power }: ShareTest): ShareSample {
  if (!(soundShare > 0 && soundShare < faultyShare && faultyShare < 1))
    throw new ConfigError(
      "BAD_PLAN",
      `A share of ${faultyShare} cannot be told from ${soundShare}.`,
      "Give detect.faultyShare a value above detect.soundShare, both between 0 and 1.",
    );
  const approximate = normalSample(soundShare, faultyShare, alpha, power);
  for (let n = Math.max(1, Math.floor(0.5 * approximate)), k = 1; n <= MOST_NONCES; n++) {
    while (atLeast(k, n, soundShare) > alpha) k++;
    const reached = atLeast(k, n, faultyShare);
    if (reached >= power) return { nonces: n, critical: k, size: atLeast(k, n, soundShare), power: reached };
  }
  throw new ConfigError(
    "BAD_PLAN",
    `Telling a share of ${faultyShare} from ${soundShare} takes more than ${MOST_NONCES} nonces a point.`,
    "Ask for shares that are further apart.",
  );
}

/** P(X >= k) of n trials. */
function atLeast(k: number, n: number, p: number): number {
  return k <= 0 ? 1 : k > n ? 0 : betainc(k, n - k + 1, p);
}

function normalSample(p0: number, p1: number, alpha: number, power: number): number {
  const spread = normalQuantile(1 - alpha) * Math.sqrt(p0 * (1 - p0)) + normalQuantile(power) * Math.sqrt(p1 * (1 - p1));
  return (spread / (p1 - p0)) ** 2;
}

/** Intervals of a Poisson process by which a CV that is off by `difference` is found, two-sided: its standard error is 1 / sqrt(n). CLAIMS.md N 5 */
export function intervalsForCv(difference: number, alpha: number, power: number): number {
  return Math.ceil(((normalQuantile(1 - alpha / 2) + normalQuantile(power)) / difference) ** 2);
}
