import type { Origin } from "../common/origin.ts";

/** What the encoder actually did to one knob, as logged at the device boundary. Without it an encoder with memory passes for a computer (specs/reservoir.md 5). */
export interface Emitted {
  readonly knob: string;
  readonly value: number;
}

export interface StepOutcome {
  /** One value per feature name, read before the next input is applied. Ignored when the step is invalid. */
  readonly features: Float64Array;
  readonly emitted: readonly Emitted[];
  /** False when the set-point was not reached or the reading is not to be trusted: the step is left out, counted and reported. */
  readonly valid: boolean;
  /** Why the step is invalid, in words that can be counted. */
  readonly reason?: string;
}

/** Anything that takes an input and answers with features: a rig, a twin, a recording, or a control in software. */
export interface Substrate {
  readonly name: string;
  readonly origin: Origin | "software";
  readonly featureNames: readonly string[];
  /** Brings it to the state in which step 0 may be applied. */
  open?(signal?: AbortSignal): Promise<void>;
  /** Applies input u of step `index` (0, 1, 2, ...) and reads the features. Rejects only when the experiment cannot go on. */
  step(u: number, index: number, signal?: AbortSignal): Promise<StepOutcome>;
  /** Called once after open(), whatever happened in between. */
  close?(): void | Promise<void>;
}
