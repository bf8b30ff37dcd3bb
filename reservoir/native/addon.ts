import { createRequire } from "node:module";
import type { StatisticsKernels } from "./statistics-kernels.ts";

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
  /** 0: all products in float64. Above: features' products in float32, refused when their estimated error of the weights exceeds this. */
  readonly float32Bound: number;
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
  readonly failure:
    | "none"
    | "out-of-memory"
    | "non-finite-x"
    | "non-finite-y"
    | "constant-feature"
    | "not-positive-definite"
    | "float32-unsafe";
  /** Where a non-finite value is. */
  readonly row: number;
  /** The feature (or target, for non-finite-y) that failed. */
  readonly column: number;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** lambdas x targets; empty without folds. NaN where a fold could not be factored. */
  readonly cvMse: Float64Array;
  /** With products in float32: the largest estimated relative error of the weights that was found, and its lambda. 0 otherwise. */
  readonly float32Error: number;
  readonly float32ErrorLambda: number;
  /** Index into lambdas. */
  readonly chosen: number;
  readonly fits: readonly RidgeSolution[];
}

/** An echo state network: x <- (1 - a) x + a tanh(W x + Win u + bias). */
export interface EsnNetwork {
  readonly nodes: number;
  readonly inputs: number;
  /** W by compressed rows: row i has entries rowStart[i] .. rowStart[i + 1] - 1 of column and value. */
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly value: Float64Array;
  /** nodes x inputs. */
  readonly inputWeights: Float64Array;
  readonly bias: Float64Array;
  /** a, in (0, 1]. */
  readonly leak: number;
}

/** One run of a network. `state` and `states` are written on another thread: leave all arrays alone until the promise settles. */
export interface EsnRun {
  readonly steps: number;
  /** steps x inputs. */
  readonly input: Float64Array;
  /** In: the state before the first step. Out: the state after the last. */
  readonly state: Float64Array;
  /** Out, steps x nodes: row t is the state after input t. */
  readonly states: Float64Array;
}

/** Arguments of `harvest`: a network and one run of it. */
export interface HarvestOptions extends EsnNetwork, EsnRun {}

/** A network that was copied into the layout which suits the processor: any number of runs, several at once if need be. */
export interface EsnKernel {
  harvest(run: EsnRun): Promise<void>;
  /** What one step reads and writes, the weights in their layout foremost. */
  readonly bytesPerStep: number;
}

/** Sums over rows that come in blocks. One call at a time: a call before the last promise has settled throws. */
export interface AccumulatorKernel {
  /** Adds rows in time order to the current fold; x and y as in RidgeOptions. A block with a value that is not finite is not added. */
  addRows(block: Pick<RidgeOptions, "x" | "y" | "rows">): Promise<Pick<RidgeAnswer, "failure" | "row" | "column">>;
  /** The rows that follow are a new fold; false when there is no memory for one. */
  startFold(): boolean;
  /** With two folds or more the best lambda is chosen by cross-validation, else by GCV; wholePath gives them all. No looMse. */
  solve(how: Pick<RidgeOptions, "lambdas" | "standardise" | "wholePath">): Promise<RidgeAnswer>;
}

export interface RlsOptions {
  readonly features: number;
  readonly targets: number;
  /** In (0, 1]; 1 forgets nothing. */
  readonly forgetting: number;
  /** Above 0: the inverse correlation matrix starts as I / delta. */
  readonly delta: number;
}

export interface RlsKernel {
  /**
   * Learns rows (x: rows x features, y: rows x targets) one after the other; `errors` (rows x targets) receives what each prediction
   * missed before its row was learnt. False, with the remaining rows not learnt, when the inverse correlation has grown beyond all bounds.
   */
  update(block: { readonly x: Float64Array; readonly y: Float64Array; readonly rows: number; readonly errors: Float64Array }): boolean;
  /** targets x features, a copy. */
  weights(): Float64Array;
  /** Trace of the inverse correlation matrix. */
  inverseTrace(): number;
}

/** A readout whose input and output have fixed places: write `input`, call `step`, read `output`. Nothing is allocated. */
export interface BoundReadout {
  readonly input: Float64Array;
  readonly output: Float64Array;
  /** output[t] = intercept[t] + weights[t] . input */
  step(): void;
}

/** The heavy work of this folder, natively or in TypeScript (readout/portable/). */
export interface ReservoirKernels {
  /** Every failure is named in the answer. The native ones throw TypeError when an argument has the wrong type or size. */
  ridge(options: RidgeOptions): Promise<RidgeAnswer>;
  /** null when there is no memory for it. */
  createAccumulator(sizes: Pick<RidgeOptions, "features" | "targets" | "float32Bound">): AccumulatorKernel | null;
  /** null when there is no memory for it. */
  createRls(options: RlsOptions): RlsKernel | null;
  /** weights is targets x features. null when there is no memory for it. */
  bindReadout(fitted: {
    readonly features: number;
    readonly targets: number;
    readonly weights: Float64Array;
    readonly intercepts: Float64Array;
  }): BoundReadout | null;
  /** null when there is no memory for it. */
  createEsn(network: EsnNetwork): EsnKernel | null;
  /** createEsn and one run. */
  harvest(options: HarvestOptions): Promise<void>;
  /** "avx512", "avx2", "neon", "portable"; "typescript" without the addon. */
  kernelName(): string;
}

/** What became of a request for an installed BLAS; with all but "loaded" the own kernels work. */
export type BlasAnswer = "off" | "loaded" | "not-found" | "no-dsyrk" | "wrong-answer" | "not-faster";

export interface ReservoirAddon extends ReservoirKernels {
  readonly statistics: StatisticsKernels;
  /** Forces a kernel; false when this processor lacks it. For tests and bug reports. */
  useKernel(name: string): boolean;
  /**
   * Sums of products and factorisations by the BLAS at this path (or by this name, as libopenblas.so.0), on as many threads as useThreads
   * says; "off" for the own kernels; "auto" for OpenBLAS where it is installed and measured to be faster here, each of the two by itself. Takes effect for ridge regressions begun after it.
   */
  useBlas(path: string): BlasAnswer;
  /** Threads to work with, 1 to 8; 0 for one per processor. Returns how many that is. */
  useThreads(options: { readonly threads: number }): number;
  /** What this processor can do right now: multiply-adds on all threads in use, and one thread reading `bytes` over and over. */
  probe(options: { readonly bytes: number; readonly seconds: number }): {
    readonly flopsPerSecond: number;
    readonly bytesPerSecond: number;
  };
}

/** The addon, or null when it has not been built (`make native`) or cannot be loaded here. */
export function loadAddon(): ReservoirAddon | null {
  try {
    return createRequire(import.meta.url)("#native/reservoir") as ReservoirAddon;
  } catch {
    return null;
  }
}
