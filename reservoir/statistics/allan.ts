/**
 * Allan's deviation and its relatives from phase (time error) samples, as NIST SP 1065 defines them. x: N phase samples in seconds, one every
 * tau0 seconds; m: averaging factor, tau = m tau0. NaN when there are too few samples. ScienceError BAD_WINDOW for an m that is not a whole number from 1. Oracle `allan_nist_sp1065` (published table).
 */
import { ScienceError } from "../../common/errors.ts";
import { statisticsKernels } from "./kernels.ts";

/** Phase from fractional frequencies y: a running sum from 0, times tau0. */
export function phaseOf(y: ArrayLike<number>, tau0 = 1): Float64Array {
  const x = new Float64Array(y.length + 1);
  for (let i = 0; i < y.length; i++) x[i + 1] = (x[i] as number) + (y[i] as number) * tau0;
  return x;
}

function requireFactor(m: number): void {
  if (!Number.isInteger(m) || m < 1)
    throw new ScienceError("BAD_WINDOW", `An average over ${m} samples is none.`, "Give a whole number of one or more.", { m });
}

/** Root of the mean square of the second differences over m, starting every `step` samples, over 2 tau^2. */
function secondDifferences(x: ArrayLike<number>, m: number, tau0: number, step: number): number {
  requireFactor(m);
  const terms = x.length > 2 * m ? Math.ceil((x.length - 2 * m) / step) : 0;
  const native = statisticsKernels();
  if (native !== null && x instanceof Float64Array) return Math.sqrt(native.differenceSquares(x, m, 2, step) / terms / 2) / (m * tau0);
  let sum = 0;
  for (let i = 0; i + 2 * m < x.length; i += step) {
    sum += ((x[i + 2 * m] as number) - 2 * (x[i + m] as number) + (x[i] as number)) ** 2;
  }
  return Math.sqrt(sum / terms / 2) / (m * tau0);
}

export function allanDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  return secondDifferences(x, m, tau0, m);
}

export function overlappingAllanDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  return secondDifferences(x, m, tau0, 1);
}

/** Each second difference averaged over m neighbours first: tells white phase noise from flicker. */
export function modifiedAllanDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  requireFactor(m);
  const n = x.length;
  let sum = 0;
  let terms = 0;
  let inner = 0;
  for (let i = 0; i + 3 * m <= n; i++) {
    if (i === 0) {
      for (let k = 0; k < m; k++) inner += (x[k + 2 * m] as number) - 2 * (x[k + m] as number) + (x[k] as number);
    } else {
      const k = i - 1;
      inner += (x[k + 3 * m] as number) - 3 * (x[k + 2 * m] as number) + 3 * (x[k + m] as number) - (x[k] as number);
    }
    sum += inner * inner;
    terms++;
  }
  return Math.sqrt(sum / terms / 2) / (m * m * tau0);
}

/** Time deviation, tau MDEV / sqrt(3), seconds. */
export function timeDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  return (m * tau0 * modifiedAllanDeviation(x, m, tau0)) / Math.sqrt(3);
}

function thirdDifferences(x: ArrayLike<number>, m: number, tau0: number, step: number): number {
  requireFactor(m);
  const terms = x.length > 3 * m ? Math.ceil((x.length - 3 * m) / step) : 0;
  const native = statisticsKernels();
  if (native !== null && x instanceof Float64Array) return Math.sqrt(native.differenceSquares(x, m, 3, step) / terms / 6) / (m * tau0);
  let sum = 0;
  for (let i = 0; i + 3 * m < x.length; i += step) {
    sum += ((x[i + 3 * m] as number) - 3 * (x[i + 2 * m] as number) + 3 * (x[i + m] as number) - (x[i] as number)) ** 2;
  }
  return Math.sqrt(sum / terms / 6) / (m * tau0);
}

/** Does not see a linear drift of the frequency. */
export function hadamardDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  return thirdDifferences(x, m, tau0, m);
}

export function overlappingHadamardDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  return thirdDifferences(x, m, tau0, 1);
}

/** Like Allan's, with both ends continued by odd reflection: steadier at long tau. */
export function totalDeviation(x: ArrayLike<number>, m: number, tau0 = 1): number {
  requireFactor(m);
  const n = x.length;
  if (n < 3) return Number.NaN;
  const at = (i: number): number => {
    if (i < 0) return 2 * (x[0] as number) - (x[-i] as number);
    if (i >= n) return 2 * (x[n - 1] as number) - (x[2 * (n - 1) - i] as number);
    return x[i] as number;
  };
  let sum = 0;
  for (let i = 1; i < n - 1; i++) sum += (at(i - m) - 2 * at(i) + at(i + m)) ** 2;
  return Math.sqrt(sum / (2 * (n - 2))) / (m * tau0);
}

/** Averaging factors 1, 2, 4, ... for which at least `terms` samples remain. */
export function octaves(n: number, terms = 4): number[] {
  const factors: number[] = [];
  for (let m = 1; 3 * m + terms <= n; m *= 2) factors.push(m);
  return factors;
}
