/** The papers' classifier, to show what it does on their recordings: 16-8-4 rectified units, Adam, all columns scaled over all rows. CLAIMS F (c) */
import { gaussian, splitmix64 } from "../../../common/random.ts";
import type { Matrix } from "../../../reservoir/matrix.ts";

const LAYERS = [16, 8, 4, 1];
const RATE = 0.01;
const EPOCHS = 400;
/** Less than this of the squared mean is rounding. */
const FLAT = 1e-24;

/** Each column less its mean, over its spread; a constant one becomes 0. */
export function scaledOverAllRows({ rows, cols, data }: Matrix): Float64Array[] {
  const out = Array.from({ length: rows }, () => new Float64Array(cols));
  for (let c = 0; c < cols; c++) {
    let [mean, square] = [0, 0];
    for (let r = 0; r < rows; r++) mean += data[r * cols + c] as number;
    mean /= rows;
    for (let r = 0; r < rows; r++) square += ((data[r * cols + c] as number) - mean) ** 2 / rows;
    for (let r = 0; r < rows; r++)
      (out[r] as Float64Array)[c] = square > FLAT * mean * mean ? ((data[r * cols + c] as number) - mean) / Math.sqrt(square) : 0;
  }
  return out;
}

/** Trained on some rows, returns the chance of a 1 for any row. */
export function trainPerceptron(
  x: readonly Float64Array[],
  labels: ArrayLike<number>,
  rows: ArrayLike<number>,
  seed: number,
): (row: Float64Array) => number {
  const normal = gaussian(splitmix64(seed));
  const sizes = [(x[0] as Float64Array).length, ...LAYERS];
  const layers = LAYERS.map((outputs, l) => {
    const inputs = sizes[l] as number;
    return new Layer(inputs, outputs, normal);
  });
  const forward = (row: Float64Array) => {
    const values = [row];
    for (const [l, layer] of layers.entries()) values.push(layer.forward(values[l] as Float64Array, l < layers.length - 1));
    return values;
  };
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const values = forward(x[row] as Float64Array);
      const said = sigmoid((values[layers.length] as Float64Array)[0] as number);
      let slope: Float64Array = Float64Array.of((said - (labels[row] as number)) / rows.length);
      for (let l = layers.length - 1; l >= 0; l--) slope = (layers[l] as Layer).backward(values[l] as Float64Array, slope, l > 0);
    }
    for (const layer of layers) layer.step(epoch);
  }
  return (row) => sigmoid((forward(row)[layers.length] as Float64Array)[0] as number);
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** Weights and a bias for each output, with Adam's moments (Kingma, Ba 2015). */
class Layer {
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #weights: Float64Array;
  readonly #slope: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(inputs: number, outputs: number, normal: () => number) {
    const size = (inputs + 1) * outputs;
    [this.#inputs, this.#outputs] = [inputs, outputs];
    this.#weights = Float64Array.from({ length: size }, (_, i) => (i % (inputs + 1) === inputs ? 0 : normal() * Math.sqrt(2 / inputs)));
    [this.#slope, this.#first, this.#second] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  }

  forward(input: Float64Array, rectified: boolean): Float64Array {
    return Float64Array.from({ length: this.#outputs }, (_, o) => {
      const at = o * (this.#inputs + 1);
      let sum = this.#weights[at + this.#inputs] as number;
      for (let i = 0; i < this.#inputs; i++) sum += (this.#weights[at + i] as number) * (input[i] as number);
      return rectified ? Math.max(0, sum) : sum;
    });
  }

  /** Adds to the slope of the weights; returns that of the inputs, nothing where a rectified input was 0. */
  backward(input: Float64Array, slope: Float64Array, rectified: boolean): Float64Array {
    const down = new Float64Array(this.#inputs);
    for (let o = 0; o < this.#outputs; o++) {
      const at = o * (this.#inputs + 1);
      const above = slope[o] as number;
      this.#slope[at + this.#inputs] = (this.#slope[at + this.#inputs] as number) + above;
      for (let i = 0; i < this.#inputs; i++) {
        this.#slope[at + i] = (this.#slope[at + i] as number) + above * (input[i] as number);
        if (!rectified || (input[i] as number) > 0) down[i] = (down[i] as number) + above * (this.#weights[at + i] as number);
      }
    }
    return down;
  }

  step(epoch: number): void {
    for (let i = 0; i < this.#weights.length; i++) {
      const slope = this.#slope[i] as number;
      const first = 0.9 * (this.#first[i] as number) + 0.1 * slope;
      const second = 0.999 * (this.#second[i] as number) + 0.001 * slope * slope;
      this.#first[i] = first;
      this.#second[i] = second;
      this.#weights[i] =
        (this.#weights[i] as number) - (RATE * first) / (1 - 0.9 ** epoch) / (Math.sqrt(second / (1 - 0.999 ** epoch)) + 1e-8);
    }
    this.#slope.fill(0);
  }
}
