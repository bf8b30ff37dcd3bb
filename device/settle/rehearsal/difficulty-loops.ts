/**
 * NARMA-10 through the difficulty of shares, as the papers drive an S9: what each mode asks for, and what its readout sees of what comes back. Rates are in
 * units of the rate at the floor, so that asking for a rate r is asking for a difficulty of floor / r. CLAIMS C
 */
import { type Matrix, matrix } from "../../../reservoir/matrix.ts";
import type { ShareSource } from "./share-tape.ts";

/** A difficulty, and how many shares are waited for at it. */
export interface Word {
  readonly rate: number;
  readonly shares: number;
}

/** Waiting times of a word, s. */
export type Waited = Float64Array;

export interface DifficultyLoop {
  readonly name: string;
  /** The words of step t, from the input and from what came back before. */
  words(t: number, u: number, before: readonly (readonly Waited[])[]): Word[];
  /** A row a step. */
  states(answers: readonly (readonly Waited[])[]): Matrix;
  /** The same of the rates that the host asked for: what a readout can make of them without any chip. */
  host(log: readonly (readonly Word[])[]): Matrix;
}

export interface Looped {
  readonly log: readonly (readonly Word[])[];
  readonly answers: readonly (readonly Waited[])[];
  /** On the board's clock. */
  readonly seconds: number;
}

export function drive(loop: DifficultyLoop, u: Float64Array, source: ShareSource): Looped {
  const log: Word[][] = [];
  const answers: Waited[][] = [];
  for (let t = 0; t < u.length; t++) {
    const words = loop.words(t, u[t] as number, answers);
    log.push(words);
    answers.push(answersTo(words, source));
  }
  return { log, answers, seconds: answers.flat(1).reduce((sum, waited) => sum + total(waited), 0) };
}

/** The very same difficulties once more: what another source makes of the log. */
export function replay(log: readonly (readonly Word[])[], source: ShareSource): Waited[][] {
  return log.map((words) => answersTo(words, source));
}

const answersTo = (words: readonly Word[], source: ShareSource) =>
  words.map(({ rate, shares }) => Float64Array.from({ length: shares }, () => source.interval(1 / rate)));
const total = (waited: Waited) => waited.reduce((sum, interval) => sum + interval, 0);

/** The S9 of the capture, at 14.0 TH/s and difficulty 256, shares a second. CLAIMS B */
export const FLOOR_PER_S = 12.73;
const measuredRate = (waited: Waited) => waited.length / total(waited) / FLOOR_PER_S;

/** GUESS: D = D0 / (u + 0.1), with D0 such that the floor is just not passed: the reading that serves the claim best. */
const rateFor = (input: number) => Math.min(1, (input + 0.1) / 0.6);
/** GUESS: so much of what the host remembers is added to the input. */
const FED_BACK = 0.3;

/** One difficulty a step, as published; the features are those of its waiting times. */
function oneWord(name: string, shares: number, inputOf: (u: number, before: readonly (readonly Waited[])[]) => number): DifficultyLoop {
  return {
    name,
    words: (_, u, before) => [{ rate: rateFor(inputOf(u, before)), shares }],
    states: (answers) =>
      rowsOf(answers, ([waited]) => {
        const of = waited as Waited;
        const mean = total(of) / of.length;
        const spread = Math.sqrt(Math.max(0, of.reduce((sum, interval) => sum + (interval - mean) ** 2, 0) / of.length));
        return [mean, Math.log(mean), spread, Math.min(...of)];
      }),
    host: (log) => rowsOf(log, ([word]) => [(word as Word).rate, Math.log((word as Word).rate)]),
  };
}

export const constantLoop = (shares: number) => oneWord("constant", shares, () => 0.25);
export const monologueLoop = (shares: number) => oneWord("monologue", shares, (u) => u);

/** The host leaks what it saw (0.8, 0.2) and adds it to the next input. GUESS: the form of the feedback, which is not published. */
export function dialogueLoop(shares: number): DifficultyLoop {
  let [remembered, seen] = [0, 0];
  return oneWord("dialogue", shares, (u, before) => {
    if (before.length < seen) [remembered, seen] = [0, 0];
    for (; seen < before.length; seen++) {
      const input = 0.6 * measuredRate(before[seen]?.[0] as Waited) - 0.1;
      remembered = 0.8 * remembered + 0.2 * Math.min(0.5, Math.max(0, input));
    }
    return (u + FED_BACK * remembered) / (1 + FED_BACK);
  });
}

const LEAST_RATE = 0.2;
const LAGS = 10;
/** NARMA-10 multiplies inputs that are so far apart. */
const PRODUCT_LAG = 9;

/**
 * The best loop that was found with chance in the chip's place: two words a step, one at a rate that goes with u(t), one at a rate that goes with u(t) times
 * what came back nine steps ago. The readout sees the last ten of both.
 */
export function productLoop(shares: number): DifficultyLoop {
  const scaled = (part: number) => LEAST_RATE + (1 - LEAST_RATE) * Math.min(1, Math.max(0, part));
  return {
    name: "product loop",
    words(t, u, before) {
      const back = before[t - PRODUCT_LAG]?.[0];
      const then = back === undefined ? 0.5 : Math.min(1, Math.max(0, (measuredRate(back) - LEAST_RATE) / (1 - LEAST_RATE)));
      return [2 * u, 2 * u * then].map((part) => ({ rate: scaled(part), shares }));
    },
    states: (answers) => lagged(answers.map((words) => words.map(measuredRate))),
    host: (log) => lagged(log.map((words) => words.map(({ rate }) => rate))),
  };
}

function rowsOf<T>(steps: readonly T[], of: (step: T) => number[]): Matrix {
  const rows = steps.map(of);
  const out = matrix(rows.length, rows[0]?.length ?? 0);
  rows.forEach((row, t) => {
    out.data.set(row, t * out.cols);
  });
  return out;
}

/** Each step's values beside those of the nine steps before; 0 before the start. */
function lagged(values: readonly (readonly number[])[]): Matrix {
  const width = values[0]?.length ?? 0;
  const out = matrix(values.length, LAGS * width);
  for (let t = 0; t < values.length; t++)
    for (let lag = 0; lag < Math.min(LAGS, t + 1); lag++) out.data.set(values[t - lag] as readonly number[], t * out.cols + lag * width);
  return out;
}
