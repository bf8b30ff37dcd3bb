/** Do devices have fingerprints? Distances of repeated responses within a device against those between devices. CLAIMS I, K 5 */
import { ScienceError } from "../../common/errors.ts";
import { type Random, splitmix64 } from "../../common/random.ts";
import { requireFinite } from "./kernels.ts";
import { monteCarloP } from "./monte-carlo.ts";

/** One response: features in a fixed order. */
export interface Response {
  readonly device: string;
  readonly session: string;
  readonly values: Float64Array;
}

export interface Fingerprint {
  readonly devices: number;
  readonly responses: number;
  /** Mean distance of responses of one device from different sessions, and of different devices. */
  readonly intra: number;
  readonly inter: number;
  /** Threshold at which as many strangers are taken for the device as the device is refused, and that share. 0.5: no fingerprint. */
  readonly equalErrorRate: number;
  /** 95 % by resampling devices. */
  readonly interval: readonly [number, number];
  /** Device labels shuffled among sessions: the chance of so low an error without fingerprints. */
  readonly pValue: number;
}

const LEAST_DEVICES = 2;

/** Share of positions in which two rows of bits differ, for responses of 0 and 1. ScienceError NO_DATA when there are none, or lengths differ. */
export function hamming(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length === 0 || a.length !== b.length)
    throw new ScienceError("NO_DATA", `Responses of ${a.length} and ${b.length} bits have no distance.`, "Compare the same bits.");
  let differ = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) differ++;
  return differ / a.length;
}

/** Euclidean, after each feature was scaled to unit variance over all responses. */
function scaled(responses: readonly Response[]): Float64Array[] {
  const columns = (responses[0] as Response).values.length;
  const scale = Float64Array.from({ length: columns }, (_, column) => {
    const values = responses.map(({ values }) => values[column] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || Number.POSITIVE_INFINITY;
  });
  return responses.map(({ values }) => values.map((value, column) => value / (scale[column] as number)));
}

interface Pair {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/**
 * Pairs within a device count only across sessions: within one, the session itself is the fingerprint. ScienceError NO_DATA below two devices, when no
 * device has two sessions, or when responses differ in length.
 */
export function fingerprint(responses: readonly Response[], { draws = 499, seed = 1 } = {}): Fingerprint {
  const devices = [...new Set(responses.map(({ device }) => device))];
  const length = responses[0]?.values.length ?? 0;
  if (devices.length < LEAST_DEVICES || responses.some(({ values }) => values.length !== length || length === 0))
    throw new ScienceError(
      "NO_DATA",
      `${devices.length} devices are too few to tell apart.`,
      "Record several devices, sessions and temperatures.",
    );
  const points = scaled(responses);
  const pairs: Pair[] = [];
  for (let a = 0; a < responses.length; a++)
    for (let b = a + 1; b < responses.length; b++) {
      if (responses[a]?.session === responses[b]?.session) continue;
      let sum = 0;
      const [p, q] = [points[a] as Float64Array, points[b] as Float64Array];
      for (let i = 0; i < length; i++) sum += ((p[i] as number) - (q[i] as number)) ** 2;
      pairs.push({ a, b, distance: Math.sqrt(sum) });
    }
  const labels = responses.map(({ device }) => device);
  const own = split(pairs, labels);
  if (own.intra.length === 0)
    throw new ScienceError(
      "NO_DATA",
      "No device was recorded in two sessions.",
      "Repeat the recording after a restart, at another temperature.",
    );
  const random = splitmix64(seed);
  const error = equalErrorRate(own.intra, own.inter);
  const nulls = Float64Array.from({ length: draws }, () => {
    const { intra, inter } = split(pairs, shuffledWithinSessions(responses, random));
    return intra.length > 0 && inter.length > 0 ? -equalErrorRate(intra, inter) : -0.5;
  });
  const resampled = Float64Array.from({ length: draws }, () => resampledError(pairs, labels, devices, random)).sort();
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    devices: devices.length,
    responses: responses.length,
    intra: mean(own.intra),
    inter: mean(own.inter),
    equalErrorRate: error,
    interval: [resampled[Math.floor(0.025 * draws)] as number, resampled[Math.floor(0.975 * draws)] as number],
    pValue: monteCarloP(-error, nulls),
  };
}

function split(pairs: readonly Pair[], labels: readonly string[]): { intra: number[]; inter: number[] } {
  const intra: number[] = [];
  const inter: number[] = [];
  for (const { a, b, distance } of pairs) (labels[a] === labels[b] ? intra : inter).push(distance);
  return { intra, inter };
}

/** Error at the threshold where false acceptance and false rejection are nearest. ScienceError NO_DATA without distances of both kinds, BAD_VALUES. */
export function equalErrorRate(intra: readonly number[], inter: readonly number[]): number {
  if (intra.length === 0 || inter.length === 0)
    throw new ScienceError(
      "NO_DATA",
      `${intra.length} distances within and ${inter.length} between devices have no threshold.`,
      "Record more.",
    );
  requireFinite("Distance", intra);
  requireFinite("Distance", inter);
  const steps = [...new Set([...intra, ...inter])].sort((a, b) => a - b);
  const [within, between] = [intra.toSorted((a, b) => a - b), inter.toSorted((a, b) => a - b)];
  let [best, error] = [Number.POSITIVE_INFINITY, 0.5];
  let [i, j] = [0, 0];
  for (const threshold of steps) {
    while (i < within.length && (within[i] as number) <= threshold) i++;
    while (j < between.length && (between[j] as number) <= threshold) j++;
    const refused = 1 - i / within.length;
    const taken = j / between.length;
    if (Math.abs(refused - taken) < best) [best, error] = [Math.abs(refused - taken), (refused + taken) / 2];
  }
  return error;
}

/** Labels changed hands among the responses of each session. */
function shuffledWithinSessions(responses: readonly Response[], random: Random): string[] {
  const labels = responses.map(({ device }) => device);
  for (const session of new Set(responses.map((one) => one.session))) {
    const rows = responses.flatMap((one, row) => (one.session === session ? [row] : []));
    for (let i = rows.length - 1; i > 0; i--) {
      const j = Math.floor(random.next() * (i + 1));
      const [a, b] = [rows[i] as number, rows[j] as number];
      [labels[a], labels[b]] = [labels[b] as string, labels[a] as string];
    }
  }
  return labels;
}

function resampledError(pairs: readonly Pair[], labels: readonly string[], devices: readonly string[], random: Random): number {
  const drawn = new Map<string, number>();
  for (let i = 0; i < devices.length; i++) {
    const device = devices[Math.floor(random.next() * devices.length)] as string;
    drawn.set(device, (drawn.get(device) ?? 0) + 1);
  }
  const intra: number[] = [];
  const inter: number[] = [];
  for (const { a, b, distance } of pairs) {
    const times = (drawn.get(labels[a] as string) ?? 0) * (drawn.get(labels[b] as string) ?? 0);
    if (times === 0) continue;
    (labels[a] === labels[b] ? intra : inter).push(distance);
  }
  return intra.length > 0 && inter.length > 0 ? equalErrorRate(intra, inter) : 0.5;
}
