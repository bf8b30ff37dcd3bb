/** Recurrence quantification of a series (Marwan et al. 2007): how often, and for how long, it comes back to where it was. */
import { ScienceError } from "../../common/errors.ts";
import { doubles, requireFinite, statisticsKernels } from "./kernels.ts";

export interface Recurrence {
  /** Share of pairs of states that are near each other: set by `neighbours`, so that series of different scale compare. */
  readonly rate: number;
  /** Share of those on diagonal lines of two or more: stretches that repeat. */
  readonly determinism: number;
  /** Mean and longest of those lines, in steps. */
  readonly meanLine: number;
  readonly longestLine: number;
  /** Share on vertical lines of two or more: standing still. */
  readonly laminarity: number;
  /** Distance that counted as near. */
  readonly radius: number;
}

export interface RecurrenceSettings {
  /** Values in a state, and steps between them. */
  readonly dimension?: number;
  readonly delay?: number;
  /** Share of pairs that shall count as near. */
  readonly share?: number;
}

const LEAST_LINE = 2;

/** Maximum norm; the main diagonal does not count. Cost n^2: a few thousand values. ScienceError NO_DATA below 20 states, BAD_VALUES. */
export function recurrence(x: ArrayLike<number>, { dimension = 3, delay = 1, share = 0.05 }: RecurrenceSettings = {}): Recurrence {
  const n = x.length - (dimension - 1) * delay;
  if (n < 20) throw new ScienceError("NO_DATA", `${Math.max(0, n)} states do not recur.`, "Collect more data.", { n });
  requireFinite("Value", x);
  const pairs = (n * (n - 1)) / 2;
  const rank = Math.max(0, Math.floor(share * pairs) - 1);
  const native = statisticsKernels();
  if (native !== null) {
    const out = new Float64Array(6);
    native.recurrence(doubles(x), dimension, delay, rank, LEAST_LINE, out);
    const [radius, points, onDiagonals, lines, longest, onVerticals] = out as unknown as [number, number, number, number, number, number];
    return measuresOf(pairs, { radius, points, onDiagonals, lines, longest, onVerticals });
  }
  const distance = (i: number, j: number): number => {
    let largest = 0;
    for (let k = 0; k < dimension; k++) largest = Math.max(largest, Math.abs((x[i + k * delay] as number) - (x[j + k * delay] as number)));
    return largest;
  };
  const all = new Float64Array(pairs);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) all[at++] = distance(i, j);
  const radius = all.sort()[rank] as number;
  const near = (i: number, j: number): boolean => distance(i, j) <= radius;
  let [points, onDiagonals, lines, longest] = [0, 0, 0, 0];
  for (let lag = 1; lag < n; lag++) {
    let run = 0;
    for (let i = 0; i + lag <= n; i++) {
      if (i + lag < n && near(i, i + lag)) {
        run++;
        points++;
        continue;
      }
      if (run >= LEAST_LINE) {
        onDiagonals += run;
        lines++;
        longest = Math.max(longest, run);
      }
      run = 0;
    }
  }
  // Columns of the whole matrix: on both sides of the main diagonal, which ends a line.
  let onVerticals = 0;
  for (let i = 0; i < n; i++) {
    let run = 0;
    for (let j = 0; j <= n; j++) {
      if (j < n && j !== i && near(i, j)) run++;
      else {
        if (run >= LEAST_LINE) onVerticals += run;
        run = 0;
      }
    }
  }
  return measuresOf(pairs, { radius, points, onDiagonals, lines, longest, onVerticals });
}

interface RecurrenceSums {
  readonly radius: number;
  readonly points: number;
  readonly onDiagonals: number;
  readonly lines: number;
  readonly longest: number;
  readonly onVerticals: number;
}

function measuresOf(pairs: number, { radius, points, onDiagonals, lines, longest, onVerticals }: RecurrenceSums): Recurrence {
  return {
    rate: points / pairs,
    determinism: points > 0 ? onDiagonals / points : 0,
    meanLine: lines > 0 ? onDiagonals / lines : 0,
    longestLine: longest,
    // Every point is there twice, above and below the diagonal.
    laminarity: points > 0 ? onVerticals / (2 * points) : 0,
    radius,
  };
}
