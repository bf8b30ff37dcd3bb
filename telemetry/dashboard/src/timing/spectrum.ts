/** The spectrum of when nonces come, against pure chance. */

/** Width of a count, ms: frequencies up to 200 Hz, past the mains and its first harmonics. */
export const BIN_MS = 2.5;
const LENGTHS = [16_384, 8192, 4096] as const;
/** Chance that the highest of all frequencies of a Poisson process lies above the line. */
export const ALPHA = 0.01;

export interface Spectrum {
  readonly hz: Float64Array;
  /** |transform|^2 over the number of events: 1 on average for a Poisson process, at every frequency. */
  readonly power: Float64Array;
  /** What the highest of all these frequencies exceeds in one of a hundred Poisson processes. */
  readonly line: number;
  readonly peak: { readonly hz: number; readonly power: number; readonly significant: boolean };
  readonly seconds: number;
}

/**
 * Of events at ascending times, ms: the last 41, 20 or 10 s, as far as they go back. Each power is exponentially distributed with mean 1 if the events
 * are a Poisson process, so the highest of K exceeds -ln(1 - (1 - alpha)^(1/K)) with probability alpha. null with less than 10 s or 100 events.
 */
export function spectrumOf(timesMs: Float64Array): Spectrum | null {
  const last = timesMs.at(-1);
  const first = timesMs[0];
  if (last === undefined || first === undefined) return null;
  const length = LENGTHS.find((bins) => bins * BIN_MS <= last - first);
  if (length === undefined) return null;
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  const from = last - length * BIN_MS;
  let events = 0;
  for (let i = timesMs.length - 1; i >= 0 && (timesMs[i] as number) > from; i--) {
    const bin = Math.min(length - 1, Math.floor(((timesMs[i] as number) - from) / BIN_MS));
    re[bin] = (re[bin] as number) + 1;
    events++;
  }
  if (events < 100) return null;
  transform(re, im);
  const count = length / 2 - 1;
  const hz = Float64Array.from({ length: count }, (_, k) => ((k + 1) * 1000) / (length * BIN_MS));
  const power = hz.map((_, k) => ((re[k + 1] as number) ** 2 + (im[k + 1] as number) ** 2) / events);
  const line = significanceLine(count);
  let top = 0;
  for (let k = 1; k < count; k++) if ((power[k] as number) > (power[top] as number)) top = k;
  const highest = power[top] as number;
  return {
    hz,
    power,
    line,
    peak: { hz: hz[top] as number, power: highest, significant: highest > line },
    seconds: (length * BIN_MS) / 1000,
  };
}

export function significanceLine(frequencies: number): number {
  return -Math.log(-Math.expm1(Math.log1p(-ALPHA) / frequencies));
}

/** The highest power within each of `points` equal parts: a narrow line must not get lost between pixels. */
export function highestOf({ hz, power }: Spectrum, points: number): { hz: number[]; power: number[] } {
  const step = Math.max(1, Math.ceil(power.length / points));
  const pooled = { hz: [] as number[], power: [] as number[] };
  for (let from = 0; from < power.length; from += step) {
    let top = from;
    for (let k = from; k < Math.min(power.length, from + step); k++) if ((power[k] as number) > (power[top] as number)) top = k;
    pooled.hz.push(hz[top] as number);
    pooled.power.push(power[top] as number);
  }
  return pooled;
}

/** Discrete Fourier transform in place; the length is a power of two. Cooley and Tukey, decimation in time. */
export function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j] as number, re[i] as number];
    [im[i], im[j]] = [im[j] as number, im[i] as number];
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let at = k; at < n; at += size) {
        const to = at + half;
        const x = (re[to] as number) * c - (im[to] as number) * s;
        const y = (re[to] as number) * s + (im[to] as number) * c;
        re[to] = (re[at] as number) - x;
        im[to] = (im[at] as number) - y;
        re[at] = (re[at] as number) + x;
        im[at] = (im[at] as number) + y;
      }
    }
  }
}
