/** For each planted effect the simplest test that knows what to look for: p-values by permutation, exact whatever the distribution. */
import type { Random } from "../../common/random.ts";
import type { EffectName } from "../../twin/planted/spec.ts";
import type { DriveStep } from "./planted-recording.ts";

/** Nonces of a recording that have a residual, in order of time. */
export interface Observed {
  readonly tNs: readonly number[];
  readonly chip: readonly number[];
  readonly core: readonly number[];
  /** log2 of difficulty over the one asked for, 0 or more. */
  readonly excess: readonly number[];
  readonly residualNs: readonly number[];
  readonly drive: readonly DriveStep[];
}

/** What a test found: the size of the effect as it sees it, and a p-value that is uniform when there is none. */
export interface Found {
  readonly size: number;
  readonly p: number;
}

const SHUFFLES = 99;

/** Ties are broken at random, so that p is exactly uniform under the null. */
function permutationP(observed: number, draw: () => number, random: Random): number {
  let above = 0;
  let ties = 1;
  for (let i = 0; i < SHUFFLES; i++) {
    const value = draw();
    if (value > observed) above++;
    else if (value === observed) ties++;
  }
  return (above + random.next() * ties) / (SHUFFLES + 1);
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const out = values.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

export function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [(a[i] as number) - ma, (b[i] as number) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

function correlates(signal: readonly number[], residuals: readonly number[], random: Random): Found {
  const size = correlation(signal, residuals);
  return { size, p: permutationP(Math.abs(size), () => Math.abs(correlation(signal, shuffled(residuals, random))), random) };
}

/** The drive through one pole, at each time. */
function poleAt(times: readonly number[], drive: readonly DriveStep[], tauS: number): number[] {
  let [state, step] = [0, 0];
  let sinceNs = drive[0]?.tNs ?? 0;
  const input = (at: number) => 2 * ((drive[at] as DriveStep).u - 0.5);
  const settle = (tNs: number) => {
    const decay = Math.exp(-(tNs - sinceNs) / 1e9 / tauS);
    return decay * state + (1 - decay) * input(step);
  };
  return times.map((tNs) => {
    while (step + 1 < drive.length && (drive[step + 1] as DriveStep).tNs <= tNs) {
      const nextNs = (drive[step + 1] as DriveStep).tNs;
      state = settle(nextNs);
      sinceNs = nextNs;
      step++;
    }
    return settle(tNs);
  });
}

/** The leaky sum of the steps before the one that holds each time. */
function kernelAt(times: readonly number[], drive: readonly DriveStep[], leak: number): number[] {
  const sums = [0];
  for (const { u } of drive) sums.push(leak * (sums.at(-1) as number) + (2 * u - 1));
  const firstNs = drive[0]?.tNs ?? 0;
  return times.map((tNs) => sums[Math.min(drive.length - 1, Math.floor((tNs - firstNs) / 0.5e9))] as number);
}

function lineOf(times: readonly number[], weights: readonly number[], hz: number): number {
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  let [re, im] = [0, 0];
  for (let i = 0; i < times.length; i++) {
    const angle = 2 * Math.PI * hz * ((times[i] as number) / 1e9);
    re += ((weights[i] as number) - mean) * Math.cos(angle);
    im += ((weights[i] as number) - mean) * Math.sin(angle);
  }
  return re * re + im * im;
}

/** Size: amplitude over the deviation; 0.71 times it is the correlation with a sine. */
function timingLineTest({ tNs, residualNs }: Observed, random: Random): Found {
  const power = lineOf(tNs, residualNs, 2.4);
  const mean = residualNs.reduce((sum, r) => sum + r, 0) / residualNs.length;
  const variance = residualNs.reduce((sum, r) => sum + (r - mean) ** 2, 0) / residualNs.length;
  return {
    size: Math.sqrt((4 * power) / variance) / residualNs.length,
    p: permutationP(power, () => lineOf(tNs, shuffled(residualNs, random), 2.4), random),
  };
}

/** Size: depth of the modulation of the rate. */
function rateLineTest({ tNs }: Observed, random: Random): Found {
  const gaps = tNs.slice(1).map((t, i) => t - (tNs[i] as number));
  const power = (times: readonly number[]) => {
    let [re, im] = [0, 0];
    for (const t of times) {
      re += Math.cos((2 * Math.PI * 2.4 * t) / 1e9);
      im += Math.sin((2 * Math.PI * 2.4 * t) / 1e9);
    }
    return re * re + im * im;
  };
  const shuffledTimes = () => {
    let t = tNs[0] as number;
    return [t, ...shuffled(gaps, random).map((gap) => (t += gap))];
  };
  const observed = power(tNs);
  return { size: (2 * Math.sqrt(observed)) / tNs.length, p: permutationP(observed, () => power(shuffledTimes()), random) };
}

/** Size: mean correlation of neighbours' means over one second. */
function couplingTest({ tNs, chip, residualNs }: Observed, random: Random): Found {
  const firstS = Math.ceil((tNs[0] as number) / 1e9);
  const seconds = Math.floor((tNs.at(-1) as number) / 1e9) - firstS;
  const chips = chip.reduce((most, c) => Math.max(most, c), 0) + 1;
  const sums = Array.from({ length: chips }, () => Array.from({ length: seconds }, () => [0, 0] as [number, number]));
  tNs.forEach((t, i) => {
    const cell = sums[chip[i] as number]?.[Math.floor(t / 1e9) - firstS];
    if (cell === undefined) return;
    cell[0] += residualNs[i] as number;
    cell[1]++;
  });
  const means = sums.map((row) => row.map(([sum, n]) => (n === 0 ? 0 : sum / n)));
  const meanCorrelation = (rows: readonly (readonly number[])[]) =>
    rows.slice(1).reduce((sum, row, i) => sum + correlation(row, rows[i] as readonly number[]), 0) / (rows.length - 1);
  const size = meanCorrelation(means);
  const draw = () => Math.abs(meanCorrelation(means.map((row) => shuffled(row, random))));
  return { size, p: permutationP(Math.abs(size), draw, random) };
}

/** Size: root of the share of variance that lies between cores, less what chance puts there. */
function fingerprintTest({ chip, core, residualNs }: Observed, random: Random): Found {
  const places = chip.map((c, i) => c * 128 + (core[i] as number));
  const index = new Map([...new Set(places)].map((place, i) => [place, i]));
  const groups = places.map((place) => index.get(place) as number);
  const n = residualNs.length;
  const total = residualNs.reduce((sum, r) => sum + r, 0) / n;
  const within = residualNs.reduce((sum, r) => sum + (r - total) ** 2, 0);
  const between = (values: readonly number[]) => {
    const sums = new Float64Array(index.size);
    const counts = new Float64Array(index.size);
    for (let i = 0; i < n; i++) {
      sums[groups[i] as number] = (sums[groups[i] as number] as number) + (values[i] as number) - total;
      counts[groups[i] as number] = (counts[groups[i] as number] as number) + 1;
    }
    return sums.reduce((sum, s, g) => sum + (s * s) / (counts[g] as number), 0);
  };
  const share = between(residualNs) / within;
  const chance = (index.size - 1) / (n - 1);
  return {
    size: Math.sqrt(Math.max(0, (share - chance) / (1 - chance))),
    p: permutationP(share, () => between(shuffled(residualNs, random)) / within, random),
  };
}

/** Size: difference of the share of winners after a long delay and after a short one, over its mean. */
function earlyAbortTest({ chip, excess, residualNs }: Observed, random: Random): Found {
  const last = new Map<number, number>();
  const before: number[] = [];
  const winner: number[] = [];
  residualNs.forEach((residual, i) => {
    const former = last.get(chip[i] as number);
    if (former !== undefined) {
      before.push(former);
      winner.push((excess[i] as number) >= 2 ? 1 : 0);
    }
    last.set(chip[i] as number, residual);
  });
  const middle = before.toSorted((a, b) => a - b)[Math.floor(before.length / 2)] as number;
  const share = (high: boolean) => {
    const picked = winner.filter((_, i) => (before[i] as number) >= middle === high);
    return picked.reduce((sum, w) => sum + w, 0) / picked.length;
  };
  const { p } = correlates(before, winner, random);
  return { size: (share(true) - share(false)) / (share(true) + share(false)), p };
}

/** The test for an effect's kind, with the parameter's default. */
export function matchedTest(effect: EffectName, kind: string, observed: Observed, random: Random): Found {
  const { tNs, drive, residualNs, excess } = observed;
  switch (effect) {
    case "memory":
      return correlates(kind === "thermal" ? poleAt(tNs, drive, 3) : kernelAt(tNs, drive, 0.6), residualNs, random);
    case "line":
      return kind === "timing" ? timingLineTest(observed, random) : rateLineTest(observed, random);
    case "leakage":
      return correlates(excess, residualNs, random);
    case "coupling":
      return couplingTest(observed, random);
    case "fingerprint":
      return fingerprintTest(observed, random);
    case "early-abort":
      return earlyAbortTest(observed, random);
  }
}
