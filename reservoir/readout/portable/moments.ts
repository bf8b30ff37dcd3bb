/** First and second moments of rows [x | y | 1] about a fixed shift, as native/moments.h. */
export class Moments {
  readonly features: number;
  readonly targets: number;
  readonly shift: Float64Array;
  private readonly columns: number;
  private readonly sums: Float64Array;

  constructor(features: number, targets: number, shift: Float64Array) {
    this.features = features;
    this.targets = targets;
    this.shift = shift;
    this.columns = features + targets + 1;
    this.sums = new Float64Array(this.columns ** 2);
  }

  /** Adds rows [from, to) of x (features wide) and y (targets wide). */
  addRows(x: Float64Array, y: Float64Array, from: number, to: number): void {
    const { features, targets, columns, shift, sums } = this;
    const row = new Float64Array(columns).fill(1);
    for (let r = from; r < to; r++) {
      for (let i = 0; i < features; i++) row[i] = (x[r * features + i] as number) - (shift[i] as number);
      for (let t = 0; t < targets; t++) row[features + t] = (y[r * targets + t] as number) - (shift[features + t] as number);
      for (let i = 0; i < columns; i++) {
        const value = row[i] as number;
        for (let j = 0; j <= i; j++) sums[i * columns + j] = (sums[i * columns + j] as number) + value * (row[j] as number);
      }
    }
  }

  add(other: Moments): void {
    for (let i = 0; i < this.sums.length; i++) this.sums[i] = (this.sums[i] as number) + (other.sums[i] as number);
  }

  private at(row: number, column: number): number {
    return this.sums[row * this.columns + column] as number;
  }

  get count(): number {
    return this.at(this.columns - 1, this.columns - 1);
  }

  mean(i: number): number {
    return (this.shift[i] as number) + this.at(this.columns - 1, i) / this.count;
  }

  /** Sum of (column i less its mean) (column j less its mean). */
  centred(i: number, j: number): number {
    const last = this.columns - 1;
    return (i >= j ? this.at(i, j) : this.at(j, i)) - (this.at(last, i) * this.at(last, j)) / this.count;
  }

  static sumOf(parts: readonly Moments[]): Moments {
    const [first] = parts as [Moments];
    const sum = new Moments(first.features, first.targets, first.shift);
    for (const part of parts) sum.add(part);
    return sum;
  }
}
