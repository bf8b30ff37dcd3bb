import { Cholesky } from "./cholesky.ts";
import { type Moments, PROBES } from "./moments.ts";

export interface Solution {
  readonly failedPivot: number;
  /** targets x features, for x as given. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
}

/** The normal equations of ridge regression for one set of rows, solvable for any lambda, as native/normal_equations.h. */
export class NormalEquations {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly count: number;
  /** Columns that do not vary in these rows; their weight is 0. */
  private readonly constant: boolean[];
  private readonly features: number;
  private readonly targets: number;
  private readonly gram: Float64Array;
  private readonly right: Float64Array;
  private readonly cholesky: Cholesky;
  /** PROBES x features, of standardised features; empty with products in float64. */
  private readonly probedErrors: Float64Array;
  /** Of each standardised feature. */
  private readonly spread: Float64Array | null;

  constructor(moments: Moments, standardise: boolean) {
    const { features, targets, count } = moments;
    this.features = features;
    this.targets = targets;
    this.count = count;
    this.mean = Float64Array.from({ length: features + targets }, (_, i) => moments.mean(i));
    const variance = Float64Array.from({ length: features }, (_, i) => Math.max(0, moments.centred(i, i)) / count);
    // The shift itself is known to half an ulp: less spread than that is rounding, not signal.
    this.constant = Array.from(variance, (v, i) => !(v > (4 * Number.EPSILON * Math.abs(this.mean[i] as number)) ** 2));
    this.scale = variance.map((v, i) => (standardise && !this.constant[i] ? Math.sqrt(v) : 1));
    this.gram = new Float64Array(features * features);
    this.right = new Float64Array(targets * features);
    this.cholesky = new Cholesky(features);
    this.spread = moments.spread?.map((value, i) => value / (this.scale[i] as number)) ?? null;
    const scaleAt = (at: number) => (this.constant[at % features] ? Number.POSITIVE_INFINITY : (this.scale[at % features] as number));
    this.probedErrors = this.spread === null ? new Float64Array(0) : moments.probedErrors().map((error, at) => error / scaleAt(at));
    for (let i = 0; i < features; i++) {
      const scale = this.scale[i] as number;
      for (let j = 0; j <= i; j++)
        this.gram[i * features + j] =
          this.constant[i] || this.constant[j] ? 0 : moments.centred(i, j) / (scale * (this.scale[j] as number));
      if (this.constant[i]) this.gram[i * features + i] = count;
      for (let t = 0; t < targets; t++) this.right[t * features + i] = this.constant[i] ? 0 : moments.centred(features + t, i) / scale;
    }
  }

  /** After a solve: the relative error of the weights that float32 products made, as native/normal_equations.h; 0 with float64. */
  float32Error(): number {
    const { features, spread } = this;
    if (spread === null) return 0;
    const solved = this.probedErrors.slice();
    for (let p = 0; p < PROBES; p++) this.cholesky.solve(solved.subarray(p * features, (p + 1) * features));
    return Math.sqrt(solved.reduce((sum, value, at) => sum + (value * (spread[at % features] as number)) ** 2, 0) / PROBES);
  }

  /** First column that does not vary, or -1. */
  get firstConstant(): number {
    return this.constant.indexOf(true);
  }

  solve(lambda: number): Solution {
    const { features, targets, cholesky } = this;
    cholesky.l.set(this.gram);
    for (let i = 0; i < features; i++) cholesky.l[i * features + i] = (cholesky.l[i * features + i] as number) + lambda;
    const failedPivot = cholesky.factor();
    if (failedPivot >= 0) return { failedPivot, weights: new Float64Array(0), intercepts: new Float64Array(0) };
    const weights = this.right.slice();
    const intercepts = new Float64Array(targets);
    for (let t = 0; t < targets; t++) {
      const w = weights.subarray(t * features, (t + 1) * features);
      cholesky.solve(w);
      let intercept = this.mean[features + t] as number;
      for (let i = 0; i < features; i++) {
        w[i] = this.constant[i] ? 0 : (w[i] as number) / (this.scale[i] as number);
        intercept -= (w[i] as number) * (this.mean[i] as number);
      }
      intercepts[t] = intercept;
    }
    return { failedPivot, weights, intercepts };
  }

  /** After solve(lambda): trace of the hat matrix, intercept included. */
  degreesOfFreedom(lambda: number): number {
    const resting = this.constant.filter(Boolean).length;
    const shrunk = lambda > 0 ? lambda * this.cholesky.inverseTrace() : 0;
    return 1 + this.features - shrunk - (resting * this.count) / (this.count + lambda);
  }

  /** After a solve: diagonal entry of the hat matrix for row r of x. */
  leverage(x: Float64Array, r: number): number {
    const z = Float64Array.from({ length: this.features }, (_, i) =>
      this.constant[i] ? 0 : ((x[r * this.features + i] as number) - (this.mean[i] as number)) / (this.scale[i] as number),
    );
    this.cholesky.forward(z);
    return z.reduce((sum, value) => sum + value * value, 1 / this.count);
  }
}
