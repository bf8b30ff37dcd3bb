/** Every timing statistic of a million events, against numpy and scipy scripts of the same definitions (peers/statistics.py). */
import { gaussian, splitmix64 } from "../common/random.ts";
import { loadAddon } from "../reservoir/native/addon.ts";
import { overlappingAllanDeviation } from "../reservoir/statistics/allan.ts";
import { blockBootstrapOfMean } from "../reservoir/statistics/block-bootstrap.ts";
import { coefficientOfVariation } from "../reservoir/statistics/coefficient-of-variation.ts";
import { dispersionOverScales } from "../reservoir/statistics/counts.ts";
import { poissonCvBand } from "../reservoir/statistics/cv-band.ts";
import { exponentialDistances } from "../reservoir/statistics/exponential-fit.ts";
import { harmonicSums } from "../reservoir/statistics/harmonic-sums.ts";
import { eventStatistics, fitDeadTimeOfEvents, intervalsOf } from "../reservoir/statistics/intervals.ts";
import { statisticsKernels, unfilled } from "../reservoir/statistics/kernels.ts";
import { lombScargle } from "../reservoir/statistics/lomb-scargle.ts";
import { multitaper } from "../reservoir/statistics/multitaper.ts";
import { nearestNeighbourInformation, pairCounts, tableInformation } from "../reservoir/statistics/mutual-information.ts";
import { ordinalPlane } from "../reservoir/statistics/ordinal.ts";
import { recurrence } from "../reservoir/statistics/recurrence.ts";
import { blockShuffled, iaaft, shuffled } from "../reservoir/statistics/surrogates.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";
import { StatisticsPeer } from "./peers/statistics.ts";

const EVENTS = 1_000_000;
const SEED = 6;
/** Of the surrogate's start: what iaaft draws from its source of numbers. */
const START_SEED = 7;
const CELLS = 16;
const STATES = 2000;
const NEIGHBOUR_PAIRS = 200_000;
const BOOTSTRAP_DRAWS = 5;
/** Only the cases whose names hold this. */
const CHOSEN = process.env.ASICR_STATS_CASE ?? "";

interface Case {
  readonly name: string;
  readonly verb: string;
  readonly request?: Readonly<Record<string, unknown>>;
  /** The result, or how to sum it up for the comparison, which is not timed. */
  ours(): readonly number[] | (() => readonly number[]);
  /** Relative, to the larger of a value and a thousandth of the largest. */
  readonly tolerance: number;
  readonly repeats: number;
  /** What the machine needs on one thread to read the same memory once, or to copy it, and nothing else. */
  readonly bound?: () => void;
}

/** Quarter decades: scales do not divide each other, and none of them can be made of the counts of another. */
const SCALES = Array.from({ length: 17 }, (_, i) => 10 ** (i / 4));
const FACTORS = Array.from({ length: 17 }, (_, i) => 2 ** i);
/** [n, low, high] of cv-band.ts on both sides of a million. */
const BAND = [
  [5000, -1.9262, 1.9791],
  [1e300, -1.96, 1.96],
];

function series() {
  const random = splitmix64(SEED);
  const noise = gaussian(splitmix64(SEED + 1));
  const times = new Float64Array(EVENTS);
  let time = 0;
  for (let i = 0; i < EVENTS; i++) {
    time -= Math.log1p(-random.next());
    times[i] = time;
  }
  let level = 0;
  const values = new Float64Array(EVENTS).map(() => {
    level = 0.5 * level + noise();
    return level;
  });
  const other = values.map((value) => 0.3 * value + noise());
  const coded = (x: Float64Array) => x.map((value) => Math.min(CELLS - 1, Math.max(0, Math.floor(2 * value + CELLS / 2))));
  return { times, values, other, phase: times.map((t, i) => t - i), codes: coded(values), others: coded(other) };
}

const addon = loadAddon();

function cases({ times, values, other, phase, codes, others }: ReturnType<typeof series>): Case[] {
  const until = times.at(-1) as number;
  const span = until - (times[0] as number);
  const [first, step] = [50 / span, 1 / (4 * span)];
  const [codeBytes, otherBytes] = [Uint8Array.from(codes), Uint8Array.from(others)];
  const readTimes = () => void addon?.statistics.everyFinite(times);
  const copyValues = () => void unfilled(EVENTS).set(values);
  const [manyX, manyY] = [values.subarray(0, NEIGHBOUR_PAIRS), other.subarray(0, NEIGHBOUR_PAIRS)];
  return [
    {
      name: "CV with its null band",
      verb: "cv",
      request: { band: BAND },
      ours: () => [coefficientOfVariation(times) as number, ...poissonCvBand(EVENTS - 1)],
      tolerance: 1e-10,
      repeats: 31,
      bound: readTimes,
    },
    {
      name: "CV, LV, CV2, serial correlation",
      verb: "interval_statistics",
      ours: () => {
        const { cv, lv, cv2, serialR1 } = eventStatistics(times);
        return [cv, lv, cv2, serialR1];
      },
      tolerance: 1e-9,
      repeats: 31,
    },
    {
      name: "dead-time fit",
      verb: "dead_time",
      ours: () => {
        const { deadTime, rate, standardError } = fitDeadTimeOfEvents(times);
        return [deadTime, rate, standardError];
      },
      tolerance: 1e-10,
      repeats: 31,
      bound: readTimes,
    },
    {
      name: `Fano and Allan factor, ${SCALES.length} scales`,
      verb: "fano",
      request: { windows: SCALES, until },
      ours: () => dispersionOverScales(times, SCALES, until).flatMap(({ fano, pTwoSided, allanFactor }) => [fano, pTwoSided, allanFactor]),
      tolerance: 1e-8,
      repeats: 7,
    },
    {
      name: `Allan deviation, ${FACTORS.length} scales`,
      verb: "allan",
      request: { factors: FACTORS },
      ours: () => FACTORS.map((m) => overlappingAllanDeviation(phase, m)),
      tolerance: 1e-10,
      repeats: 11,
    },
    {
      name: "KS and Anderson-Darling, fitted exponential",
      verb: "exponential",
      ours: () => {
        const { mean: fitted, distance, a2 } = exponentialDistances(intervalsOf(times));
        return [fitted, distance, a2];
      },
      tolerance: 1e-6,
      repeats: 7,
    },
    {
      name: "Rayleigh periodogram, 256 frequencies",
      verb: "rayleigh",
      request: { first, step, count: 256 },
      ours: () => {
        const { re, im } = harmonicSums(times, first, step, 256);
        return Array.from({ length: 8 }, (_, k) => (2 / EVENTS) * ((re[32 * k] as number) ** 2 + (im[32 * k] as number) ** 2));
      },
      tolerance: 1e-6,
      repeats: 3,
    },
    {
      name: "Lomb-Scargle periodogram, 64 frequencies",
      verb: "lomb_scargle",
      request: { first, step, count: 64 },
      ours: () => Array.from(lombScargle(times, values, first, step, 64)),
      tolerance: 1e-6,
      repeats: 3,
    },
    {
      name: "multitaper spectrum, 7 tapers, F test",
      verb: "multitaper",
      request: { tapers: 7 },
      ours: () => {
        const { power, linePValue } = multitaper(values, 7);
        const stride = (power.length - 1) >> 3;
        const some = (x: Float64Array) => x.filter((_, i) => i % stride === 1);
        return () => [...some(power), ...some(linePValue)];
      },
      tolerance: 1e-7,
      repeats: 3,
    },
    ...[4, 6].map((order) => ({
      name: `permutation entropy and complexity, order ${order}`,
      verb: "ordinal",
      request: { order },
      ours: () => {
        const { entropy, complexity } = ordinalPlane(values, order);
        return [entropy, complexity];
      },
      tolerance: 1e-7,
      repeats: 15,
    })),
    {
      name: `recurrence, ${STATES} states`,
      verb: "recurrence",
      request: { states: STATES, dimension: 3, share: 0.05 },
      ours: () => {
        const found = recurrence(values.subarray(0, STATES + 2));
        return [found.rate, found.determinism, found.meanLine, found.longestLine, found.laminarity, found.radius];
      },
      tolerance: 1e-10,
      repeats: 7,
    },
    {
      name: "IAAFT surrogate, 5 iterations",
      verb: "iaaft",
      request: { iterations: 5 },
      ours: () => {
        const surrogate = iaaft(values, splitmix64(START_SEED), 5);
        return () => Array.from(surrogate.filter((_, i) => i % (EVENTS / 8) === 0));
      },
      tolerance: 1e-4,
      repeats: 3,
    },
    {
      name: "shuffle surrogate",
      verb: "shuffle",
      // The order is random: only the sum can be compared.
      ours: () => {
        const surrogate = shuffled(values, splitmix64(1));
        return () => [surrogate.reduce((sum, value) => sum + value, 0)];
      },
      tolerance: 1e-6,
      repeats: 15,
      bound: copyValues,
    },
    {
      name: "block surrogate, blocks of 50",
      verb: "shuffle_blocks",
      request: { length: 50 },
      // The order is random: only the sum can be compared.
      ours: () => {
        const surrogate = blockShuffled(values, 50, splitmix64(1));
        return () => [surrogate.reduce((sum, value) => sum + value, 0)];
      },
      tolerance: 1e-6,
      repeats: 31,
      bound: copyValues,
    },
    {
      name: `block bootstrap of the mean, blocks of 25, ${BOOTSTRAP_DRAWS} draws`,
      verb: "bootstrap",
      request: { block: 25, draws: BOOTSTRAP_DRAWS },
      // The draws are random: only the estimate can be compared.
      ours: () => [blockBootstrapOfMean(values, { block: 25, draws: BOOTSTRAP_DRAWS }).estimate],
      tolerance: 1e-7,
      repeats: 15,
    },
    {
      name: `KSG mutual information, ${NEIGHBOUR_PAIRS} pairs, k = 3`,
      verb: "ksg",
      request: { k: 3, count: NEIGHBOUR_PAIRS },
      ours: () => [nearestNeighbourInformation(manyX, manyY, 3)],
      tolerance: 1e-4,
      repeats: 3,
    },
    {
      name: `plug-in mutual information, ${CELLS} x ${CELLS} cells`,
      verb: "plugin",
      request: { cells: CELLS },
      ours: () => {
        const { plugin, pValue } = tableInformation(pairCounts(codeBytes, otherBytes, CELLS, CELLS), CELLS, CELLS);
        return [plugin, pValue];
      },
      tolerance: 1e-9,
      repeats: 31,
    },
  ];
}

/** Throws when two results differ: a comparison of speed between different computations means nothing. */
function same({ name, tolerance }: Case, ours: readonly number[], peers: readonly number[]): void {
  const scale = 1e-3 * Math.max(...peers.map(Math.abs));
  if (ours.length !== peers.length) throw new Error(`${name}: ${ours.length} values, the peer has ${peers.length}`);
  for (const [i, expected] of peers.entries())
    if (!(Math.abs((ours[i] as number) - expected) <= tolerance * Math.max(Math.abs(expected), scale)))
      throw new Error(`${name}: value ${i} is ${ours[i]}, the peer's ${expected}`);
}

interface Measured {
  readonly single: BenchCase;
  /** Milliseconds of processor time, ours on one thread. */
  readonly work: number;
  readonly peersWork: number;
}

/** As somebody has it who wants them all: the sum of the times of the cases against the sum of the scripts'. */
function together(measured: readonly Measured[]): BenchCase {
  const sum = (of: (each: Measured) => number) => measured.reduce((total, each) => total + of(each), 0);
  return lessIsBetter(
    `all ${measured.length} together: the sum of our times against the sum of the scripts'`,
    "ms",
    sum(({ single }) => single.ours),
    sum(({ single }) => single.peer),
    { "processor time": `${Number((sum((each) => each.peersWork) / sum((each) => each.work)).toPrecision(3))}x` },
  );
}

async function measure(peer: StatisticsPeer, of: Case): Promise<Measured> {
  const timed = (threads: number): { readonly seconds: number; readonly processor: number } => {
    addon?.useThreads({ threads });
    const [began, before] = [performance.now(), process.cpuUsage()];
    of.ours();
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - began) / 1000;
    addon?.useThreads({ threads: 0 });
    return { seconds, processor: (user + system) / 1e6 };
  };
  const first = of.ours();
  same(of, typeof first === "function" ? first() : first, (await peer.ask(of.verb, of.request)).values);
  const [ours, alone, work, peers, peersWork, bounds] = Array.from({ length: 6 }, () => [] as number[]) as [
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  const askPeer = async () => {
    const answer = await peer.ask(of.verb, of.request);
    peers.push(answer.seconds);
    peersWork.push(answer.processor);
  };
  // Each after the peer, which leaves the caches full of its own: what runs twice in a row finds its values there.
  for (let i = 0; i < of.repeats; i++) {
    ours.push(timed(0).seconds);
    await askPeer();
    const single = timed(1);
    alone.push(single.seconds);
    work.push(single.processor);
    await askPeer();
    if (of.bound === undefined) continue;
    const began = performance.now();
    of.bound();
    bounds.push((performance.now() - began) / 1000);
    await askPeer();
  }
  const milliseconds = (samples: readonly number[]) => median(samples) * 1000;
  const times = (ratio: number) => `${Number(ratio.toPrecision(3))}x`;
  const single = lessIsBetter(of.name, "ms", milliseconds(ours), milliseconds(peers), {
    "one thread": times(median(peers) / median(alone)),
    "processor time": times(median(peersWork) / median(work)),
    ms: `${Number(milliseconds(work).toPrecision(3))} to ${Number(milliseconds(peersWork).toPrecision(3))}`,
    ...(bounds.length > 0 && {
      "memory alone": `${Number(milliseconds(bounds).toPrecision(3))} ms, ${times(median(peers) / median(bounds))}`,
    }),
    agree: of.tolerance,
  });
  return { single, work: milliseconds(work), peersWork: milliseconds(peersWork) };
}

export const bench: Bench = {
  about: "timing statistics of 1 000 000 events, against numpy and scipy scripts of the same definitions",
  async run() {
    if (statisticsKernels() === null) console.warn("Without the addon (`make native`): TypeScript alone.");
    const given = series();
    const peer = await StatisticsPeer.start({ ...given, start: shuffled(given.values, splitmix64(START_SEED)) });
    console.log(`peer: ${peer.name}, one thread; threads of ours: ${addon?.useThreads({ threads: 0 }) ?? 1}`);
    try {
      const measured: Measured[] = [];
      for (const each of cases(given).filter(({ name }) => name.includes(CHOSEN))) measured.push(await measure(peer, each));
      return [...measured.map(({ single }) => single), ...(measured.length > 1 ? [together(measured)] : [])];
    } finally {
      await peer.stop();
    }
  },
};
