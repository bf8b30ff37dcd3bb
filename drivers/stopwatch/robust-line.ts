/** A straight line through points of which some are far off, with standard errors that know which points share an error. */

export interface Line {
  /** y where x is 0. */
  readonly offset: number;
  readonly slope: number;
  readonly offsetSe: number;
  readonly slopeSe: number;
  /** Robust standard deviation of the points about the line. */
  readonly scale: number;
  /** Points, and those so far off that they had no say. */
  readonly n: number;
  readonly outliers: number;
  /** Groups of points that share an error: what the standard errors count as independent. */
  readonly groups: number;
}

/** Tukey's bisquare: efficiency 0.95 for normal errors (Maronna, Martin, Yohai 2006, section 2.2). */
const BISQUARE = 4.685;
/** Median absolute deviation of a normal distribution, in standard deviations. */
const MAD_OF_NORMAL = 0.6744897501960817;
const ITERATIONS = 50;

/** The middle value; the mean of the two middle ones when there are two. NaN of nothing. Sorts `values` in place. */
export function medianInPlace(values: Float64Array): number {
  const n = values.length;
  if (n === 0) return Number.NaN;
  values.sort();
  const high = values[n >> 1] as number;
  return n % 2 === 1 ? high : ((values[(n >> 1) - 1] as number) + high) / 2;
}

/**
 * Line by an M-estimator (Tukey's bisquare, started from the median slope between the lower and the upper half of the points), standard
 * errors by the sandwich over groups: points with the same `group` may share an error of any size, such as the start of their job. x, y:
 * n numbers each; `groups`: n labels. null when fewer than 8 points in fewer than 3 groups, or when all x are the same.
 */
export function robustLine(x: Float64Array, y: Float64Array, groups: ArrayLike<number>): Line | null {
  const n = x.length;
  const labels = new Map<number, number>();
  const groupOf = Uint32Array.from({ length: n }, (_, i) => {
    const label = groups[i] as number;
    const known = labels.get(label);
    if (known !== undefined) return known;
    labels.set(label, labels.size);
    return labels.size - 1;
  });
  if (n < 8 || labels.size < 3) return null;
  const centre = x.reduce((sum, value) => sum + value, 0) / n;
  const from = startingLine(x, y, centre);
  if (from === null) return null;
  let [level, slope] = from;
  const scale = scaleOf(x, y, centre, level, slope);
  const weights = new Float64Array(n);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    weigh(weights, x, y, centre, level, slope, scale);
    const next = weightedLine(x, y, centre, weights);
    if (next === null) return null;
    const moved = Math.abs(next[0] - level) + Math.abs(next[1] - slope) * (Math.abs(centre) + 1);
    [level, slope] = next;
    if (moved <= 1e-9 * scale) break;
  }
  const { levelVariance, slopeVariance, covariance } = sandwich(x, y, centre, level, slope, scale, groupOf, labels.size);
  return {
    offset: level - slope * centre,
    slope,
    offsetSe: Math.sqrt(Math.max(0, levelVariance - 2 * centre * covariance + centre * centre * slopeVariance)),
    slopeSe: Math.sqrt(slopeVariance),
    scale,
    n,
    outliers: weights.reduce((count, weight) => count + (weight === 0 ? 1 : 0), 0),
    groups: labels.size,
  };
}

/** Level at the mean x and slope, from medians alone: a quarter of the points may be anywhere. */
function startingLine(x: Float64Array, y: Float64Array, centre: number): [number, number] | null {
  const n = x.length;
  const order = Uint32Array.from(x, (_, i) => i).sort((a, b) => (x[a] as number) - (x[b] as number));
  const half = n >> 1;
  const slopes: number[] = [];
  for (let low = 0; low < half; low++) {
    const [a, b] = [order[low] as number, order[low + n - half] as number];
    const run = (x[b] as number) - (x[a] as number);
    if (run > 0) slopes.push(((y[b] as number) - (y[a] as number)) / run);
  }
  if (slopes.length === 0) return null;
  const slope = medianInPlace(Float64Array.from(slopes));
  return [medianInPlace(y.map((value, i) => value - slope * ((x[i] as number) - centre))), slope];
}

/** Never less than what rounding alone leaves of points on one line. */
function scaleOf(x: Float64Array, y: Float64Array, centre: number, level: number, slope: number): number {
  const off = y.map((value, i) => Math.abs(value - level - slope * ((x[i] as number) - centre)));
  const largest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.max(medianInPlace(off) / MAD_OF_NORMAL, 64 * Number.EPSILON * largest, Number.MIN_VALUE);
}

function weigh(w: Float64Array, x: Float64Array, y: Float64Array, centre: number, level: number, slope: number, scale: number): void {
  for (let i = 0; i < w.length; i++) {
    const off = (y[i] as number) - level - slope * ((x[i] as number) - centre);
    const t = off / (BISQUARE * scale);
    w[i] = Math.abs(t) < 1 ? (1 - t * t) ** 2 : 0;
  }
}

function weightedLine(x: Float64Array, y: Float64Array, centre: number, w: Float64Array): [number, number] | null {
  let [s, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < w.length; i++) {
    const weight = w[i] as number;
    const dx = (x[i] as number) - centre;
    s += weight;
    sx += weight * dx;
    sy += weight * (y[i] as number);
    sxx += weight * dx * dx;
    sxy += weight * dx * (y[i] as number);
  }
  const determinant = s * sxx - sx * sx;
  if (!(determinant > 0)) return null;
  const slope = (s * sxy - sx * sy) / determinant;
  return [(sy - slope * sx) / s, slope];
}

/**
 * Covariance of level and slope: A^-1 (sum over groups of g g') A^-1 with g the group's score, A the mean derivative of the score, and
 * the small-sample factor G/(G-1) (n-1)/(n-2) (Cameron, Miller 2015, section II.C).
 */
function sandwich(
  x: Float64Array,
  y: Float64Array,
  centre: number,
  level: number,
  slope: number,
  scale: number,
  groupOf: Uint32Array,
  groups: number,
): { levelVariance: number; slopeVariance: number; covariance: number } {
  let [a, b, c] = [0, 0, 0];
  const score0 = new Float64Array(groups);
  const score1 = new Float64Array(groups);
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] as number) - centre;
    const off = (y[i] as number) - level - slope * dx;
    const t = off / (BISQUARE * scale);
    if (Math.abs(t) >= 1) continue;
    const inside = 1 - t * t;
    const derivative = inside * (1 - 5 * t * t);
    a += derivative;
    b += derivative * dx;
    c += derivative * dx * dx;
    const group = groupOf[i] as number;
    score0[group] = (score0[group] as number) + off * inside * inside;
    score1[group] = (score1[group] as number) + off * inside * inside * dx;
  }
  let [m00, m01, m11] = [0, 0, 0];
  for (let g = 0; g < groups; g++) {
    const [s0, s1] = [score0[g] as number, score1[g] as number];
    m00 += s0 * s0;
    m01 += s0 * s1;
    m11 += s1 * s1;
  }
  const n = x.length;
  const factor = ((groups / (groups - 1)) * (n - 1)) / (n - 2) / (a * c - b * b) ** 2;
  return {
    levelVariance: factor * (c * c * m00 - 2 * b * c * m01 + b * b * m11),
    slopeVariance: factor * (b * b * m00 - 2 * a * b * m01 + a * a * m11),
    covariance: factor * (-b * c * m00 + (a * c + b * b) * m01 - a * b * m11),
  };
}
