import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import type { RlsKernel } from "../native/addon.ts";
import { kernels } from "./kernels.ts";
import { made } from "./refusal.ts";

export interface RlsSettings {
  readonly features: number;
  readonly targets?: number;
  /** Weight of a row is forgetting^age, in (0, 1] (default 1: nothing is forgotten). About 1 / (1 - forgetting) rows count. */
  readonly forgetting?: number;
  /** Above 0 (default 0.1): the ridge penalty at the start, which is forgotten like the rows. */
  readonly delta?: number;
  /** Also learn an intercept, penalised like a weight (default true). */
  readonly intercept?: boolean;
}

/**
 * Recursive least squares: a readout that learns row by row, online. After n rows its weights minimise
 * sum_i forgetting^(n-i) (y_i - w x_i)^2 + delta forgetting^n |w|^2 (equal to ridge at forgetting 1), with the inverse correlation in
 * factored form, so that rounding cannot spoil it. specs/reservoir.md 7 and oracle `rls`.
 */
export class Rls {
  private readonly kernel: RlsKernel;
  private readonly features: number;
  private readonly targets: number;
  private readonly ones: 0 | 1;
  private healthy = true;

  /** ScienceError RLS_SETTINGS, OUT_OF_MEMORY. */
  constructor(settings: RlsSettings) {
    const { features, targets = 1, forgetting = 1, delta = 0.1, intercept = true } = settings;
    const whole = [features, targets].every((count) => Number.isInteger(count) && count >= 1);
    if (!whole || !(forgetting > 0 && forgetting <= 1) || !(delta > 0 && Number.isFinite(delta) && Number.isFinite(1 / delta)))
      throw new ScienceError(
        "RLS_SETTINGS",
        `Recursive least squares with ${features} features, ${targets} targets, forgetting ${forgetting} and delta ${delta} cannot be set up.`,
        "Use at least one feature and target, forgetting above 0 and at most 1, delta above 0.",
      );
    this.features = features;
    this.targets = targets;
    this.ones = intercept ? 1 : 0;
    this.kernel = made(kernels().createRls({ features: features + this.ones, targets, forgetting, delta }));
  }

  /**
   * Learns one row or many (x: rows x features, y: rows x targets), one after the other; blocks of 16 and more are fastest. Returns
   * rows x targets: what each prediction missed before its row was learnt. Runs on this thread.
   * ScienceError MATRIX_SHAPE; NON_FINITE, and then nothing is learnt; RLS_WIND_UP.
   */
  update(x: Matrix, y: Matrix): Float64Array {
    if (x.cols !== this.features || y.cols !== this.targets || x.rows !== y.rows)
      throw new ScienceError(
        "MATRIX_SHAPE",
        `Rows of ${x.cols} features (${x.rows}) and ${y.cols} targets (${y.rows}) do not fit ${this.features} features and ${this.targets} targets.`,
        "Learn the features and targets that the readout was made for.",
      );
    for (const [what, { data, cols }] of [["feature", x] as const, ["target", y] as const]) {
      const at = data.findIndex((value) => !Number.isFinite(value));
      if (at >= 0)
        throw new ScienceError(
          "NON_FINITE",
          `A ${what} is not finite at row ${Math.floor(at / cols)}, column ${at % cols}.`,
          "Leave out invalid steps; never fill them in.",
          { row: Math.floor(at / cols), column: at % cols },
        );
    }
    const errors = new Float64Array(x.rows * this.targets);
    this.healthy &&= this.kernel.update({ x: this.extended(x), y: y.data, rows: x.rows, errors });
    if (!this.healthy)
      throw new ScienceError(
        "RLS_WIND_UP",
        "The readout has forgotten whole directions of its features: nothing new was seen there for too long.",
        "Use a forgetting factor nearer to 1, or leave out features that rest.",
      );
    return errors;
  }

  /** Weights (targets x features) and intercepts (zeros without) as they are now. */
  model(): { readonly weights: Float64Array; readonly intercepts: Float64Array } {
    const { features, targets, ones } = this;
    const all = this.kernel.weights();
    const weights = new Float64Array(targets * features);
    const intercepts = new Float64Array(targets);
    for (let t = 0; t < targets; t++) {
      const from = t * (features + ones);
      if (ones === 1) intercepts[t] = all[from] as number;
      weights.set(all.subarray(from + ones, from + ones + features), t * features);
    }
    return { weights, intercepts };
  }

  /** Trace of the inverse correlation matrix, the intercept's part included: how uncertain the weights still are. */
  inverseTrace(): number {
    return this.kernel.inverseTrace();
  }

  private extended(x: Matrix): Float64Array {
    if (this.ones === 0) return x.data;
    const width = this.features + 1;
    const out = new Float64Array(x.rows * width);
    for (let r = 0; r < x.rows; r++) {
      out[r * width] = 1;
      out.set(x.data.subarray(r * x.cols, (r + 1) * x.cols), r * width + 1);
    }
    return out;
  }
}
