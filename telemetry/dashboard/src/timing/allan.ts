/** Allan's deviation of the nonces' residuals: over which times the chip's clock and its jobs' starts wander. */

/** Width over which residuals are averaged, s. */
export const TAU0_S = 0.1;
const LEAST_SAMPLES = 16;

export interface Allan {
  readonly tauS: readonly number[];
  /** Overlapping Allan deviation, of the fractional frequency (NIST SP 1065). */
  readonly deviation: readonly number[];
  /** What the spread of the nonces within each 0.1 s alone would give: white phase noise, falling as 1 / tau. */
  readonly jitterAlone: readonly number[];
}

/**
 * `residualMs` at ascending `timesMs`; those that are not finite do not count. Parts of TAU0_S without a residual break the differences they belong to.
 * null with fewer than 16 parts.
 */
export function allanOf(timesMs: Float64Array, residualMs: Float64Array): Allan | null {
  const { phaseS, variance } = phase(timesMs, residualMs);
  if (phaseS.length < LEAST_SAMPLES || !Number.isFinite(variance)) return null;
  const tauS: number[] = [];
  const deviation: number[] = [];
  const jitterAlone: number[] = [];
  for (let m = 1; 4 * m <= phaseS.length; m *= 2) {
    const value = overlapping(phaseS, m);
    if (!(value > 0)) continue;
    const tau = m * TAU0_S;
    tauS.push(tau);
    deviation.push(value);
    jitterAlone.push(Math.sqrt(3 * variance) / tau);
  }
  return tauS.length < 2 ? null : { tauS, deviation, jitterAlone };
}

/** Mean residual of each part, s (NaN: none), and the mean variance of such a mean by the spread within the parts, s^2. */
function phase(timesMs: Float64Array, residualMs: Float64Array): { phaseS: Float64Array; variance: number } {
  const first = timesMs[0] ?? 0;
  const parts = timesMs.length === 0 ? 0 : Math.floor(((timesMs.at(-1) as number) - first) / (1000 * TAU0_S));
  const [n, sum, squares] = [new Float64Array(parts), new Float64Array(parts), new Float64Array(parts)];
  for (const [i, residual] of residualMs.entries()) {
    const part = Math.floor(((timesMs[i] as number) - first) / (1000 * TAU0_S));
    if (part >= parts || !Number.isFinite(residual)) continue;
    const x = residual / 1000;
    n[part] = (n[part] as number) + 1;
    sum[part] = (sum[part] as number) + x;
    squares[part] = (squares[part] as number) + x * x;
  }
  const phaseS = n.map((count, part) => (sum[part] as number) / count);
  let total = 0;
  let counted = 0;
  for (const [part, count] of n.entries()) {
    if (count < 2) continue;
    const mean = phaseS[part] as number;
    total += Math.max(0, (squares[part] as number) / count - mean * mean) / (count - 1);
    counted++;
  }
  return { phaseS, variance: total / counted };
}

/** Root of half the mean squared second difference over m samples, over tau. */
function overlapping(phaseS: Float64Array, m: number): number {
  let sum = 0;
  let terms = 0;
  for (let i = 0; i + 2 * m < phaseS.length; i++) {
    const difference = (phaseS[i + 2 * m] as number) - 2 * (phaseS[i + m] as number) + (phaseS[i] as number);
    if (!Number.isFinite(difference)) continue;
    sum += difference * difference;
    terms++;
  }
  return Math.sqrt(sum / terms / 2) / (m * TAU0_S);
}
