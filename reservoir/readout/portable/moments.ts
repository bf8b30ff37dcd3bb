/** Rows whose products are summed in float32 before the sum goes to float64. */
const DEPTH = 128;
/** Random combinations of the features that tell the error of float32 products. */
export const PROBES = 4;

/** +1 or -1, as native/float_rows.h. */
function probeSign(probe: number, column: number): number {
  let hash = Math.imul(column * PROBES + probe + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash >>> 16) & 1) === 0 ? 1 : -1;
}

/** First and second moments of rows [x | y | 1] about a fixed shift, as native/moments.h. */
export class Moments {
  readonly features: number;
  readonly targets: number;
  readonly shift: Float64Array;
  /** About the standard deviation of each feature; null with products in float64. */
  readonly spread: Float64Array | null;
  private readonly columns: number;
  private readonly sums: Float64Array;
  /** PROBES x features: combinations with entries +-1 / spread, and X'X times them, exact. */
  private readonly probes: Float64Array;
  private readonly probed: Float64Array;

  constructor(features: number, targets: number, shift: Float64Array, spread: Float64Array | null = null) {
    this.features = features;
    this.targets = targets;
    this.shift = shift;
    this.columns = features + targets + 1;
    this.sums = new Float64Array(this.columns ** 2);
    this.spread = spread?.map((value) => (Number.isFinite(1 / value) && value > 0 ? value : 1)) ?? null;
    this.probes = new Float64Array(this.spread === null ? 0 : PROBES * features);
    this.probed = new Float64Array(this.probes.length);
    for (let i = 0; i < this.probes.length; i++) {
      const column = i % features;
      this.probes[i] = probeSign(Math.floor(i / features), column) / (this.spread?.[column] as number);
    }
  }

  /** Adds rows [from, to) of x (features wide) and y (targets wide). */
  addRows(x: Float64Array, y: Float64Array, from: number, to: number): void {
    const { features, targets, columns, shift, sums } = this;
    const row = new Float64Array(columns).fill(1);
    const rounded = new Float32Array(features);
    /** Products of different features, in float32. */
    const block = new Float32Array(this.spread === null ? 0 : features ** 2);
    for (let r = from; r < to; r++) {
      for (let i = 0; i < features; i++) row[i] = (x[r * features + i] as number) - (shift[i] as number);
      for (let t = 0; t < targets; t++) row[features + t] = (y[r * targets + t] as number) - (shift[features + t] as number);
      if (this.spread !== null) {
        rounded.set(row.subarray(0, features));
        for (let i = 0; i < features; i++)
          for (let j = 0; j < i; j++)
            block[i * features + j] = (block[i * features + j] as number) + (rounded[i] as number) * (rounded[j] as number);
        if ((r - from + 1) % DEPTH === 0 || r === to - 1) this.addBlock(block);
        this.probe(row);
      }
      for (let i = 0; i < columns; i++) {
        const value = row[i] as number;
        if (this.spread !== null && i < features) sums[i * columns + i] = (sums[i * columns + i] as number) + value * value;
        else for (let j = 0; j <= i; j++) sums[i * columns + j] = (sums[i * columns + j] as number) + value * (row[j] as number);
      }
    }
  }

  private addBlock(block: Float32Array): void {
    const { features, columns, sums } = this;
    for (let i = 0; i < features; i++)
      for (let j = 0; j < i; j++) sums[i * columns + j] = (sums[i * columns + j] as number) + (block[i * features + j] as number);
    block.fill(0);
  }

  private probe(row: Float64Array): void {
    const { features, probes, probed } = this;
    for (let at = 0; at < probes.length; at += features) {
      let combined = 0;
      for (let i = 0; i < features; i++) combined += (probes[at + i] as number) * (row[i] as number);
      for (let i = 0; i < features; i++) probed[at + i] = (probed[at + i] as number) + combined * (row[i] as number);
    }
  }

  /** The error of the features' products times each combination: PROBES x features. */
  probedErrors(): Float64Array {
    const { features, probes } = this;
    return this.probed.map((exact, at) => {
      const i = at % features;
      let error = exact;
      for (let j = 0; j < features; j++) error -= (i >= j ? this.at(i, j) : this.at(j, i)) * (probes[at - i + j] as number);
      return error;
    });
  }

  add(other: Moments): void {
    for (let i = 0; i < this.sums.length; i++) this.sums[i] = (this.sums[i] as number) + (other.sums[i] as number);
    for (let i = 0; i < this.probed.length; i++) this.probed[i] = (this.probed[i] as number) + (other.probed[i] as number);
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
    const sum = new Moments(first.features, first.targets, first.shift, first.spread);
    for (const part of parts) sum.add(part);
    return sum;
  }
}
