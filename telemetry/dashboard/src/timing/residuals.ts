/** How the residuals are distributed. */

export interface ResidualHistogram {
  /** Left edges, ms, and how many residuals lie from each to the next. */
  readonly edgeMs: readonly number[];
  readonly count: readonly number[];
  readonly medianMs: number;
  /** Quartiles' distance over 1.349: the standard deviation, were they normal. */
  readonly spreadMs: number;
  readonly n: number;
  /** Beyond the ends of the histogram. */
  readonly beyond: number;
}

const BINS = 48;
/** Ends of the histogram: one residual in a hundred is beyond each, so that a single one does not squeeze the rest into a line. */
const ENDS = 0.01;
/** Quantiles are taken from about so many: enough for a picture. */
const LOOKED_AT = 8000;

/** Of the finite ones; null with fewer than 50, or when all are one. */
export function residualHistogram(residualMs: Float64Array): ResidualHistogram | null {
  const finite = residualMs.filter(Number.isFinite);
  if (finite.length < 50) return null;
  const stride = Math.max(1, Math.floor(finite.length / LOOKED_AT));
  const sorted = finite.filter((_, i) => i % stride === 0).sort();
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))] as number;
  const [low, high] = [at(ENDS), at(1 - ENDS)];
  if (!(high > low)) return null;
  const width = (high - low) / BINS;
  const count = new Array<number>(BINS).fill(0);
  let beyond = 0;
  for (const residual of finite) {
    if (residual < low || residual > high) {
      beyond++;
      continue;
    }
    const bin = Math.min(BINS - 1, Math.floor((residual - low) / width));
    count[bin] = (count[bin] as number) + 1;
  }
  return {
    edgeMs: count.map((_, bin) => low + bin * width),
    count,
    medianMs: at(0.5),
    spreadMs: (at(0.75) - at(0.25)) / 1.349,
    n: finite.length,
    beyond,
  };
}
