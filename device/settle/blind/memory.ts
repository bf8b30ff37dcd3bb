/** Do delays know what the drive was before the present step? */
import { gaussian, permutation, splitmix64 } from "../../../common/random.ts";
import { betainc, normalSf } from "../../../reservoir/statistics/special.ts";
import { pByDraws } from "./draws.ts";
import { combHz } from "./lines.ts";
import { type DriveStep, LEAST_ANSWERS, type Observed, stepsAt } from "./observed.ts";
import { less, levelled } from "./scores.ts";

/** Time constants of a pole, s, and leaks per step of a kernel that are looked for; those between them are seen through their neighbours. */
const POLES_S = [1, 3, 10] as const;
const LEAKS = [0.3, 0.6, 0.9] as const;
const DRAWS = 4999;
const LEAST_STEPS = 30;
/** Drifts slower than so many answers are no memory that could be told from them. */
const DRIFT_ANSWERS = 3000;
/** Lag-one correlation of a drive whose steps are not independent, in standard errors. */
const DEPENDENT_Z = 3;

/** Delays that, step by step, depend on each other more than this are held against the drive in another order. */
const DEPENDENT_BELOW = 0.1;

/**
 * p of the kernel that goes best with the delays. Where these are independent but for what it explains: against the same kernels and independent delays. Where
 * they are not (drift, slow fields, jobs that begin late by their own time): against the drive's steps in another order, shifted where the drive itself has a
 * memory; exact whatever the delays do by themselves, at the cost of power. What goes with the present step alone is taken out first: that is no memory.
 * null without a drive that varies.
 */
export function memoryP({ tS, chip, drive }: Observed, scores: Float64Array): number | null {
  const comb = combHz(tS);
  const steps = unlessLate(stepsAt(tS, drive), tS, drive, comb === null ? 0 : 1 / comb);
  if (drive.length < LEAST_STEPS || drive.every(({ u }) => u === drive[0]?.u)) return null;
  const u = Float64Array.from(steps, (step) => drive[Math.max(0, step)]?.u ?? 0);
  const since = tS.map((at, i) => at - (drive[Math.max(0, steps[i] as number)]?.tS ?? at));
  const sums = stepSums(less(levelled(chip, scores, DRIFT_ANSWERS), [u, u.map((value) => value * value), since]), steps, drive.length);
  const kernels = [...POLES_S.map((tau) => throughPole(drive, tau)), ...LEAKS.map((leak) => throughKernel(leak))];
  const input = Float64Array.from(drive, (step) => step.u);
  const columns = kernels.map((kernel) => standardised(kernel(input), sums.counts));
  if (sums.answers < LEAST_ANSWERS) return null;
  const fits = columns.map((column) => Math.abs(dot(column, sums.delays)));
  const best = fits.indexOf(Math.max(...fits));
  const random = splitmix64(drive.length);
  if (!dependent(sums, columns[best] as Float64Array)) {
    const normal = gaussian(random);
    const scale = Math.sqrt(sums.variance);
    return pByDraws(DRAWS, () => {
      const drawn = sums.counts.map((count) => scale * Math.sqrt(count) * normal());
      return columns.some((column) => Math.abs(dot(column, drawn)) >= (fits[best] as number));
    });
  }
  const itself = Math.abs(lagOne(input)) * Math.sqrt(input.length) > DEPENDENT_Z;
  return pByDraws(DRAWS, () => {
    const by = Math.floor(random.next() * input.length);
    const order = itself ? null : permutation(input.length, random);
    const drawn = input.map((_, step) => input[order === null ? (step + by) % input.length : (order[step] as number)] as number);
    return kernels.some((kernel) => Math.abs(dot(standardised(kernel(drawn), sums.counts), sums.delays)) >= (fits[best] as number));
  });
}

/** Answers that wait to be polled may come a step late: those that could are of no step. */
function unlessLate(steps: Int32Array, tS: Float64Array, drive: readonly DriveStep[], waitS: number): Int32Array {
  return steps.map((step, i) => (step >= 0 && (tS[i] as number) - (drive[step] as DriveStep).tS < waitS ? -1 : step));
}

/** Delays of each step, summed, and how many there are. */
interface StepSums {
  readonly delays: Float64Array;
  readonly counts: Float64Array;
  /** Of one delay among those of its step. */
  readonly variance: number;
  readonly answers: number;
}

function stepSums(delays: Float64Array, steps: Int32Array, count: number): StepSums {
  const [sums, counts] = [new Float64Array(count), new Float64Array(count)];
  let [squares, answers] = [0, 0];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    if (step < 0) continue;
    sums[step] = (sums[step] as number) + (delays[i] as number);
    counts[step] = (counts[step] as number) + 1;
    squares += (delays[i] as number) ** 2;
    answers++;
  }
  const between = sums.reduce((sum, own, step) => sum + own ** 2 / Math.max(1, counts[step] as number), 0);
  const filled = counts.filter((own) => own > 0).length;
  return { delays: sums, counts, variance: (squares - between) / Math.max(1, answers - filled), answers };
}

/** Whether, less what the kernel explains, means of steps differ by more than their answers do, or each goes with the one before. */
function dependent({ delays, counts, variance, answers }: StepSums, column: Float64Array): boolean {
  if (!(variance > 0)) return true;
  const factor = dot(column, delays);
  const z = delays.map((sum, step) => {
    const count = counts[step] as number;
    return count === 0 ? 0 : (sum - factor * count * (column[step] as number)) / Math.sqrt(count * variance);
  });
  const filled = counts.filter((count) => count > 0).length;
  const spread = fSf(dot(z, z) / (filled - 2), filled - 2, answers - filled);
  const one = lagOne(z) * Math.sqrt(filled);
  return Math.min(1, 2 * Math.min(spread, 2 * normalSf(Math.abs(one)))) < DEPENDENT_BELOW;
}

const fSf = (f: number, d1: number, d2: number) => betainc(d2 / 2, d1 / 2, d2 / (d2 + d1 * f));

/** The drive of the steps before, through a pole, in the middle of each step. */
function throughPole(drive: readonly DriveStep[], tau: number): (u: Float64Array) => Float64Array {
  const decays = drive.map(({ tS: at }, step) => Math.exp(-((drive[step + 1]?.tS ?? at) - at) / tau));
  return (u) => {
    const mean = u.reduce((sum, value) => sum + value, 0) / u.length;
    let state = 0;
    return u.map((value, step) => {
      const before = state;
      const decay = decays[step] as number;
      state = decay * state + (1 - decay) * (value - mean);
      return before * Math.sqrt(decay);
    });
  };
}

function throughKernel(leak: number): (u: Float64Array) => Float64Array {
  return (u) => {
    const mean = u.reduce((sum, value) => sum + value, 0) / u.length;
    let state = 0;
    return u.map((value) => {
      const before = state;
      state = leak * state + (value - mean);
      return before;
    });
  };
}

/** Mean 0 and length 1 over the answers, of which each step has `counts`. */
function standardised(values: Float64Array, counts: Float64Array): Float64Array {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const mean = dot(values, counts) / all;
  const size = Math.sqrt(values.reduce((sum, value, step) => sum + (counts[step] as number) * (value - mean) ** 2, 0));
  return values.map((value) => (size > 0 ? (value - mean) / size : 0));
}

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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
