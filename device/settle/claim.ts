/** A row of CLAIMS.md section A as this instrument settles it, and what settling it leaves behind. */
import type { Origin } from "../../common/origin.ts";
import type { Answer } from "../../reservoir/verdict/gate/conclusion.ts";
import type { Recordings } from "./recordings.ts";

/** What a verdict rests on. A rehearsal on a twin never settles anything. */
export type ClaimKind = "software" | "recording" | "twin rehearsal" | "hardware";

/** A number of a finding, with the interval it belongs in where there is one. */
export interface Quantity {
  readonly name: string;
  readonly value: number | string;
  readonly band?: readonly [number, number];
  /** What the band is, such as "95 % of a Poisson process". */
  readonly bandOf?: string;
}

/** What a verdict can be traced to: rows of a file by its hash, or a computation that anybody can repeat. */
export type Evidence =
  | { readonly id: string; readonly kind: "file"; readonly file: string; readonly sha256: string; readonly rows: string }
  | { readonly id: string; readonly kind: "computation"; readonly name: string; readonly seed: number; readonly draws: number };

export interface Series {
  readonly name: string;
  readonly style: "line" | "points" | "steps";
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Horizontal or vertical lines that mean something. */
  readonly marks?: readonly { readonly axis: "x" | "y"; readonly at: number; readonly label: string }[];
}

export interface Finding {
  readonly measured: readonly Quantity[];
  readonly controls: readonly Quantity[];
  readonly sampleSize: string;
  /** What so much could have shown. */
  readonly power: string;
  readonly verdict: Answer;
  /** One or two sentences that a person can follow without knowing the software. */
  readonly because: string;
  readonly evidence: readonly Evidence[];
  /** null where nothing could be measured. */
  readonly origin: Origin | "software" | null;
  readonly plots: readonly Plot[];
}

/** What a rig would have to record. Arms are visited in random order, each for samples / ratePerS and settleS. */
export interface RigNeed {
  readonly rig: string;
  readonly design: string;
  readonly arms: number;
  /** In each arm. */
  readonly samples: number;
  readonly unit: string;
  readonly ratePerS: number;
  /** Between arms: ramp, restart, temperature. */
  readonly settleS: number;
  /** What the samples can show. */
  readonly detects: string;
}

export interface SettleBench {
  /** null: none were given. */
  readonly recordings: Recordings | null;
  readonly seed: number;
  readonly progress: (label: string, done: number, total: number) => void;
}

export interface ClaimRow {
  /** Its number in CLAIMS.md, section A. */
  readonly row: number;
  /** How the command line calls it. */
  readonly name: string;
  readonly claim: string;
  readonly published: string;
  readonly device: string;
  readonly kind: ClaimKind;
  /** What must be measured for an answer. */
  readonly question: string;
  /** How `run` measures it: the methods section prints this. Empty where nothing runs. */
  readonly method: string;
  readonly controls: readonly string[];
  /** What it would take on a rig; null where no rig can add anything. */
  readonly rig: RigNeed | null;
  /** Null where there is nothing to run without a rig. Resolves with null when its recordings are not there. */
  readonly run: ((bench: SettleBench) => Promise<Finding | null>) | null;
}

/** A row, settled as far as it can be. */
export interface Settled extends Finding {
  readonly row: number;
  readonly name: string;
  readonly claim: string;
  readonly published: string;
  readonly device: string;
  readonly kind: ClaimKind;
}

/** Hours on the rig, settling included. */
export function rigHours({ arms, samples, ratePerS, settleS }: RigNeed): number {
  return (arms * (samples / ratePerS + settleS)) / 3600;
}

export function computed(name: string, seed: number, draws: number): Evidence {
  return { id: `computation:${name}:${seed}:${draws}`, kind: "computation", name, seed, draws };
}
