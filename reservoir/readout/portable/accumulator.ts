import type { AccumulatorKernel, RidgeAnswer, RidgeOptions, RidgeSolution } from "../../native/addon.ts";
import { Moments } from "./moments.ts";
import { NormalEquations, type Solution } from "./normal-equations.ts";
import { chooseLambda, Float32Watch, failed, findNonFinite, sampledMeans, sampledSpread } from "./ridge.ts";

/** Rows of the first block that vote on where a column lies. */
const SAMPLED = 1024;

/** Summed squared errors from sums alone, never less than their own rounding error, as native/accumulator.cc. */
function squaredErrors(moments: Moments, { weights, intercepts }: Solution, target: number): number {
  const { features } = moments;
  const y = features + target;
  let sum = moments.centred(y, y);
  let magnitude = Math.sqrt(Math.max(0, sum));
  let offset = moments.mean(y) - (intercepts[target] as number);
  for (let i = 0; i < features; i++) {
    const w = weights[target * features + i] as number;
    offset -= w * moments.mean(i);
    magnitude += Math.abs(w) * Math.sqrt(Math.max(0, moments.centred(i, i)));
    let inner = w * moments.centred(i, i) - 2 * moments.centred(y, i);
    for (let j = 0; j < i; j++) inner += 2 * (weights[target * features + j] as number) * moments.centred(i, j);
    sum += w * inner;
  }
  return Math.max(sum + moments.count * offset * offset, 4 * Number.EPSILON * magnitude * magnitude);
}

/** Ridge regression from rows that come in blocks and are not kept, as native/accumulator.h. */
export class PortableAccumulator implements AccumulatorKernel {
  private readonly features: number;
  private readonly targets: number;
  private readonly float32Bound: number;
  private shift: Float64Array | null = null;
  private spread: Float64Array | null = null;
  private readonly folds: Moments[] = [];
  private fresh = true;

  constructor({ features, targets, float32Bound }: Pick<RidgeOptions, "features" | "targets" | "float32Bound">) {
    this.float32Bound = float32Bound;
    this.features = features;
    this.targets = targets;
  }

  async addRows(block: Pick<RidgeOptions, "x" | "y" | "rows">): Promise<RidgeAnswer> {
    const { features, targets } = this;
    const refused = findNonFinite({ ...block, features, targets });
    if (refused || block.rows === 0) return refused ?? failed("none");
    this.shift ??= sampledMeans({ ...block, rows: Math.min(block.rows, SAMPLED), features, targets });
    if (this.float32Bound > 0) this.spread ??= sampledSpread({ ...block, rows: Math.min(block.rows, SAMPLED), features }, this.shift);
    if (this.fresh) this.folds.push(new Moments(features, targets, this.shift, this.spread));
    this.fresh = false;
    this.folds.at(-1)?.addRows(block.x, block.y, 0, block.rows);
    return failed("none");
  }

  startFold(): boolean {
    this.fresh = true;
    return true;
  }

  async solve({ lambdas, standardise, wholePath }: Pick<RidgeOptions, "lambdas" | "standardise" | "wholePath">): Promise<RidgeAnswer> {
    const { features, targets, folds } = this;
    const all = Moments.sumOf(folds);
    const watch = new Float32Watch(this.float32Bound);
    const rows = all.count;
    const crossValidated = folds.length > 1;
    const cvMse = new Float64Array(crossValidated ? lambdas.length * targets : 0);
    if (crossValidated)
      for (const [f, fold] of folds.entries()) {
        const rest = new NormalEquations(Moments.sumOf(folds.filter((_, other) => other !== f)), standardise);
        for (const [l, lambda] of lambdas.entries()) {
          const solution = rest.solve(lambda);
          if (!watch.trusts(rest, lambda, solution)) return watch.refusal;
          for (let t = 0; t < targets; t++) {
            const squares = solution.failedPivot >= 0 ? Number.NaN : squaredErrors(fold, solution, t);
            cvMse[l * targets + t] = (cvMse[l * targets + t] as number) + squares;
          }
        }
      }
    let chosen = crossValidated ? chooseLambda(cvMse, rows, targets) : 0;
    const equations = new NormalEquations(all, standardise);
    if (standardise && equations.firstConstant >= 0) return failed("constant-feature", 0, equations.firstConstant);
    if (chosen < 0) return { ...failed("not-positive-definite"), cvMse };
    let trusted = true;
    const every = Array.from(lambdas, (lambda): RidgeSolution => {
      const solution = equations.solve(lambda);
      trusted &&= watch.trusts(equations, lambda, solution);
      if (solution.failedPivot >= 0) {
        const nothing = new Float64Array(0);
        return { lambda, ...solution, degreesOfFreedom: 0, trainMse: nothing, looMse: nothing, gcv: nothing };
      }
      const degreesOfFreedom = equations.degreesOfFreedom(lambda);
      const trainMse = Float64Array.from({ length: targets }, (_, t) => squaredErrors(all, solution, t) / rows);
      const gcv = trainMse.map((mse) => mse / (1 - degreesOfFreedom / rows) ** 2);
      return { lambda, ...solution, degreesOfFreedom, trainMse, looMse: new Float64Array(0), gcv };
    });
    if (!trusted) return watch.refusal;
    if (!crossValidated) {
      const totals = every.map((fit) => (fit.failedPivot >= 0 ? Number.POSITIVE_INFINITY : fit.gcv.reduce((a, b) => a + b, 0)));
      chosen = totals.indexOf(Math.min(...totals));
    }
    const fits = wholePath ? every : [every[chosen] as RidgeSolution];
    const column = Math.max(0, ...fits.map((fit) => fit.failedPivot));
    if (!wholePath && (fits[0]?.failedPivot ?? -1) >= 0) return { ...failed("not-positive-definite", 0, column), cvMse };
    const { mean, scale } = equations;
    return { failure: "none", row: 0, column, mean: mean.slice(0, features), scale, cvMse, ...watch.errors, chosen, fits };
  }
}
