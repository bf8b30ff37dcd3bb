import { ScienceError } from "../../common/errors.ts";
import { permutation, type Random, splitmix64 } from "../../common/random.ts";
import { type Matrix, matrix } from "../matrix.ts";
import type { EsnKernel } from "../native/addon.ts";
import { kernels } from "../readout/kernels.ts";
import { made } from "../readout/refusal.ts";
import { everyFinite, unfilled } from "../statistics/kernels.ts";
import type { StepOutcome, Substrate } from "../substrate.ts";

export interface EsnSettings {
  readonly nodes: number;
  readonly seed: number;
  readonly spectralRadius?: number;
  /** Input weights are uniform in [-inputScaling, inputScaling]. */
  readonly inputScaling?: number;
  /** Biases are uniform in [-bias, bias]. */
  readonly bias?: number;
  /** a in x <- (1 - a) x + a tanh(W x + Win u + bias). */
  readonly leak?: number;
  /** Recurrent connections into each node. */
  readonly fanIn?: number;
  /**
   * Where a node's connections come from: "free" any fanIn nodes, all equally likely; "spread" one from each of fanIn runs of neighbouring
   * nodes, as random otherwise, which wide processors work through a little faster.
   */
  readonly wiring?: "free" | "spread";
}

/** Within the ranges tuned for NARMA-10 in specs/reservoir.md 1.2 (radius 0.78-1.0, input scaling 0.014-0.026, bias 0.06-0.6), fixed for every size. */
export const ESN_DEFAULTS = { spectralRadius: 0.8, inputScaling: 0.02, bias: 0.3, leak: 1, fanIn: 10, wiring: "free" } as const;

/** A leaky tanh echo state network with sparse random weights, all from one seed. As a substrate it is the control of equal size. */
export class EchoStateNetwork implements Substrate {
  readonly name: string;
  readonly origin = "software";
  readonly featureNames: readonly string[];
  private readonly nodes: number;
  private readonly kernel: EsnKernel;
  private state: Float64Array;

  /** ScienceError ESN_NODES when nodes is not a whole number from 1 to 65536, ESN_SETTINGS for another setting out of range; OUT_OF_MEMORY. */
  constructor(settings: EsnSettings) {
    const complete = { ...ESN_DEFAULTS, ...settings };
    requireSettings(complete);
    const { nodes, seed, spectralRadius, inputScaling, bias, leak, fanIn, wiring } = complete;
    const random = splitmix64(seed);
    const symmetric = (count: number, scale: number) => Float64Array.from({ length: count }, () => scale * (2 * random.next() - 1));
    const degree = Math.min(fanIn, nodes);
    this.name = `echo state network of ${nodes} nodes`;
    this.featureNames = Array.from({ length: nodes }, (_, i) => `x${i}`);
    this.nodes = nodes;
    const rowStart = Uint32Array.from({ length: nodes + 1 }, (_, i) => i * degree);
    const column = (wiring === "spread" ? spreadColumns : freeColumns)(nodes, degree, random);
    const value = symmetric(nodes * degree, 1);
    const scale = spectralRadius / radiusOf(rowStart, column, value);
    for (let i = 0; i < value.length; i++) value[i] = scale * (value[i] as number);
    const network = { nodes, inputs: 1, rowStart, column, value, leak };
    this.kernel = made(kernels().createEsn({ ...network, inputWeights: symmetric(nodes, inputScaling), bias: symmetric(nodes, bias) }));
    this.state = new Float64Array(nodes);
  }

  /** What one step reads and writes: with the speed of the memory that holds it, the least time a step can take. */
  get bytesPerStep(): number {
    return this.kernel.bytesPerStep;
  }

  async open(): Promise<void> {
    this.state = new Float64Array(this.nodes);
  }

  async step(u: number): Promise<StepOutcome> {
    const states = await this.harvest(Float64Array.of(u));
    return { features: states.data, emitted: [{ knob: "u", value: u }], valid: true };
  }

  /**
   * Drives the network on from its present state: row t is the state after u[t]. The work runs on another thread. From 1 MiB on the result lies
   * in memory that serves again once it is collected; such an array can be copied to a worker, not transferred. ScienceError NON_FINITE for an
   * input that is not: the network would never recover.
   */
  async harvest(u: Float64Array): Promise<Matrix> {
    if (!everyFinite(u)) {
      const at = u.findIndex((value) => !Number.isFinite(value));
      throw new ScienceError("NON_FINITE", `Input ${at} is ${u[at]}.`, "Drive the network with numbers only.", { at });
    }
    const states = matrix(u.length, this.nodes, unfilled(u.length * this.nodes));
    await this.kernel.harvest({ steps: u.length, input: u, state: this.state, states: states.data });
    return states;
  }
}

const MOST_NODES = 65_536;

function requireSettings(settings: Required<EsnSettings>): void {
  const { nodes, seed, spectralRadius, inputScaling, bias, leak, fanIn } = settings;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES)
    throw new ScienceError("ESN_NODES", `An echo state network of ${nodes} nodes cannot be built.`, `Ask for 1 to ${MOST_NODES} nodes.`);
  const ranges: readonly (readonly [keyof EsnSettings, boolean, string])[] = [
    ["seed", Number.isInteger(seed), "a whole number"],
    ["spectralRadius", Number.isFinite(spectralRadius) && spectralRadius >= 0, "a number of at least 0"],
    ["inputScaling", Number.isFinite(inputScaling), "a number"],
    ["bias", Number.isFinite(bias), "a number"],
    ["leak", leak > 0 && leak <= 1, "above 0 and at most 1"],
    ["fanIn", Number.isInteger(fanIn) && fanIn >= 1, "a whole number of at least 1"],
  ];
  for (const [setting, fits, range] of ranges)
    if (!fits)
      throw new ScienceError("ESN_SETTINGS", `A network's ${setting} cannot be ${settings[setting]}.`, `It is ${range}.`, { setting });
}

function freeColumns(nodes: number, degree: number, random: Random): Uint32Array {
  const column = new Uint32Array(nodes * degree);
  for (let i = 0; i < nodes; i++) column.set(permutation(nodes, random).subarray(0, degree).sort(), i * degree);
  return column;
}

function spreadColumns(nodes: number, degree: number, random: Random): Uint32Array {
  const edge = (run: number) => Math.floor((run * nodes) / degree);
  return Uint32Array.from({ length: nodes * degree }, (_, k) => {
    const from = edge(k % degree);
    return from + Math.floor(random.next() * (edge((k % degree) + 1) - from));
  });
}

const BURN_IN = 500;
const MEASURED = 1500;

/** Spectral radius from the mean growth rate of W^k x: the oscillation of a complex pair averages out to about 0.2 %. */
function radiusOf(rowStart: Uint32Array, column: Uint32Array, value: Float64Array): number {
  const nodes = rowStart.length - 1;
  let x = Float64Array.from({ length: nodes }, (_, i) => 1 + 0.1 * Math.sin(i));
  let next = new Float64Array(nodes);
  let growth = 0;
  for (let k = 0; k < BURN_IN + MEASURED; k++) {
    let squares = 0;
    for (let i = 0; i < nodes; i++) {
      let sum = 0;
      for (let e = rowStart[i] as number; e < (rowStart[i + 1] as number); e++)
        sum += (value[e] as number) * (x[column[e] as number] as number);
      next[i] = sum;
      squares += sum * sum;
    }
    const norm = Math.sqrt(squares);
    if (k >= BURN_IN) growth += Math.log(norm) / MEASURED;
    for (let i = 0; i < nodes; i++) next[i] = (next[i] as number) / norm;
    [x, next] = [next, x];
  }
  return Math.exp(growth);
}
