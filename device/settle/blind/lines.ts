/** The strongest line anywhere in a band, in the residuals and in the rate, corrected for all frequencies looked at. */
import type { Observed } from "./observed.ts";

const LINE_HZ = [0.6, 10] as const;
/** Independent frequencies that a grid of quarters of a cycle amounts to, for each cycle of the record. */
const TRIALS_A_CYCLE = 3;

interface Sums {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

interface Grid {
  readonly stepHz: number;
  readonly count: number;
  readonly lengthS: number;
}

function gridOf(tS: Float64Array): Grid {
  const lengthS = (tS[tS.length - 1] as number) - (tS[0] as number);
  const stepHz = 1 / (4 * lengthS);
  return { stepHz, count: Math.floor((LINE_HZ[1] - LINE_HZ[0]) / stepHz) + 1, lengthS };
}

const hzAt = (k: number, { stepHz }: Grid) => LINE_HZ[0] + k * stepHz;

/** Sum of w e^(2 pi i f t) over the events, at every frequency of the grid. */
function sumsOver(times: ArrayLike<number>, weights: (event: number) => number, { stepHz, count }: Grid): Sums {
  const [re, im] = [new Float64Array(count), new Float64Array(count)];
  for (let event = 0; event < times.length; event++) {
    const [w, t] = [weights(event), times[event] as number];
    // One rotation for each step of the frequency: no sine inside the loop.
    const [c1, s1] = [Math.cos(2 * Math.PI * stepHz * t), Math.sin(2 * Math.PI * stepHz * t)];
    let [c, s] = [w * Math.cos(2 * Math.PI * LINE_HZ[0] * t), w * Math.sin(2 * Math.PI * LINE_HZ[0] * t)];
    for (let k = 0; k < count; k++) {
      re[k] = (re[k] as number) + c;
      im[k] = (im[k] as number) + s;
      const next = c * c1 - s * s1;
      s = c * s1 + s * c1;
      c = next;
    }
  }
  return { re, im };
}

/** p of the largest power, which is exponential with mean 1 where there is nothing. */
function peakP(most: number, { lengthS }: Grid): number {
  const trials = TRIALS_A_CYCLE * (LINE_HZ[1] - LINE_HZ[0]) * lengthS;
  return -Math.expm1(trials * Math.log1p(-Math.min(Math.exp(-most), 1 - 1e-16)));
}

export function lineInResiduals({ tS, residualNs }: Observed): number {
  const n = tS.length;
  const mean = residualNs.reduce((sum, value) => sum + value, 0) / n;
  const variance = residualNs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  if (!(variance > 0)) return 1;
  const grid = gridOf(tS);
  const { re, im } = sumsOver(tS, (i) => (residualNs[i] as number) - mean, grid);
  const most = re.reduce((high, value, k) => Math.max(high, value ** 2 + (im[k] as number) ** 2), 0) / (n * variance);
  return peakP(most, grid);
}

/** Half the width that a line of the steps themselves has, cycles of the record. */
const STEP_LINE_CYCLES = 3;

/**
 * What the drive explains is taken out: a rate that goes with u, step by step. Nonces around a change of clock have no residual and are not seen, which is a
 * line at the rate of the steps: those frequencies are left out.
 */
export function lineInRate({ tS, drive }: Observed, stepS: number): number {
  const n = tS.length;
  const grid = gridOf(tS);
  const firstS = drive[0]?.tS ?? 0;
  const steps = drive.filter(({ tS: at }) => at + stepS > (tS[0] as number) && at < (tS[n - 1] as number));
  const counts = new Map<number, number>();
  for (const at of tS) {
    const step = Math.floor((at - firstS) / stepS);
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const rows = steps.map(({ tS: at, u }) => ({ at, u, count: counts.get(Math.round((at - firstS) / stepS)) ?? 0 }));
  const { intercept, slope } = fitted(rows);
  const { re, im } = sumsOver(tS, () => 1, grid);
  // The expected nonces of each step lie evenly in it: a sum over its middle, times what a width of a step takes off.
  const expected = sumsOver(
    rows.map(({ at }) => at + stepS / 2),
    (i) => Math.max(0, intercept + slope * (rows[i]?.u ?? 0)),
    grid,
  );
  let most = 0;
  for (let k = 0; k < grid.count; k++) {
    const hz = hzAt(k, grid);
    const cycles = hz * stepS;
    if (Math.abs(cycles - Math.round(cycles)) < (STEP_LINE_CYCLES * stepS) / grid.lengthS) continue;
    const width = Math.sin(Math.PI * cycles) / (Math.PI * cycles);
    const [x, y] = [(re[k] as number) - width * (expected.re[k] as number), (im[k] as number) - width * (expected.im[k] as number)];
    most = Math.max(most, (x * x + y * y) / n);
  }
  return peakP(most, grid);
}

/** Counts of steps against the drive, by least squares. */
function fitted(rows: readonly { readonly u: number; readonly count: number }[]): { intercept: number; slope: number } {
  const mean = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0) / Math.max(1, rows.length);
  const [u, count] = [mean((row) => row.u), mean((row) => row.count)];
  const square = mean((row) => (row.u - u) ** 2);
  const slope = square > 0 ? mean((row) => (row.u - u) * (row.count - count)) / square : 0;
  return { intercept: count - slope * u, slope };
}
