/** A = L L' for a dense symmetric matrix, lower triangle, row-major, in place. */
export class Cholesky {
  private readonly n: number;
  /** Row i starts at i * n; filled with the lower triangle of A before factor(), holds L after. */
  readonly l: Float64Array;

  constructor(n: number) {
    this.n = n;
    this.l = new Float64Array(n * n);
  }

  /** -1, or the first pivot that does not stand above the rounding error of its own diagonal. */
  factor(): number {
    const { n, l } = this;
    const tolerance = n * Number.EPSILON;
    for (let i = 0; i < n; i++) {
      const diagonal = l[i * n + i] as number;
      for (let j = 0; j <= i; j++) {
        let sum = l[i * n + j] as number;
        for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
        if (j < i) l[i * n + j] = sum / (l[j * n + j] as number);
        else if (sum > tolerance * diagonal) l[i * n + i] = Math.sqrt(sum);
        else return i;
      }
    }
    return -1;
  }

  /** Solves L z = b in place. */
  forward(b: Float64Array): void {
    const { n, l } = this;
    for (let i = 0; i < n; i++) {
      let sum = b[i] as number;
      for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (b[k] as number);
      b[i] = sum / (l[i * n + i] as number);
    }
  }

  /** Solves L L' z = b in place. */
  solve(b: Float64Array): void {
    const { n, l } = this;
    this.forward(b);
    for (let i = n - 1; i >= 0; i--) {
      const z = (b[i] as number) / (l[i * n + i] as number);
      b[i] = z;
      for (let k = 0; k < i; k++) b[k] = (b[k] as number) - (l[i * n + k] as number) * z;
    }
  }

  /** trace(A^-1): the squares of the columns of L^-1. */
  inverseTrace(): number {
    let trace = 0;
    for (let j = 0; j < this.n; j++) {
      const z = new Float64Array(this.n);
      z[j] = 1;
      this.forward(z);
      for (const value of z) trace += value * value;
    }
    return trace;
  }
}
