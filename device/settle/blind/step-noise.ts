/**
 * What steps' means do by themselves: each has its answers' noise, may have one of its own (jobs that begin late), and may follow something slow (temperature,
 * supply). Seen through the inverse of that noise, a signal beside a slow drift is as plain as its own changes are.
 */
import type { StepMeans } from "./step-means.ts";

/** In units of one delay's variance within its step. */
export interface StepNoise {
  /** Of a step by itself, beside its answers'. */
  readonly own: number;
  /** What each step adds to the slow part. */
  readonly added: number;
  /** Share of the slow part that stays from one step to the next; 1 for a random walk. */
  readonly keep: number;
}

const OWN = [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10] as const;
const SLOW: readonly Omit<StepNoise, "own">[] = [
  { added: 0, keep: 0 },
  ...[0.5, 0.8, 0.95].flatMap((keep) => [0.03, 0.1, 0.3, 1, 10].map((size) => ({ added: size * (1 - keep * keep), keep }))),
  ...[1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1, 10].map((added) => ({ added, keep: 1 })),
];
/** Of a random walk's first value: anything. */
const ANYWHERE = 100;

/** The most likely of a grid. */
export function fitNoise(steps: StepMeans): StepNoise {
  let best = { noise: { own: 0, added: 0, keep: 0 } as StepNoise, likelihood: Number.NEGATIVE_INFINITY };
  for (const slow of SLOW)
    for (const own of OWN) {
      const noise = { own, ...slow };
      const likelihood = logLikelihood(gainsOf(noise, steps), steps.means);
      if (likelihood > best.likelihood) best = { noise, likelihood };
    }
  return best.noise;
}

export interface Whitener {
  /** A row of one value a step -> what is new in each, over its deviation: white and of variance 1 for a row of that noise. 0 for a step without answers. */
  readonly whiten: (row: Float64Array) => Float64Array;
  /** The transpose: its product with a row is that of the white row with the row whitened. */
  readonly turned: (white: Float64Array) => Float64Array;
}

export function whitener(noise: StepNoise, steps: StepMeans): Whitener {
  const { gain, deviation } = gainsOf(noise, steps);
  return {
    whiten: (row) => {
      const out = new Float64Array(row.length);
      let slow = 0;
      for (let t = 0; t < row.length; t++) {
        const share = gain[t] as number;
        const news = (row[t] as number) - slow;
        if (share >= 0) {
          out[t] = news / (deviation[t] as number);
          slow += share * news;
        }
        slow *= noise.keep;
      }
      return out;
    },
    turned: (white) => {
      const out = new Float64Array(white.length);
      let later = 0;
      for (let t = white.length - 1; t >= 0; t--) {
        const share = gain[t] as number;
        later *= noise.keep;
        if (share < 0) continue;
        const own = (white[t] as number) / (deviation[t] as number);
        out[t] = own + share * later;
        later = (1 - share) * later - own;
      }
      return out;
    },
  };
}

/** Of the filter that follows the slow part (Kalman 1960); -1 where a step has no answer. */
interface Gains {
  readonly keep: number;
  readonly gain: Float64Array;
  readonly deviation: Float64Array;
}

function gainsOf({ own, added, keep }: StepNoise, { counts, variance }: StepMeans): Gains {
  const [gain, deviation] = [new Float64Array(counts.length).fill(-1), new Float64Array(counts.length)];
  let unknown = keep === 1 ? ANYWHERE * variance : (added / (1 - keep * keep)) * variance;
  for (let t = 0; t < counts.length; t++) {
    const count = counts[t] as number;
    if (count > 0) {
      const all = unknown + variance * (own + 1 / count);
      gain[t] = unknown / all;
      deviation[t] = Math.sqrt(all);
      unknown *= 1 - (gain[t] as number);
    }
    unknown = keep * keep * unknown + added * variance;
  }
  return { keep, gain, deviation };
}

function logLikelihood({ keep, gain, deviation }: Gains, row: Float64Array): number {
  let [slow, sum] = [0, 0];
  for (let t = 0; t < row.length; t++) {
    if ((gain[t] as number) >= 0) {
      const news = (row[t] as number) - slow;
      sum -= Math.log(deviation[t] as number) + 0.5 * (news / (deviation[t] as number)) ** 2;
      slow += (gain[t] as number) * news;
    }
    slow *= keep;
  }
  return sum;
}
