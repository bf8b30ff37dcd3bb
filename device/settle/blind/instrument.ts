/**
 * The instrument that is scored: a fixed set of tests, each for one way in which timing could know something, on a recording of which nothing is said. It knows
 * the kinds that docs/planted-effects.md lists, and neither which one was planted nor whether any was.
 */
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import { betainc, studentTSf } from "../../../reservoir/statistics/special.ts";
import { rankGaussianised } from "../../../reservoir/statistics/surrogates.ts";
import { lineInDelays, lineInRate } from "./lines.ts";
import { memoryOfDrive } from "./memory.ts";
import { neighboursTogether } from "./neighbours.ts";
import { LEAST_ANSWERS, type Looked, type Observed } from "./observed.ts";
import { leastCorrelation, leastOffsets, levelOfOne } from "./power.ts";
import { chipScores, lessRunningMean, levelled } from "./scores.ts";

/** Below the 0.05 that is promised: where p-values are uniform, alarms at 0.05 come in 5 of 100 nulls, and their bound never falls below that. */
export const BLIND_ALPHA = 0.02;

export interface BlindTest {
  readonly name: string;
  readonly pValue: number;
  /** Least strength that the whole instrument finds in 95 of 100 recordings like this one; null where the file does not tell. */
  readonly least: number | null;
  /** Of `least`. */
  readonly unit: string;
}

export interface BlindAnswer {
  readonly nonces: number;
  readonly tests: readonly BlindTest[];
  /** Of the least of them, as if the tests were independent: 1 - (1 - p)^tests (Sidak 1967). */
  readonly pValue: number;
  /** The test that speaks loudest; a finding only when `planted`. */
  readonly strongest: string;
  readonly planted: boolean;
}

/** A winner has so many bits more than the least difficulty, which is 1 below the median (difficulties are Pareto with exponent 1). */
const WINNER_BITS = 2;
const MEDIAN_BITS = 1;
/** How many answers before a winner its sign may come. */
const SIGN_LAGS = [1, 2, 3] as const;
/** Offsets and correlations of single answers are looked for beside what so many answers of a chip have in common. */
const LEVEL_ANSWERS = 51;

/** A delay that shows a state with a correlation of 0.8 goes with winners that are (1 ± strength) / 4 likely by this much of the strength. */
const PRECURSOR_CORRELATION = 0.8 * Math.sqrt(2 / Math.PI) * (0.25 / Math.sqrt(0.25 * 0.75));

/** null below a hundred nonces, or where no test applies: no answer. */
export function blindAnswer(observed: Observed): BlindAnswer | null {
  const n = observed.tS.length;
  if (n < LEAST_ANSWERS) return null;
  const looked = looksAt(observed);
  const level = levelOfOne(BLIND_ALPHA, looked.length);
  const tests = looked.map(({ name, unit, pValue, least }) => ({ name, pValue, least: least?.(level) ?? null, unit }));
  const strongest = tests.reduce<BlindTest | null>((least, test) => (least === null || test.pValue < least.pValue ? test : least), null);
  if (strongest === null) return null;
  const pValue = -Math.expm1(tests.length * Math.log1p(-Math.min(strongest.pValue, 1 - 1e-16)));
  return { nonces: n, tests, pValue, strongest: strongest.name, planted: pValue < BLIND_ALPHA };
}

function looksAt(observed: Observed): (Looked & { readonly name: string; readonly unit: string })[] {
  const { chip, core, delay, delayIs, difficultyLog2 } = observed;
  const residuals = delayIs === "residual";
  const scores = chipScores(chip, delay);
  const level = levelled(chip, scores, LEVEL_ANSWERS);
  const difficulty = difficultyLog2 === null ? null : lessRunningMean(rankGaussianised(difficultyLog2), LEVEL_ANSWERS);
  const looks: readonly (readonly [string, string, Looked | null])[] = [
    ["memory of the drive", "correlation", memoryOfDrive(observed, scores)],
    ["line in the residuals", "correlation", residuals ? lineInDelays(observed, scores) : null],
    ["line in the rate", "depth", lineInRate(observed)],
    [`difficulty in the ${delayIs}s`, "correlation", difficulty && correlationOf(difficulty, level)],
    ["offsets of cores", "correlation", residuals && core !== null ? offsetsOfCores(chip, core, level) : null],
    ["a delay before a winner", "share of its odds", difficultyLog2 && precursor(chip, difficultyLog2, level)],
    ["neighbours in the chain", "correlation of slow fields", residuals ? neighboursTogether(observed, scores) : null],
  ];
  return looks.flatMap(([name, unit, look]) => (look === null ? [] : [{ name, unit, ...look }]));
}

function correlationOf(a: Float64Array, b: Float64Array): Looked | null {
  const pValue = correlationP(a, b);
  return pValue === null ? null : { pValue, least: (level) => leastCorrelation(a.length, level) };
}

/** Two-sided, by Student's t; null where one of them does not vary. */
function correlationP(a: Float64Array, b: Float64Array): number | null {
  const r = pearson(a, b);
  const degrees = a.length - 2;
  if (!Number.isFinite(r) || degrees < 1) return null;
  return Math.min(1, 2 * studentTSf(Math.abs(r) * Math.sqrt(degrees / Math.max(1e-300, 1 - r * r)), degrees));
}

/** One-way analysis of variance by core, within chips: how far from the host a chip is says nothing of its cores. null where no chip has two of them. */
function offsetsOfCores(chip: Int32Array, core: Int32Array, values: Float64Array): Looked | null {
  const n = values.length;
  const cores = new Map<number, { sum: number; count: number }>();
  const chips = new Map<number, { sum: number; count: number }>();
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    for (const [groups, key] of [
      [cores, (chip[i] as number) * 65_536 + (core[i] as number)],
      [chips, chip[i] as number],
    ] as const) {
      const at = groups.get(key);
      if (at === undefined) groups.set(key, { sum: value, count: 1 });
      else {
        at.sum += value;
        at.count++;
      }
    }
    squares += value * value;
  }
  const explained = (groups: typeof cores) => [...groups.values()].reduce((sum, { sum: own, count }) => sum + own ** 2 / count, 0);
  const [byCore, byChip] = [explained(cores), explained(chips)];
  const [d1, d2] = [cores.size - chips.size, n - cores.size];
  if (d1 < 1 || d2 < 1 || !(squares - byCore > 1e-12 * squares)) return null;
  const f = (byCore - byChip) / d1 / ((squares - byCore) / d2);
  return { pValue: betainc(d2 / 2, d1 / 2, d2 / (d2 + d1 * Math.max(0, f))), least: (level) => leastOffsets(n, d1, level) };
}

/** A delay against whether the chip's next answer, or one of the two after that, is a winner. */
function precursor(chip: Int32Array, difficultyLog2: Float64Array, values: Float64Array): Looked | null {
  const sorted = Float64Array.from(difficultyLog2).sort();
  const least = (sorted[Math.floor(sorted.length / 2)] as number) - MEDIAN_BITS + WINNER_BITS;
  const winner = lessRunningMean(
    difficultyLog2.map((bits) => (bits >= least ? 1 : 0)),
    LEVEL_ANSWERS,
  );
  const places = new Map<number, number[]>();
  const pairs = SIGN_LAGS.map((): [number[], number[]] => [[], []]);
  for (let i = 0; i < chip.length; i++) {
    const past = places.get(chip[i] as number) ?? [];
    SIGN_LAGS.forEach((lag, k) => {
      const before = past[past.length - lag];
      if (before === undefined) return;
      pairs[k]?.[0].push(values[before] as number);
      pairs[k]?.[1].push(winner[i] as number);
    });
    places.set(chip[i] as number, [...past.slice(1 - Math.max(...SIGN_LAGS)), i]);
  }
  const p = pairs.map(([before, now]) => correlationP(Float64Array.from(before), Float64Array.from(now)));
  const known = p.filter((one) => one !== null);
  if (known.length === 0) return null;
  return {
    pValue: -Math.expm1(known.length * Math.log1p(-Math.min(1 - 1e-16, ...known))),
    least: (level) => Math.min(1, leastCorrelation(chip.length, level, SIGN_LAGS.length) / PRECURSOR_CORRELATION),
  };
}
