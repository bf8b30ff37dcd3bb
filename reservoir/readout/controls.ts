import { permutation, splitmix64 } from "../../common/random.ts";
import { type Matrix, matrix, takeRows } from "../matrix.ts";
import { EchoStateNetwork } from "../software/esn.ts";
import { delayTaps, quadraticTaps } from "./taps.ts";

/** A predictor that a substrate must be compared with. All are scored with the same rows and the same readout (CLAIMS N7). */
export interface Control {
  readonly name: string;
  /** What it is, in words. */
  readonly description: string;
  /** Features of the rows in use, in their order: rows x features, 0 features for the bare intercept. */
  states(): Matrix | Promise<Matrix>;
}

export interface ControlInputs {
  /** The whole input, washout included. */
  readonly u: Float64Array;
  /** Steps in use, training first, then test. */
  readonly used: Uint32Array;
  /** How many of them are for training. */
  readonly train: number;
  /** The substrate's usable features at the steps in use. */
  readonly substrate: Matrix;
  /** Features the substrate offered: the size of the software network. */
  readonly offered: number;
  readonly seed: number;
}

/** The tap count of the headline comparison (specs/reservoir.md 0.1: any linear memory stops at NRMSE 0.383). */
export const HEADLINE_TAPS = 30;
const LISTED_TAPS = [10, 20, HEADLINE_TAPS];
const QUADRATIC_TAPS = [10, 20, 30];

export const tapsName = (k: number): string => `taps-${k}`;

/** Linear taps u(t) .. u(t-k+1) for k = 1 .. 30. */
export function tapControls({ u, used }: ControlInputs): Control[] {
  return Array.from({ length: HEADLINE_TAPS }, (_, i) => {
    const k = i + 1;
    const description = k === 1 ? "u(t) alone, linear" : `the last ${k} inputs, linear: a shift register`;
    return { name: tapsName(k), description, states: () => takeRows(delayTaps(u, k), used) };
  });
}

/** The controls of every report but the taps not listed: constant, input alone, linear and quadratic taps, shuffled, software network. */
export function namedControls(inputs: ControlInputs): Control[] {
  const { u, used, train, substrate, offered, seed } = inputs;
  const taps = tapControls(inputs).filter((control) => LISTED_TAPS.some((k) => control.name === tapsName(k)));
  return [
    { name: "constant", description: "the mean of the training targets", states: () => matrix(used.length, 0) },
    { name: "input-only", description: "u(t) alone, linear: no memory", states: () => takeRows(delayTaps(u, 1), used) },
    ...taps,
    ...QUADRATIC_TAPS.map((k) => ({
      name: `quadratic-${k}`,
      description: `the last ${k} inputs and their products (Volterra)`,
      states: () => takeRows(quadraticTaps(u, k), used),
    })),
    {
      name: "shuffled",
      description: "the substrate's own states, in random order",
      states: () => takeRows(substrate, shuffledApart(train, used.length, seed)),
    },
    {
      name: "esn",
      description: `a software echo state network of ${offered} nodes, as many as the substrate offers features`,
      states: async () => takeRows(await new EchoStateNetwork({ nodes: offered, seed }).harvest(u), used),
    },
  ];
}

/** Training rows among themselves, and test rows: across the two, what varies in few rows only could come to vary in no training row. */
function shuffledApart(train: number, rows: number, seed: number): Uint32Array {
  const random = splitmix64(seed);
  const order = new Uint32Array(rows);
  order.set(permutation(train, random));
  order.set(
    permutation(rows - train, random).map((row) => train + row),
    train,
  );
  return order;
}
