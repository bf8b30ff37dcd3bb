import { ScienceError } from "../common/errors.ts";
import { type Matrix, matrix } from "./matrix.ts";
import type { Emitted, Substrate } from "./substrate.ts";

/** What a substrate answered to a whole input series: one row per step. */
export interface Driven {
  readonly names: readonly string[];
  /** steps x features. Rows of invalid steps are NaN. */
  readonly states: Matrix;
  /** 1 where the step counts. */
  readonly valid: Uint8Array;
  readonly emitted: readonly (readonly Emitted[])[];
  /** How many steps were invalid, by reason. */
  readonly invalid: ReadonlyMap<string, number>;
}

export interface DriveSettings {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens the substrate, applies u[0], u[1], ... one step at a time, and closes it. ScienceError FEATURE_COUNT when a valid step does not
 * bring one value per feature name; otherwise whatever the substrate or the signal throws.
 */
export async function drive(substrate: Substrate, u: Float64Array, settings: DriveSettings = {}): Promise<Driven> {
  const { signal, onProgress } = settings;
  const names = substrate.featureNames;
  const states = matrix(u.length, names.length);
  const valid = new Uint8Array(u.length);
  const emitted: (readonly Emitted[])[] = [];
  const invalid = new Map<string, number>();
  await substrate.open?.(signal);
  try {
    for (let t = 0; t < u.length; t++) {
      signal?.throwIfAborted();
      const outcome = await substrate.step(u[t] as number, t, signal);
      emitted.push(outcome.emitted);
      if (outcome.valid) {
        if (outcome.features.length !== names.length)
          throw new ScienceError(
            "FEATURE_COUNT",
            `${substrate.name} gave ${outcome.features.length} features at step ${t} and names ${names.length}.`,
            "A substrate must answer every valid step with one value per feature name.",
            { step: t },
          );
        states.data.set(outcome.features, t * names.length);
        valid[t] = 1;
      } else {
        states.data.fill(Number.NaN, t * names.length, (t + 1) * names.length);
        const reason = outcome.reason ?? "no reason given";
        invalid.set(reason, (invalid.get(reason) ?? 0) + 1);
      }
      onProgress?.(t + 1, u.length);
    }
  } finally {
    await substrate.close?.();
  }
  return { names, states, valid, emitted, invalid };
}
