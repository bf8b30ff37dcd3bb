/**
 * Is the timing of events that of a Poisson process as this instrument would record it? A battery in the order of specs/reservoir.md 4.2: rate, marginal law,
 * serial dependence, periodicity, dispersion, ordinal patterns. Every p comes from simulating the null with the instrument's own tick and dead time; Holm over all.
 */
import { ScienceError } from "../../../common/errors.ts";
import { type Random, splitmix64 } from "../../../common/random.ts";
import { dispersion, windowCounts } from "../../statistics/counts.ts";
import { exponentialDistances } from "../../statistics/exponential-fit.ts";
import { intervalStatistics, intervalsOf } from "../../statistics/intervals.ts";
import { monteCarloP } from "../../statistics/monte-carlo.ts";
import { holm } from "../../statistics/multiple-testing.ts";
import { ordinalPlane } from "../../statistics/ordinal.ts";
import { strongestHarmonic } from "../../statistics/periodicity.ts";

export interface Instrument {
  /** Step of the clock that stamped the events, in the unit of their times; 0 for none worth speaking of. */
  readonly tick: number;
  /** Time after each event in which no other can be recorded. */
  readonly deadTime: number;
}

export interface TimingTest {
  readonly name: string;
  /** What it reacts to, in words. */
  readonly question: string;
  readonly value: number;
  /** Where the middle 95 % of the null lies. */
  readonly nullBand: readonly [number, number];
  readonly pValue: number;
  readonly holmP: number;
}

export interface TimingBattery {
  readonly events: number;
  readonly meanInterval: number;
  readonly tests: readonly TimingTest[];
  /** Tests that find something at 1 % after Holm's correction. */
  readonly found: readonly string[];
  /** Fewer than a thousand events carry no claim. specs/reservoir.md 4.2 */
  readonly enough: boolean;
  readonly instrument: Instrument;
  readonly draws: number;
}

const LEAST_EVENTS = 50;
const CLAIM_EVENTS = 1000;
const ALPHA = 0.01;
/** Lines are looked for up to this many cycles a record, and above ten. */
const LINE_CYCLES = 200;
const LEAST_CYCLES = 10;

interface Statistic {
  readonly name: string;
  readonly question: string;
  readonly twoSided: boolean;
  of(times: Float64Array, random: Random): number;
}

/** Distance of the event times from uniform over the record. */
function uniformDistance(times: Float64Array): number {
  const n = times.length - 1;
  const [from, to] = [times[0] as number, times[n] as number];
  let distance = 0;
  // The ends are given by the record itself.
  for (let i = 1; i < n; i++) {
    const share = ((times[i] as number) - from) / (to - from);
    distance = Math.max(distance, Math.abs(share - (i - 0.5) / (n - 1)));
  }
  return distance;
}

const STATISTICS: readonly Statistic[] = [
  { name: "rate constancy (KS of times)", question: "does the rate drift?", twoSided: false, of: uniformDistance },
  {
    name: "marginal law (Anderson-Darling)",
    question: "are intervals exponential but for tick and dead time?",
    twoSided: false,
    of: (times) => exponentialDistances(intervalsOf(times)).a2,
  },
  { name: "CV", question: "is their spread that of the null?", twoSided: true, of: (times) => intervalStatistics(intervalsOf(times)).cv },
  {
    name: "local variation",
    question: "is it, between neighbours?",
    twoSided: true,
    of: (times) => intervalStatistics(intervalsOf(times)).lv,
  },
  {
    name: "serial correlation",
    question: "does an interval depend on the one before?",
    twoSided: true,
    of: (times) => intervalStatistics(intervalsOf(times)).serialR1,
  },
  {
    name: "strongest line (Rayleigh)",
    question: "is there a rhythm?",
    twoSided: false,
    of: (times) => strongestHarmonic(times, LEAST_CYCLES, LINE_CYCLES).z1,
  },
  { name: "Fano factor, 10 intervals", question: "do counts scatter as they should?", twoSided: true, of: (times) => fano(times).fano },
  {
    name: "Allan factor, 10 intervals",
    question: "do they, from window to window?",
    twoSided: true,
    of: (times) => fano(times).allanFactor,
  },
  {
    name: "ordinal entropy, order 4",
    question: "are patterns of intervals equally frequent?",
    twoSided: false,
    of: (times, random) => 1 - ordinalPlane(intervalsOf(times), 4, 1, random).entropy,
  },
];

function fano(times: Float64Array) {
  const from = times[0] as number;
  const length = (times.at(-1) as number) - from;
  const window = (10 * length) / (times.length - 1);
  return dispersion(
    windowCounts(
      times.map((time) => time - from),
      window,
      length,
    ),
  );
}

/** Times of a Poisson process of n events with the mean interval given, as the instrument would have recorded it. */
export function recordedPoisson(n: number, meanInterval: number, { tick, deadTime }: Instrument, random: Random): Float64Array {
  let time = 0;
  return Float64Array.from({ length: n }, () => {
    time += deadTime + (meanInterval - deadTime) * -Math.log1p(-random.next());
    return tick > 0 ? Math.floor(time / tick) * tick : time;
  });
}

/**
 * times: in order, any unit. `draws` records are simulated (999: p to 0.001). ScienceError TOO_FEW_EVENTS below 50; BAD_INSTRUMENT when its dead
 * time is not below the mean interval.
 */
export function timingBattery(times: Float64Array, instrument: Instrument, { draws = 999, seed = 1 } = {}): TimingBattery {
  const n = times.length;
  if (n < LEAST_EVENTS)
    throw new ScienceError("TOO_FEW_EVENTS", `${n} events are too few for any of these tests.`, `Collect ${CLAIM_EVENTS} for a claim.`, {
      n,
    });
  const meanInterval = ((times[n - 1] as number) - (times[0] as number)) / (n - 1);
  if (!(instrument.deadTime < meanInterval) || !(instrument.tick >= 0))
    throw new ScienceError(
      "BAD_INSTRUMENT",
      `A dead time of ${instrument.deadTime} leaves no room in ${meanInterval}.`,
      "Check the units.",
    );
  const random = splitmix64(seed);
  const observed = STATISTICS.map((statistic) => statistic.of(times, random));
  const nulls = STATISTICS.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const record = recordedPoisson(n, meanInterval, instrument, random);
    for (const [at, statistic] of STATISTICS.entries()) (nulls[at] as Float64Array)[draw] = statistic.of(record, random);
  }
  const pValues = STATISTICS.map(({ twoSided }, at) => pOf(observed[at] as number, nulls[at] as Float64Array, twoSided));
  const adjusted = holm(pValues);
  const tests = STATISTICS.map(({ name, question }, at): TimingTest => {
    const sorted = (nulls[at] as Float64Array).slice().sort();
    const quantile = (share: number) => sorted[Math.min(draws - 1, Math.floor(share * draws))] as number;
    return {
      name,
      question,
      value: observed[at] as number,
      nullBand: [quantile(0.025), quantile(0.975)],
      pValue: pValues[at] as number,
      holmP: adjusted[at] as number,
    };
  });
  return {
    events: n,
    meanInterval,
    tests,
    found: tests.filter(({ holmP }) => holmP < ALPHA).map(({ name }) => name),
    enough: n >= CLAIM_EVENTS,
    instrument,
    draws,
  };
}

/** Two-sided: as far from the null's median, on either side. */
function pOf(value: number, nulls: Float64Array, twoSided: boolean): number {
  if (!twoSided) return monteCarloP(value, nulls);
  const median = nulls.slice().sort()[nulls.length >> 1] as number;
  return monteCarloP(
    Math.abs(value - median),
    nulls.map((one) => Math.abs(one - median)),
  );
}
