import type { RidgeAnswer, RidgeOptions, RidgeSolution } from "../../native/addon.ts";
import { Moments } from "./moments.ts";
import { NormalEquations, type Solution } from "./normal-equations.ts";

const NOTHING = new Float64Array(0);
/** Rows that vote on where a column lies. */
const SAMPLED = 1024;

/** An answer without a solution. */
export function failed(failure: RidgeAnswer["failure"], row = 0, column = 0): RidgeAnswer {
  return {
    failure,
    row,
    column,
    mean: NOTHING,
    scale: NOTHING,
    cvMse: NOTHING,
    float32Error: 0,
    float32ErrorLambda: 0,
    chosen: 0,
    fits: [],
  };
}

/** The largest error by float32 products of the solutions so far, as RidgeResult::trusts of native/ridge.h. */
export class Float32Watch {
  private readonly bound: number;
  float32Error = 0;
  float32ErrorLambda = 0;

  constructor(bound: number) {
    this.bound = bound;
  }

  /** After a solve for lambda. A factorisation that failed says nothing of the matrix in float64. */
  trusts(equations: NormalEquations, lambda: number, { failedPivot }: Solution): boolean {
    if (this.bound === 0) return true;
    const error = failedPivot < 0 ? equations.float32Error() : Number.POSITIVE_INFINITY;
    if (!(error <= this.float32Error)) {
      this.float32Error = error;
      this.float32ErrorLambda = lambda;
    }
    return error <= this.bound;
  }

  get errors() {
    return { float32Error: this.float32Error, float32ErrorLambda: this.float32ErrorLambda };
  }

  get refusal(): RidgeAnswer {
    return { ...failed("float32-unsafe"), ...this.errors };
  }
}

/** The first value that is not finite, as an answer; null when there is none. */
export function findNonFinite({ x, y, rows, features, targets }: Pick<RidgeOptions, "x" | "y" | "rows" | "features" | "targets">) {
  const inX = x.subarray(0, rows * features).findIndex((value) => !Number.isFinite(value));
  if (inX >= 0) return failed("non-finite-x", Math.floor(inX / features), inX % features);
  const inY = y.subarray(0, rows * targets).findIndex((value) => !Number.isFinite(value));
  return inY >= 0 ? failed("non-finite-y", Math.floor(inY / targets), inY % targets) : null;
}

/** About the means of the columns, from rows spread over all: sums are taken about these. */
export function sampledMeans({ x, y, rows, features, targets }: Pick<RidgeOptions, "x" | "y" | "rows" | "features" | "targets">) {
  const sampled = Math.min(rows, SAMPLED);
  const mean = new Float64Array(features + targets);
  for (let s = 0; s < sampled; s++) {
    const r = Math.floor((s * rows) / sampled);
    for (let i = 0; i < features; i++) mean[i] = (mean[i] as number) + (x[r * features + i] as number) / sampled;
    for (let t = 0; t < targets; t++) mean[features + t] = (mean[features + t] as number) + (y[r * targets + t] as number) / sampled;
  }
  return mean;
}

/** About the standard deviations of the features, from the same rows; `mean` is about theirs. */
export function sampledSpread({ x, rows, features }: Pick<RidgeOptions, "x" | "rows" | "features">, mean: Float64Array): Float64Array {
  const sampled = Math.min(rows, SAMPLED);
  const squares = new Float64Array(features);
  for (let s = 0; s < sampled; s++) {
    const r = Math.floor((s * rows) / sampled);
    for (let i = 0; i < features; i++) squares[i] = (squares[i] as number) + ((x[r * features + i] as number) - (mean[i] as number)) ** 2;
  }
  return squares.map((sum) => Math.sqrt(sum / sampled));
}

/** Turns summed squared errors (lambdas x targets) into means, in place, and gives the index of the least total; -1 when none is finite. */
export function chooseLambda(cvMse: Float64Array, rows: number, targets: number): number {
  let chosen = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let l = 0; l * targets < cvMse.length; l++) {
    let total = 0;
    for (let t = 0; t < targets; t++) total += cvMse[l * targets + t] = (cvMse[l * targets + t] as number) / rows;
    if (total < least) {
      least = total;
      chosen = l;
    }
  }
  return chosen;
}

function errorAt({ x, y, features, targets }: RidgeOptions, { weights, intercepts }: Solution, r: number, t: number): number {
  let error = (y[r * targets + t] as number) - (intercepts[t] as number);
  for (let i = 0; i < features; i++) error -= (weights[t * features + i] as number) * (x[r * features + i] as number);
  return error;
}

function diagnose(options: RidgeOptions, equations: NormalEquations, lambda: number, solution: Solution): RidgeSolution {
  const { rows, targets } = options;
  const trainMse = new Float64Array(targets);
  const looMse = new Float64Array(targets);
  let degreesOfFreedom = 0;
  for (let r = 0; r < rows; r++) {
    const leverage = equations.leverage(options.x, r);
    degreesOfFreedom += leverage;
    for (let t = 0; t < targets; t++) {
      const error = errorAt(options, solution, r, t);
      trainMse[t] = (trainMse[t] as number) + error ** 2 / rows;
      looMse[t] = (looMse[t] as number) + (error / (1 - leverage)) ** 2 / rows;
    }
  }
  const gcv = trainMse.map((mse) => mse / (1 - degreesOfFreedom / rows) ** 2);
  return { lambda, ...solution, degreesOfFreedom, trainMse, looMse, gcv };
}

/** Ridge regression with time-ordered cross-validation, as native/ridge.h. */
export function portableRidge(options: RidgeOptions): RidgeAnswer {
  const { x, y, rows, features, targets, standardise } = options;
  const refused = findNonFinite(options);
  if (refused) return refused;
  const shift = sampledMeans(options);
  const spread = options.float32Bound > 0 ? sampledSpread(options, shift) : null;
  const watch = new Float32Watch(options.float32Bound);
  const parts = Math.max(1, options.folds);
  const edges = [0];
  const folds = Array.from({ length: parts }, (_, fold) => {
    const from = edges[fold] as number;
    const to = from + Math.floor(rows / parts) + (fold < rows % parts ? 1 : 0);
    edges.push(to);
    const moments = new Moments(features, targets, shift, spread);
    moments.addRows(x, y, from, to);
    return moments;
  });
  const lambdas = [...options.lambdas];
  let cvMse = NOTHING;
  let chosen = 0;
  if (options.folds > 0) {
    cvMse = new Float64Array(lambdas.length * targets);
    for (const fold of folds.keys()) {
      const rest = new NormalEquations(Moments.sumOf(folds.filter((_, other) => other !== fold)), standardise);
      for (const [l, lambda] of lambdas.entries()) {
        const solution = rest.solve(lambda);
        if (!watch.trusts(rest, lambda, solution)) return watch.refusal;
        for (let t = 0; t < targets; t++) {
          let sum = solution.failedPivot >= 0 ? Number.NaN : (cvMse[l * targets + t] as number);
          if (!Number.isNaN(sum))
            for (let r = edges[fold] as number; r < (edges[fold + 1] as number); r++) sum += errorAt(options, solution, r, t) ** 2;
          cvMse[l * targets + t] = sum;
        }
      }
    }
    chosen = chooseLambda(cvMse, rows, targets);
  }
  const equations = new NormalEquations(Moments.sumOf(folds), standardise);
  if (standardise && equations.firstConstant >= 0) return failed("constant-feature", 0, equations.firstConstant);
  if (chosen < 0) return { ...failed("not-positive-definite"), cvMse };
  const fits: RidgeSolution[] = [];
  let column = 0;
  for (const [l, lambda] of lambdas.entries()) {
    if (!options.wholePath && l !== chosen) continue;
    const solution = equations.solve(lambda);
    if (!watch.trusts(equations, lambda, solution)) return watch.refusal;
    if (solution.failedPivot >= 0) {
      column = solution.failedPivot;
      if (!options.wholePath) return { ...failed("not-positive-definite", 0, column), cvMse };
    }
    fits.push(
      options.diagnostics && solution.failedPivot < 0
        ? diagnose(options, equations, lambda, solution)
        : { lambda, ...solution, degreesOfFreedom: 0, trainMse: NOTHING, looMse: NOTHING, gcv: NOTHING },
    );
  }
  const { mean, scale } = equations;
  return { failure: "none", row: 0, column, mean: mean.slice(0, features), scale, cvMse, ...watch.errors, chosen, fits };
}
