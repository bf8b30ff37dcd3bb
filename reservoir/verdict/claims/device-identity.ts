/** Has a device a signature of its own? CLAIMS K 5: energy distance and single features between devices against labels exchanged within sessions, and the error of telling devices apart. */
import { type Random, splitmix64 } from "../../../common/random.ts";
import { type Fingerprint, fingerprint, type Response } from "../../statistics/fingerprint.ts";
import { monteCarloP } from "../../statistics/monte-carlo.ts";
import type { Answer } from "../gate/conclusion.ts";

export interface Recorded extends Response {
  /** Nominal temperature of the session, degrees Celsius. */
  readonly temperatureC: number;
}

export interface DeviceIdentity {
  readonly fingerprint: Fingerprint;
  /** Mean energy distance between two devices' responses, features scaled to unit variance; 0 for equal laws. */
  readonly energyDistance: number;
  readonly energyP: number;
  /** Features whose devices differ, Bonferroni over the features. */
  readonly features: readonly { readonly feature: number; readonly pValue: number; readonly adjusted: number }[];
  /** What the recordings lack for a claim; empty when they suffice. */
  readonly missing: readonly string[];
  /** Of the claim that the device has a signature. */
  readonly answer: Answer;
}

const LEAST = { devices: 5, sessions: 3, temperatures: 2 } as const;
const ALPHA = 0.01;
/** An error of half is none, and one this near to it is worth nothing. */
const USELESS_ERROR = 0.4;

/** ScienceError NO_DATA as `fingerprint`. */
export function deviceIdentity(responses: readonly Recorded[], { draws = 499, seed = 1 } = {}): DeviceIdentity {
  const whole = fingerprint(responses, { draws, seed });
  const points = standardised(responses);
  const labels = responses.map(({ device }) => device);
  const features = (responses[0] as Recorded).values.length;
  const between = energyOf(points);
  const singles = Array.from({ length: features }, (_, feature) => varianceBetween(responses, points, feature));
  const random = splitmix64(seed + 1);
  const energyNulls: number[] = [];
  const featureNulls = singles.map((): number[] => []);
  for (let draw = 0; draw < draws; draw++) {
    const exchanged = withinSessions(responses, random);
    energyNulls.push(between(exchanged));
    singles.forEach((of, feature) => {
      (featureNulls[feature] as number[]).push(of(exchanged));
    });
  }
  const energyDistance = between(labels);
  const energyP = monteCarloP(energyDistance, energyNulls);
  const missing = lacking(responses);
  return {
    fingerprint: whole,
    energyDistance,
    energyP,
    features: singles.map((of, feature) => {
      const pValue = monteCarloP(of(labels), featureNulls[feature] as number[]);
      return { feature, pValue, adjusted: Math.min(1, pValue * features) };
    }),
    missing,
    answer: answerOf(whole, energyP, missing),
  };
}

function answerOf({ interval, pValue }: Fingerprint, energyP: number, missing: readonly string[]): Answer {
  if (missing.length > 0) return "not testable with these data";
  if (pValue < ALPHA && energyP < ALPHA) return "reproduced";
  return interval[0] > USELESS_ERROR ? "refuted" : "not testable with these data";
}

function lacking(responses: readonly Recorded[]): string[] {
  const count = (of: (one: Recorded) => unknown) => new Set(responses.map(of)).size;
  const devices = count(({ device }) => device);
  const temperatures = count(({ temperatureC }) => temperatureC);
  const fewest = Math.min(
    ...[...new Set(responses.map(({ device }) => device))].map(
      (device) => new Set(responses.filter((one) => one.device === device).map(({ session }) => session)).size,
    ),
  );
  return [
    ...(devices < LEAST.devices ? [`${devices} devices of ${LEAST.devices}`] : []),
    ...(fewest < LEAST.sessions ? [`${fewest} sessions of ${LEAST.sessions} on some device`] : []),
    ...(temperatures < LEAST.temperatures ? [`${temperatures} temperature of ${LEAST.temperatures}`] : []),
  ];
}

/** Each feature less its mean over the session, so that what a session shares tells no devices apart, at unit variance. */
function standardised(responses: readonly Recorded[]): Float64Array[] {
  const length = (responses[0] as Recorded).values.length;
  const points = responses.map(() => new Float64Array(length));
  for (let feature = 0; feature < length; feature++) {
    const centred = responses.map((one) => {
      const session = responses.filter(({ session }) => session === one.session).map(({ values }) => values[feature] as number);
      return (one.values[feature] as number) - session.reduce((sum, value) => sum + value, 0) / session.length;
    });
    const scale = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / centred.length) || Number.POSITIVE_INFINITY;
    centred.forEach((value, row) => {
      (points[row] as Float64Array)[feature] = value / scale;
    });
  }
  return points;
}

/** Mean over pairs of devices of 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Szekely, Rizzo 2013), as a function of the labels. */
function energyOf(points: readonly Float64Array[]): (labels: readonly string[]) => number {
  const n = points.length;
  const distance = new Float64Array(n * n);
  for (let a = 0; a < n; a++)
    for (let b = 0; b < n; b++) {
      const [p, q] = [points[a] as Float64Array, points[b] as Float64Array];
      distance[a * n + b] = Math.sqrt(p.reduce((sum, value, i) => sum + (value - (q[i] as number)) ** 2, 0));
    }
  return (labels) => {
    const rows = new Map<string, number[]>();
    labels.forEach((label, row) => {
      rows.set(label, [...(rows.get(label) ?? []), row]);
    });
    const groups = [...rows.values()];
    const mean = (a: readonly number[], b: readonly number[]) => {
      let sum = 0;
      for (const i of a) for (const j of b) sum += distance[i * n + j] as number;
      return sum / (a.length * b.length);
    };
    const own = groups.map((group) => mean(group, group));
    let [total, pairs] = [0, 0];
    for (let a = 0; a < groups.length; a++)
      for (let b = a + 1; b < groups.length; b++, pairs++)
        total += 2 * mean(groups[a] as number[], groups[b] as number[]) - (own[a] as number) - (own[b] as number);
    return total / pairs;
  };
}

/** Variance of one feature's device means, as a function of the labels. */
function varianceBetween(responses: readonly Recorded[], points: readonly Float64Array[], feature: number) {
  return (labels: readonly string[]): number => {
    const sums = new Map<string, { sum: number; count: number }>();
    for (let row = 0; row < responses.length; row++) {
      const at = sums.get(labels[row] as string) ?? { sum: 0, count: 0 };
      sums.set(labels[row] as string, { sum: at.sum + ((points[row] as Float64Array)[feature] as number), count: at.count + 1 });
    }
    return [...sums.values()].reduce((total, { sum, count }) => total + (sum * sum) / count, 0);
  };
}

/** Labels changed hands among the responses of each session. */
function withinSessions(responses: readonly Recorded[], random: Random): string[] {
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
