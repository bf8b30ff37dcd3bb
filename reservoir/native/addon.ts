import { createRequire } from "node:module";
import { ScienceError } from "../../common/errors.ts";

/** Arguments of `ridge`. The arrays are read in place on another thread: they must not change until the promise settles. */
export interface RidgeOptions {
  /** rows x features, row-major. */
  readonly x: Float64Array;
  /** rows x targets, row-major. */
  readonly y: Float64Array;
  readonly rows: number;
  readonly features: number;
  readonly targets: number;
  readonly lambdas: Float64Array;
  /** 0 for none. */
  readonly folds: number;
  readonly standardise: boolean;
  readonly diagnostics: boolean;
  /** Solve for every lambda, or only for the chosen one. */
  readonly wholePath: boolean;
}

export interface RidgeSolution {
  readonly lambda: number;
  /** Feature at which the factorisation failed; -1 when it did not. */
  readonly failedPivot: number;
  /** targets x features, for x as given. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
  /** The next four are set only when diagnostics were asked for. Mean squared errors have one entry per target. */
  readonly degreesOfFreedom: number;
  readonly trainMse: Float64Array;
  readonly looMse: Float64Array;
  readonly gcv: Float64Array;
}

export interface RidgeAnswer {
  readonly failure: "none" | "out-of-memory" | "non-finite-x" | "non-finite-y" | "constant-feature" | "not-positive-definite";
  /** Where a non-finite value is. */
  readonly row: number;
  /** The feature (or target, for non-finite-y) that failed. */
  readonly column: number;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** lambdas x targets; empty without folds. NaN where a fold could not be factored. */
  readonly cvMse: Float64Array;
  /** Index into lambdas. */
  readonly chosen: number;
  readonly fits: readonly RidgeSolution[];
}

/** Arguments of `harvest`. `state` and `states` are written on another thread: leave all arrays alone until the promise settles. */
export interface HarvestOptions {
  readonly nodes: number;
  readonly inputs: number;
  readonly steps: number;
  /** W by compressed rows: row i has entries rowStart[i] .. rowStart[i + 1] - 1 of column and value. */
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly value: Float64Array;
  /** nodes x inputs. */
  readonly inputWeights: Float64Array;
  readonly bias: Float64Array;
  /** In (0, 1]. */
  readonly leak: number;
  /** steps x inputs. */
  readonly input: Float64Array;
  /** In: the state before the first step. Out: the state after the last. */
  readonly state: Float64Array;
  /** Out, steps x nodes: row t is the state after input t. */
  readonly states: Float64Array;
}

export interface ReservoirAddon {
  /** Throws TypeError when an argument has the wrong type or size; every other failure is named in the answer. */
  ridge(options: RidgeOptions): Promise<RidgeAnswer>;
  /** Throws TypeError when an argument has the wrong type or size or is not finite. */
  harvest(options: HarvestOptions): Promise<void>;
  /** "avx512", "avx2" or "portable". */
  kernelName(): string;
  /** Forces a kernel; false when this processor lacks it. For tests and bug reports. */
  useKernel(name: string): boolean;
}

function load(): ReservoirAddon {
  try {
    return createRequire(import.meta.url)("#native/reservoir") as ReservoirAddon;
  } catch (cause) {
    throw new ScienceError(
      "NATIVE_MISSING",
      "The reservoir addon could not be loaded.",
      "Run `make native` in the project folder.",
      {},
      cause,
    );
  }
}

export const addon = load();
