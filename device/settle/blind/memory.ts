/** Do delays know what the drive was before the present step? */
import { gaussian, type Random, splitmix64 } from "../../../common/random.ts";
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import { betainc, normalSf } from "../../../reservoir/statistics/special.ts";
import { pByDraws } from "./draws.ts";
import { otherDrives } from "./drive-draws.ts";
import { combHz } from "./lines.ts";
import { aheadKernels, type Kernel, memoryKernels } from "./memory-kernels.ts";
import { type DriveStep, LEAST_ANSWERS, type Looked, type Observed, stepsAt } from "./observed.ts";
import { leastAmplitude } from "./power.ts";
import { inputOf, presentDrive, sinceStep } from "./present-drive.ts";
import { less } from "./scores.ts";
import { type StepMeans, stepMeans } from "./step-means.ts";
import { fitNoise, whitener } from "./step-noise.ts";

const DRAWS = 1999;
const LEAST_STEPS = 30;
/** Means of steps that differ, or go with the one before, by less than such a p are held against the drive. */
const DEPENDENT_BELOW = 0.1;
/** In so much of a step an answer may still be to the step before (a clock that is off, a set-point that takes its time), and shows it by such a z. */
const EARLY_SHARES = [0.1, 0.25, 0.5] as const;
const EARLY_Z = 2;
/** A drive that delays know beforehand follows them, or its times are wrong (specs/reservoir.md 5, S3): its past says nothing then. */
const AHEAD_BELOW = 0.02;
const AHEAD_SHARE = 0.5;
/** The kernels go together: their best is like the best of so many that do not. */
const LOOKS = 12;
/** Drives that say how long a kernel's row is. */
const LENGTHS = 20;

/**
 * p of the kernel that goes best with the delays. Where these are independent but for what it explains: against the same kernels and independent delays. Where
 * they are not (drift, slow fields, jobs that begin late by their own time): against other drives, seen through the inverse of the delays' own noise; exact
 * whatever the delays do by themselves. What goes with the present step alone is taken out first: that is no memory. null without a drive that varies, and with
 * one that delays know beforehand.
 */
export function memoryOfDrive({ tS, drive }: Observed, scores: Float64Array): Looked | null {
  if (drive.length < LEAST_STEPS || drive.every(({ u }) => u === drive[0]?.u)) return null;
  const input = inputOf(drive);
  const comb = combHz(tS);
  const steps = unlessLate(stepsAt(tS, drive), tS, drive, comb === null ? 0 : 1 / comb);
  const since = sinceStep(tS, drive, steps);
  const delays = less(scores, presentDrive(steps, input, since));
  const sums = stepMeans(delays, unlessOfBefore(delays, steps, input, since, drive), drive.length);
  if (sums.answers < LEAST_ANSWERS || !(sums.variance > 0)) return null;
  const [kernels, ahead] = [memoryKernels(drive), aheadKernels()];
  const random = splitmix64(drive.length);
  const before = againstIndependent(sums, input, kernels, random) ?? againstOtherDrives(sums, input, kernels, random);
  const after = againstIndependent(sums, input, ahead, random) ?? againstOtherDrives(sums, input, ahead, random);
  if (before === null || after === null) return null;
  if (after.pValue < AHEAD_BELOW && after.fit > AHEAD_SHARE * before.fit) return null;
  return { pValue: before.pValue, least: (level) => leastAmplitude(before.information, level, LOOKS) };
}

/** Where answers early in a step know more of the step before than those later on, they may be to that one: they are of no step. */
function unlessOfBefore(
  delays: Float64Array,
  steps: Int32Array,
  input: Float64Array,
  since: Float64Array,
  drive: readonly DriveStep[],
): Int32Array {
  const lasts = Float64Array.from(drive, ({ tS: at }, step) => (drive[step + 1]?.tS ?? Infinity) - at);
  const part = since.map((own, i) => own / (lasts[Math.max(0, steps[i] as number)] as number));
  const from = EARLY_SHARES.reduce((least, share) => {
    const of = [...steps.keys()].filter((i) => (steps[i] as number) > 0 && (part[i] as number) >= least);
    const early = of.filter((i) => (part[i] as number) < share).length / of.length;
    const contrast = Float64Array.from(
      of,
      (i) => (((part[i] as number) < share ? 1 : 0) - early) * (input[(steps[i] as number) - 1] as number),
    );
    const known =
      pearson(
        contrast,
        Float64Array.from(of, (i) => delays[i] as number),
      ) * Math.sqrt(of.length);
    return Math.abs(known) > EARLY_Z ? share : least;
  }, 0);
  return steps.map((step, i) => ((part[i] as number) < from ? -1 : step));
}

/** Answers that wait to be polled may come a step late: those that could are of no step. */
function unlessLate(steps: Int32Array, tS: Float64Array, drive: readonly DriveStep[], waitS: number): Int32Array {
  return steps.map((step, i) => (step >= 0 && (tS[i] as number) - (drive[step] as DriveStep).tS < waitS ? -1 : step));
}

interface Fit {
  readonly pValue: number;
  /** Of the best kernel, in deviations of the noise. */
  readonly fit: number;
  /** Of a kernel of variance 1 over the answers. */
  readonly information: number;
}

/** null where delays depend on each other by more than what the best kernel explains. */
function againstIndependent(sums: StepMeans, input: Float64Array, kernels: readonly Kernel[], random: Random): Fit | null {
  const scale = sums.counts.map((count) => Math.sqrt(count / sums.variance));
  const weighted = (row: Float64Array) => row.map((value, step) => value * (scale[step] as number));
  const rows = kernels.map((kernel) => seenThrough(weighted, sums.counts, kernel(input)).row);
  const delays = weighted(sums.means);
  const fits = rows.map((row) => dot(row, delays));
  const best = fits.reduce((most, one, k) => (Math.abs(one) > Math.abs(fits[most] as number) ? k : most), 0);
  const rest = delays.map((value, step) => value - (fits[best] as number) * (rows[best]?.[step] as number));
  if (dependent(rest, sums)) return null;
  const normal = gaussian(random);
  const most = Math.abs(fits[best] as number);
  const among = coordinates(rows);
  const drawn = new Float64Array(rows.length);
  const pValue = pByDraws(DRAWS, () => {
    for (let k = 0; k < drawn.length; k++) drawn[k] = normal();
    return among.some((row) => Math.abs(dot(row, drawn)) >= most);
  });
  return { pValue, fit: most, information: sums.answers / sums.variance };
}

/** Rows by their coordinates among themselves: products with noise are drawn with as many numbers as there are rows. */
function coordinates(rows: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  return rows.map((row) => {
    const [rest, own] = [Float64Array.from(row), new Float64Array(rows.length)];
    for (const [k, other] of basis.entries()) {
      own[k] = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - (own[k] as number) * (other[i] as number);
    }
    const size = Math.sqrt(dot(rest, rest));
    own[basis.length] = size;
    basis.push(rest.map((value) => (size > 1e-9 ? value / size : 0)));
    return own;
  });
}

/** null where there is no other drive to draw. */
function againstOtherDrives(sums: StepMeans, input: Float64Array, kernels: readonly Kernel[], random: Random): Fit | null {
  const drawn = otherDrives(input, random);
  if (drawn === null) return null;
  const { whiten, turned } = whitener(fitNoise(sums), sums);
  // Of white news, what stands beside a row itself: rows need not be whitened each time, but for how long they are, and that hardly changes from drive to drive.
  const back = turned(whiten(sums.means));
  const [all, off] = [sum(sums.counts), sum(back)];
  const delays = back.map((value, step) => value - (off * (sums.counts[step] as number)) / all);
  const lengths = Array.from({ length: LENGTHS }, drawn);
  const sizes = kernels.map((kernel) =>
    Math.sqrt(sum(lengths.map((other) => seenThrough(whiten, sums.counts, kernel(other)).length ** 2)) / LENGTHS),
  );
  const of = (kernel: Kernel, k: number, drive: Float64Array) =>
    (sizes[k] as number) > 0 ? Math.abs(dot(kernel(drive), delays)) / (sizes[k] as number) : 0;
  const most = Math.max(...kernels.map((kernel, k) => of(kernel, k, input)));
  const pValue = pByDraws(DRAWS, () => {
    const other = drawn();
    return kernels.some((kernel, k) => of(kernel, k, other) >= most);
  });
  const told = kernels.map((kernel) => seenThrough(whiten, sums.counts, kernel(input)).size).sort((a, b) => a - b);
  return { pValue, fit: most, information: (told[Math.floor(told.length / 2)] as number) ** 2 };
}

/** A kernel's row less its mean over the answers, as the delays are seen: of length 1, how long it was, and how long of variance 1. */
function seenThrough(seen: (row: Float64Array) => Float64Array, counts: Float64Array, row: Float64Array) {
  const all = sum(counts);
  const mean = dot(row, counts) / all;
  const centred = row.map((value) => value - mean);
  const deviation = Math.sqrt(centred.reduce((total, value, step) => total + (counts[step] as number) * value ** 2, 0) / all);
  const out = seen(centred);
  const length = Math.sqrt(dot(out, out));
  return length > 0 ? { row: out.map((value) => value / length), length, size: length / deviation } : { row: out, length: 0, size: 0 };
}

/** Whether means of steps, in deviations, differ by more than their answers do, or each goes with the one before. */
function dependent(z: Float64Array, { counts, answers }: StepMeans): boolean {
  const filled = counts.filter((count) => count > 0).length;
  const spread = fSf(dot(z, z) / (filled - 2), filled - 2, answers - filled);
  const one = lagOne(z) * Math.sqrt(filled);
  return Math.min(1, 2 * Math.min(spread, 2 * normalSf(Math.abs(one)))) < DEPENDENT_BELOW;
}

const fSf = (f: number, d1: number, d2: number) => betainc(d2 / 2, d1 / 2, d2 / (d2 + d1 * f));

/** Correlation of each with the one before. */
function lagOne(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [with1, size] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const own = (values[i] as number) - mean;
    if (i > 0) with1 += own * ((values[i - 1] as number) - mean);
    size += own * own;
  }
  return size > 0 ? with1 / size : 0;
}

const sum = (values: Float64Array | readonly number[]) => (values as readonly number[]).reduce((total, value) => total + value, 0);

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
