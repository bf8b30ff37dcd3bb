/** A row of CLAIMS.md section A as this instrument settles it, and what settling it leaves behind. */
import type { Origin } from "../../common/origin.ts";
import type { Answer } from "../../reservoir/verdict/gate/conclusion.ts";
import type { EvidenceBook } from "./evidence/book.ts";
import type { Recordings } from "./recordings.ts";

/** What a verdict rests on. */
export type ClaimKind = "software" | "recording" | "hardware";

/** A number of a finding, with the interval it belongs in where there is one. */
export interface Quantity {
  readonly name: string;
  readonly value: number | string;
  readonly band?: readonly [number, number];
  /** What the band is, such as "95 % of a Poisson process". */
  readonly bandOf?: string;
}

/** Lines of a file, the first is 1: "2-65". The hash is of the whole file. */
interface Lines {
  readonly file: string;
  readonly sha256: string;
  readonly rows: string;
}

/**
 * What a verdict can be traced to. `file`: a recording, in its folder. `table`: rows that this program computed, kept beside the report, and what it takes to
 * compute them again. `rows`: rows of the database beside the report, by their ids; the hash is of their contents (evidence/stored-rows.ts).
 */
export type Evidence =
  | ({ readonly id: string; readonly kind: "file" } & Lines)
  | ({ readonly id: string; readonly kind: "table"; readonly name: string; readonly seed: number; readonly draws: number } & Lines)
  | StoredRows;

export interface StoredRows {
  readonly id: string;
  readonly kind: "rows";
  readonly database: string;
  readonly run: number;
  readonly table: "nonce_chunks" | "results" | "samples";
  /** First and last id; all of the run's rows of the table between them. */
  readonly ids: readonly [number, number];
  readonly count: number;
  readonly sha256: string;
}

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
  readonly evidence: EvidenceBook;
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

/** What a twin did where a board would be. It has no verdict: what a twin shows is true of the twin, and it must never make a claim come true. */
export interface Rehearsal {
  readonly origin: "twin";
  /** What was rehearsed, at which rate, and for how long on the twin's clock. */
  readonly design: string;
  readonly measured: readonly Quantity[];
  readonly controls: readonly Quantity[];
  readonly sampleSize: string;
  /** What it says of the design on a rig, and what it cannot say. */
  readonly shows: string;
  readonly evidence: readonly Evidence[];
  readonly plots: readonly Plot[];
}

/** A row, settled as far as it can be. */
export interface Settled extends Finding {
  /** null before `settle rehearse`, and where a twin has nothing to say. */
  readonly rehearsal: Rehearsal | null;
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
