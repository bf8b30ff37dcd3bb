/**
 * Substrates of which it is known whether they compute: what the decision procedure is calibrated on (specs/reservoir.md 5, the table of nulls and
 * positives). Each draws its encoder, its mixing and its noise from one seed. A session has K features and one channel of logged drive.
 */
import { gaussian, type Random, splitmix64 } from "../../common/random.ts";
import { type Matrix, matrix } from "../matrix.ts";
import type { Session } from "../verdict/gate/session.ts";

export type Planted =
  | { readonly kind: "white-noise" | "drift" | "random-walk" | "encoder-leak" | "encoder-leak-unlogged" | "non-causal" }
  | { readonly kind: "memoryless"; readonly snrDb: number; readonly drifting: boolean }
  /** Single thermal pole with a time constant of `tau` steps, seen at the end of the step through K random mixtures with the drive. */
  | { readonly kind: "thermal-pole"; readonly tau: number; readonly snrDb: number; readonly drifting?: boolean }
  /** The same pole read at K moments of each step, while a random mask carries the input: virtual nodes. */
  | { readonly kind: "virtual-nodes"; readonly tau: number; readonly snrDb: number; readonly drifting?: boolean }
  /** Ten coupled poles in a row: heat that travels. */
  | { readonly kind: "thermal-ladder"; readonly snrDb: number }
  /** K nodes in a ring, each one step behind its neighbour. */
  | { readonly kind: "delay-ring"; readonly snrDb: number };

const LADDER_STAGES = 10;

/** A session of `v.length` steps. Encoder gain in [0.5, 1.5], offset in [-0.3, 0.3]; node gains and offsets likewise random. */
export function plantedSession(planted: Planted, v: Float64Array, seed: number, nodes = 20): Session {
  const random = splitmix64(seed);
  const normal = gaussian(splitmix64(seed + 0x9e37));
  const gain = 0.5 + random.next();
  const offset = 0.6 * random.next() - 0.3;
  const encoded = v.map((value) => Math.tanh(gain * value + offset));
  const drive = planted.kind === "encoder-leak" || planted.kind === "encoder-leak-unlogged" ? leaking(encoded) : encoded;
  const logged = planted.kind === "encoder-leak-unlogged" ? encoded : drive;
  const states =
    planted.kind === "virtual-nodes"
      ? virtualNodes(planted, (mask, t) => Math.tanh(gain * mask * (v[t] as number) + offset), matrix(v.length, nodes), random, normal)
      : statesOf(planted, drive, v, nodes, random, normal);
  return {
    v,
    emitted: matrix(v.length, 1, logged.slice()),
    states,
    names: Array.from({ length: nodes }, (_, i) => `x${i}`),
  };
}

/** An encoder that has not settled when the next input comes. */
function leaking(encoded: Float64Array): Float64Array {
  let level = 0;
  return encoded.map((value) => {
    level = 0.5 * level + 0.5 * value;
    return level;
  });
}

function statesOf(
  planted: Exclude<Planted, { kind: "virtual-nodes" }>,
  drive: Float64Array,
  v: Float64Array,
  nodes: number,
  random: Random,
  normal: () => number,
) {
  const n = v.length;
  const states = matrix(n, nodes);
  const put = (column: (t: number) => number, at: number) => {
    for (let t = 0; t < n; t++) states.data[t * nodes + at] = column(t);
  };
  switch (planted.kind) {
    case "white-noise":
      for (let i = 0; i < nodes; i++) put(normal, i);
      return states;
    case "drift":
    case "random-walk":
      for (let i = 0; i < nodes; i++) put(wandering(planted.kind === "drift" ? 0.99 : 1, normal), i);
      return states;
    case "thermal-ladder": {
      const stages = ladder(drive);
      mix(stages, drive, states, random);
      return noisy(states, planted.snrDb, normal);
    }
    case "delay-ring": {
      ring(drive, states, random);
      return noisy(states, planted.snrDb, normal);
    }
    case "thermal-pole": {
      mix([pole(drive, Math.exp(-1 / planted.tau))], drive, states, random);
      noisy(states, planted.snrDb, normal);
      if (planted.drifting) addDrift(states, normal);
      return states;
    }
    case "non-causal": {
      const ahead = drive.map((value, t) => 0.7 * value + 0.3 * (drive[Math.min(n - 1, t + 1)] as number));
      mix([ahead], ahead, states, random);
      return noisy(states, 40, normal);
    }
    case "memoryless": {
      mix([drive], drive, states, random);
      noisy(states, planted.snrDb, normal);
      if (planted.drifting) addDrift(states, normal);
      return states;
    }
    default: {
      mix([drive], drive, states, random);
      return noisy(states, 40, normal);
    }
  }
}

/** Feature i: tanh of a random combination of the hidden series and the drive. */
function mix(
  hidden: readonly Float64Array[],
  drive: Float64Array,
  states: { rows: number; cols: number; data: Float64Array },
  random: Random,
): void {
  const scales = hidden.map((series) => 1 / (deviation(series) || 1));
  for (let i = 0; i < states.cols; i++) {
    const weights = hidden.map(() => (2 * random.next() - 1) / Math.sqrt(hidden.length));
    const own = 2 * random.next() - 1;
    const bias = 2 * random.next() - 1;
    for (let t = 0; t < states.rows; t++) {
      let sum = bias + own * (drive[t] as number);
      for (const [h, series] of hidden.entries()) sum += (weights[h] as number) * (scales[h] as number) * (series[t] as number);
      states.data[t * states.cols + i] = Math.tanh(sum);
    }
  }
}

function pole(drive: Float64Array, keep: number): Float64Array {
  let level = 0;
  return drive.map((value) => {
    level = keep * level + (1 - keep) * value;
    return level;
  });
}

/** Every slot of a step emits a memoryless function of the one logged channel, so that channel is the whole log. */
function virtualNodes(
  { tau, snrDb, drifting }: { readonly tau: number; readonly snrDb: number; readonly drifting?: boolean },
  slot: (mask: number, t: number) => number,
  states: Matrix,
  random: Random,
  normal: () => number,
): Matrix {
  const masks = Float64Array.from({ length: states.cols }, () => 2 * random.next() - 1);
  const keep = Math.exp(-1 / (states.cols * tau));
  let level = 0;
  for (let t = 0; t < states.rows; t++)
    for (const [i, mask] of masks.entries()) {
      level = keep * level + (1 - keep) * slot(mask, t);
      states.data[t * states.cols + i] = level;
    }
  noisy(states, snrDb, normal);
  if (drifting) addDrift(states, normal);
  return states;
}

/** Each stage follows the one before it with a lag of about one step. */
function ladder(drive: Float64Array): Float64Array[] {
  const stages: Float64Array[] = [];
  let before = drive;
  for (let stage = 0; stage < LADDER_STAGES; stage++) {
    before = pole(before, 0.3);
    // What a stage passes on is what it was before this step.
    before = Float64Array.from(before, (_, t) => (t > 0 ? (before[t - 1] as number) : 0));
    stages.push(before);
  }
  return stages;
}

function ring(drive: Float64Array, states: { rows: number; cols: number; data: Float64Array }, random: Random): void {
  const nodes = states.cols;
  const input = Float64Array.from({ length: nodes }, () => (random.next() < 0.5 ? -0.2 : 0.2));
  const bias = Float64Array.from({ length: nodes }, () => 0.4 * random.next() - 0.2);
  let level = new Float64Array(nodes);
  for (let t = 0; t < states.rows; t++) {
    level = Float64Array.from(level, (_, i) =>
      Math.tanh(0.9 * (level[(i + nodes - 1) % nodes] as number) + (input[i] as number) * (drive[t] as number) + (bias[i] as number)),
    );
    states.data.set(level, t * nodes);
  }
}

function wandering(keep: number, normal: () => number): () => number {
  let level = 0;
  return () => {
    level = keep * level + normal();
    return level;
  };
}

function deviation(series: Float64Array): number {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  return Math.sqrt(series.reduce((sum, value) => sum + (value - mean) ** 2, 0) / series.length);
}

function columnDeviation({ rows, cols, data }: { rows: number; cols: number; data: Float64Array }, column: number): number {
  return deviation(Float64Array.from({ length: rows }, (_, row) => data[row * cols + column] as number));
}

function noisy<S extends { rows: number; cols: number; data: Float64Array }>(states: S, snrDb: number, normal: () => number): S {
  for (let column = 0; column < states.cols; column++) {
    const sd = columnDeviation(states, column) * 10 ** (-snrDb / 20);
    for (let row = 0; row < states.rows; row++) {
      const at = row * states.cols + column;
      states.data[at] = (states.data[at] as number) + sd * normal();
    }
  }
  return states;
}

/** A random walk as large, at its end, as three times the signal. */
function addDrift(states: { rows: number; cols: number; data: Float64Array }, normal: () => number): void {
  for (let column = 0; column < states.cols; column++) {
    const walk = wandering(1, normal);
    const step = (3 * columnDeviation(states, column)) / Math.sqrt(states.rows);
    for (let row = 0; row < states.rows; row++) {
      const at = row * states.cols + column;
      states.data[at] = (states.data[at] as number) + step * walk();
    }
  }
}

export interface PlantedCase {
  readonly name: string;
  readonly planted: Planted;
  /** null: must not pass. positive: should. invalid: a control must call it worthless. unlogged: passes wrongly, which is why logging is not optional. */
  readonly is: "null" | "positive" | "weak" | "invalid" | "unlogged";
  /** Least power that specs/reservoir.md 5 has for it. */
  readonly power: number | null;
}

/**
 * The table of specs/reservoir.md 5, which does not say through what its pole was seen: both readings are here. Seeds go by place in this list: add at its end.
 */
export const PLANTED_CASES: readonly PlantedCase[] = [
  { name: "white noise", planted: { kind: "white-noise" }, is: "null", power: null },
  { name: "drift, AR(0.99)", planted: { kind: "drift" }, is: "null", power: null },
  { name: "random walk", planted: { kind: "random-walk" }, is: "null", power: null },
  { name: "memoryless, 40 dB", planted: { kind: "memoryless", snrDb: 40, drifting: false }, is: "null", power: null },
  { name: "memoryless, 10 dB, drifting", planted: { kind: "memoryless", snrDb: 10, drifting: true }, is: "null", power: null },
  { name: "encoder leak, logged", planted: { kind: "encoder-leak" }, is: "null", power: null },
  { name: "non-causal filter", planted: { kind: "non-causal" }, is: "invalid", power: null },
  { name: "encoder leak, not logged", planted: { kind: "encoder-leak-unlogged" }, is: "unlogged", power: null },
  { name: "thermal pole, tau 1, 40 dB", planted: { kind: "thermal-pole", tau: 1, snrDb: 40 }, is: "positive", power: 0.8 },
  { name: "thermal pole, tau 1, 10 dB", planted: { kind: "thermal-pole", tau: 1, snrDb: 10 }, is: "positive", power: 0.8 },
  { name: "thermal pole, tau 1, 0 dB", planted: { kind: "thermal-pole", tau: 1, snrDb: 0 }, is: "weak", power: 0.66 },
  // No power is asked for: what such a pole is worth to NARMA-10 in the limit of endless sessions is less than the 5 % that the gate asks for.
  { name: "thermal pole, tau 1, -10 dB", planted: { kind: "thermal-pole", tau: 1, snrDb: -10 }, is: "weak", power: null },
  { name: "thermal pole, tau 0.3, 40 dB", planted: { kind: "thermal-pole", tau: 0.3, snrDb: 40 }, is: "positive", power: 0.8 },
  { name: "thermal pole, tau 3, 40 dB", planted: { kind: "thermal-pole", tau: 3, snrDb: 40 }, is: "positive", power: 0.78 },
  { name: "thermal pole, tau 10, 40 dB", planted: { kind: "thermal-pole", tau: 10, snrDb: 40 }, is: "positive", power: 0.8 },
  { name: "thermal ladder, 40 dB", planted: { kind: "thermal-ladder", snrDb: 40 }, is: "positive", power: 0.95 },
  { name: "thermal ladder, 20 dB", planted: { kind: "thermal-ladder", snrDb: 20 }, is: "positive", power: 0.95 },
  { name: "delay ring, 40 dB", planted: { kind: "delay-ring", snrDb: 40 }, is: "positive", power: 0.95 },
  { name: "delay ring, 0 dB", planted: { kind: "delay-ring", snrDb: 0 }, is: "weak", power: 0.88 },
  {
    name: "thermal pole, tau 3, 20 dB, drifting",
    planted: { kind: "thermal-pole", tau: 3, snrDb: 20, drifting: true },
    is: "weak",
    power: 0.17,
  },
  { name: "virtual nodes, tau 1, 40 dB", planted: { kind: "virtual-nodes", tau: 1, snrDb: 40 }, is: "positive", power: 0.8 },
  { name: "virtual nodes, tau 1, 10 dB", planted: { kind: "virtual-nodes", tau: 1, snrDb: 10 }, is: "positive", power: 0.8 },
  { name: "virtual nodes, tau 1, 0 dB", planted: { kind: "virtual-nodes", tau: 1, snrDb: 0 }, is: "weak", power: 0.66 },
  { name: "virtual nodes, tau 1, -10 dB", planted: { kind: "virtual-nodes", tau: 1, snrDb: -10 }, is: "weak", power: 0.17 },
  { name: "virtual nodes, tau 0.3, 40 dB", planted: { kind: "virtual-nodes", tau: 0.3, snrDb: 40 }, is: "positive", power: 0.8 },
  { name: "virtual nodes, tau 3, 40 dB", planted: { kind: "virtual-nodes", tau: 3, snrDb: 40 }, is: "positive", power: 0.78 },
  { name: "virtual nodes, tau 10, 40 dB", planted: { kind: "virtual-nodes", tau: 10, snrDb: 40 }, is: "positive", power: 0.8 },
  {
    name: "virtual nodes, tau 3, 20 dB, drifting",
    planted: { kind: "virtual-nodes", tau: 3, snrDb: 20, drifting: true },
    is: "weak",
    power: 0.17,
  },
];
