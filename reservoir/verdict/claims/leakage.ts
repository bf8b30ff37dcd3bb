/** Does what is observed tell anything of what is secret? CLAIMS K 1: information in bins that were fixed beforehand, or by neighbours, against a null that keeps both series' own memory. */
import { ScienceError } from "../../../common/errors.ts";
import { splitmix64 } from "../../../common/random.ts";
import { monteCarloP } from "../../statistics/monte-carlo.ts";
import { nearestNeighbourInformation, tableInformation } from "../../statistics/mutual-information.ts";
import { chi2Sf, gammaln, normalQuantile } from "../../statistics/special.ts";
import { blockShuffled, circularShifts } from "../../statistics/surrogates.ts";
import type { Answer } from "../gate/conclusion.ts";

export interface LeakagePlan {
  /** Inner edges of the bins, rising, fixed before the data were seen: a value on an edge belongs above it. Left out: neighbours (KSG) decide, at a cost of n^2 a draw. */
  readonly bins?: { readonly secret: readonly number[]; readonly observed: readonly number[] };
  /** Circular shifts of 50 rows and more, or blocks of so many rows in random order where there are too few rows to shift. */
  readonly null: "shifts" | { readonly block: number };
  /** At least 2000 decide anything. */
  readonly draws: number;
  readonly alpha: number;
  /** Information that would not matter, bit: the margin of "no leakage" as a finding. */
  readonly negligibleBits: number;
  readonly seed: number;
}

export const LEAKAGE_PLAN: LeakagePlan = { null: "shifts", draws: 2000, alpha: 0.01, negligibleBits: 0.01, seed: 1 };

export interface Leakage {
  readonly n: number;
  readonly estimator: "bins" | "neighbours";
  /** As counted, or as the neighbours say, bit. */
  readonly bits: number;
  /** Less the bias: of Miller and Madow for bins, the null's mean for neighbours. May be negative. */
  readonly correctedBits: number;
  readonly biasBits: number;
  /** Where the middle 95 % of the null lies, bit. */
  readonly nullBand: readonly [number, number];
  readonly pValue: number;
  /** One-sided 95 % upper confidence bound of the information, bit. */
  readonly upperBits: number;
  /** Least information that so many rows show in 9 of 10 runs at this level, bit: said before the data are. */
  readonly detectableBits: number;
  /** Of the claim that it leaks. */
  readonly answer: Answer;
}

const LEAST_DRAWS = 2000;
const LEAST_ROWS = 100;

/** secret, observed: one number per row, in time order. ScienceError NO_DATA below a hundred rows or for unequal lengths, BAD_PLAN. */
export function leakage(secret: ArrayLike<number>, observed: ArrayLike<number>, settings: Partial<LeakagePlan> = {}): Leakage {
  const plan = { ...LEAKAGE_PLAN, ...settings };
  const n = secret.length;
  if (n !== observed.length || n < LEAST_ROWS)
    throw new ScienceError("NO_DATA", `${n} secrets and ${observed.length} observations are too few, or do not match.`, "Collect more.");
  if (plan.draws < LEAST_DRAWS)
    throw new ScienceError("BAD_PLAN", `${plan.draws} draws of the null decide nothing.`, `Use ${LEAST_DRAWS} or more.`);
  const { bins } = plan;
  const [hidden, seen] = bins ? [coded(secret, bins.secret), coded(observed, bins.observed)] : [secret, observed];
  const information = estimatorOf(hidden, plan);
  const bits = information(seen);
  const nulls = nullSeries(seen, plan).map(information);
  const mean = nulls.reduce((sum, value) => sum + value, 0) / nulls.length;
  const pValue = monteCarloP(bits, nulls);
  const sorted = Float64Array.from(nulls).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  const bounds = plan.bins ? byBins(n, plan.bins, bits, mean, plan.alpha) : byNeighbours(bits, mean, sorted, plan.alpha);
  const found = pValue < plan.alpha;
  const none = bounds.upperBits < plan.negligibleBits;
  return {
    n,
    estimator: plan.bins ? "bins" : "neighbours",
    bits,
    nullBand: [at(0.025), at(0.975)],
    pValue,
    ...bounds,
    answer: found ? "reproduced" : none ? "refuted" : "not testable with these data",
  };
}

function estimatorOf(secret: ArrayLike<number>, { bins }: LeakagePlan): (observed: ArrayLike<number>) => number {
  if (!bins) return (observed) => nearestNeighbourInformation(secret, observed) / Math.LN2;
  const [rows, cols] = [bins.secret.length + 1, bins.observed.length + 1];
  return (observed) => {
    const table = new Float64Array(rows * cols);
    for (let i = 0; i < secret.length; i++) {
      const cell = (secret[i] as number) * cols + (observed[i] as number);
      table[cell] = (table[cell] as number) + 1;
    }
    return tableInformation(table, rows, cols).plugin / Math.LN2;
  };
}

/** The bin of each value, from 0. */
function coded(values: ArrayLike<number>, edges: readonly number[]): Float64Array {
  if (edges.length === 0 || edges.some((edge, i) => i > 0 && !(edge > (edges[i - 1] as number))))
    throw new ScienceError("BAD_PLAN", "Edges of bins must rise, and there must be one at least.", "Fix them before the run.");
  return Float64Array.from(values, (value) => binOf(value, edges));
}

function binOf(value: number, edges: readonly number[]): number {
  let bin = 0;
  while (bin < edges.length && value >= (edges[bin] as number)) bin++;
  return bin;
}

function nullSeries(observed: ArrayLike<number>, { null: kind, draws, seed }: LeakagePlan): Float64Array[] {
  const random = splitmix64(seed);
  if (kind !== "shifts") return Array.from({ length: draws }, () => blockShuffled(observed, kind.block, random));
  const twice = Float64Array.from({ length: 2 * observed.length }, (_, i) => observed[i % observed.length] as number);
  return circularShifts(observed.length, draws, random).map((by) => twice.subarray(by, by + observed.length));
}

type Bounds = Pick<Leakage, "correctedBits" | "biasBits" | "upperBits" | "detectableBits">;

/** G = 2 n I follows the noncentral chi-squared law of 2 n times the true information; memory in the series stretches it as it stretches the null. */
function byBins(n: number, bins: NonNullable<LeakagePlan["bins"]>, bits: number, nullMean: number, alpha: number): Bounds {
  const freedom = bins.secret.length * bins.observed.length;
  const biasBits = freedom / (2 * n * Math.LN2);
  const stretch = Math.max(1, nullMean / biasBits);
  const toG = (2 * n * Math.LN2) / stretch;
  const critical = least((g) => chi2Sf(g, freedom) <= alpha);
  const upper = least((shift) => 1 - noncentralSf(bits * toG, freedom, shift) <= 0.05);
  const detectable = least((shift) => noncentralSf(critical, freedom, shift) >= 0.9);
  return { biasBits, correctedBits: bits - biasBits, upperBits: upper / toG, detectableBits: detectable / toG };
}

/** The null's own mean and spread stand for the estimator's: a normal law. */
function byNeighbours(bits: number, mean: number, sorted: Float64Array, alpha: number): Bounds {
  const spread = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sorted.length - 1));
  return {
    biasBits: mean,
    correctedBits: bits - mean,
    upperBits: Math.max(0, bits - mean + normalQuantile(0.95) * spread),
    detectableBits: (normalQuantile(1 - alpha) + normalQuantile(0.9)) * spread,
  };
}

/** P(X > x) of the noncentral chi-squared law: a Poisson mixture of central ones, from its largest term outwards. */
function noncentralSf(x: number, freedom: number, shift: number): number {
  const half = shift / 2;
  const middle = Math.floor(half);
  let sum = 0;
  for (const step of [1, -1])
    for (let j = step === 1 ? middle : middle - 1; j >= 0; j += step) {
      const weight = Math.exp(-half + j * Math.log(half || 1e-300) - gammaln(j + 1));
      sum += weight * chi2Sf(x, freedom + 2 * j);
      if (weight < 1e-12) break;
    }
  return Math.min(1, sum);
}

/** Least argument from 0 on for which a monotone condition holds: doubled until it does, then halved. */
function least(holds: (value: number) => boolean): number {
  let [low, high] = [0, 1];
  while (!holds(high)) [low, high] = [high, 2 * high];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
