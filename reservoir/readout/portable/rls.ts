import type { RlsKernel, RlsOptions } from "../../native/addon.ts";

/** Beyond this the inverse correlation is taken to have wound up; as native/rls.cc. */
const MOST_UNCERTAIN = 1e150;

/** Recursive least squares on P = U D U' (Bierman's update), as native/rls.h. */
export class PortableRls implements RlsKernel {
  private readonly options: RlsOptions;
  /** Column j of U starts at j * features and has ones on the diagonal, zeros below. */
  private readonly u: Float64Array;
  private readonly d: Float64Array;
  private readonly w: Float64Array;

  constructor(options: RlsOptions) {
    const { features, targets, delta } = options;
    this.options = options;
    this.u = new Float64Array(features * features);
    for (let j = 0; j < features; j++) this.u[j * features + j] = 1;
    this.d = new Float64Array(features).fill(1 / delta);
    this.w = new Float64Array(targets * features);
  }

  update({ x, y, rows, errors }: Parameters<RlsKernel["update"]>[0]): boolean {
    const { features, targets } = this.options;
    for (let r = 0; r < rows && this.healthy(); r++)
      this.learn(
        x.subarray(r * features, (r + 1) * features),
        y.subarray(r * targets, (r + 1) * targets),
        errors.subarray(r * targets, (r + 1) * targets),
      );
    return this.healthy();
  }

  private learn(x: Float64Array, y: Float64Array, errors: Float64Array): void {
    const { features, targets, forgetting } = this.options;
    const { u, d, w } = this;
    const gain = new Float64Array(features);
    let alpha = forgetting;
    for (let j = 0; j < features; j++) {
      const column = u.subarray(j * features, j * features + j + 1);
      let f = 0;
      for (let i = 0; i <= j; i++) f += (column[i] as number) * (x[i] as number);
      const df = (d[j] as number) * f;
      const next = alpha + f * df;
      for (let i = 0; i <= j; i++) {
        const old = column[i] as number;
        column[i] = old - (f / alpha) * (gain[i] as number);
        gain[i] = (gain[i] as number) + df * old;
      }
      d[j] = ((d[j] as number) * alpha) / (next * forgetting);
      alpha = next;
    }
    for (let t = 0; t < targets; t++) {
      let error = y[t] as number;
      for (let i = 0; i < features; i++) error -= (w[t * features + i] as number) * (x[i] as number);
      errors[t] = error;
      for (let i = 0; i < features; i++) w[t * features + i] = (w[t * features + i] as number) + (error / alpha) * (gain[i] as number);
    }
  }

  private healthy(): boolean {
    return this.d.every((value) => value < MOST_UNCERTAIN);
  }

  weights(): Float64Array {
    return this.w.slice();
  }

  inverseTrace(): number {
    const { features } = this.options;
    let trace = 0;
    for (let j = 0; j < features; j++)
      for (let i = 0; i <= j; i++) trace += (this.d[j] as number) * (this.u[j * features + i] as number) ** 2;
    return trace;
  }
}
