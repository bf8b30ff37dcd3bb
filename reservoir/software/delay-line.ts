import type { StepOutcome, Substrate } from "../substrate.ts";

export interface DelayLineSettings {
  /** Features u[t], u[t-1], .., u[t-taps+1]. */
  readonly taps: number;
  /** Also the products u[t-i] u[t-i-productLag], as many as the taps hold. Lag 9 is NARMA-10's own (specs/reservoir.md 2.2). */
  readonly productLag?: number;
}

/** A shift register as a substrate: perfect memory and, with products, just the nonlinearity a task needs. A positive control. */
export class DelayLine implements Substrate {
  readonly name: string;
  readonly origin = "software";
  readonly featureNames: readonly string[];
  private readonly productLag: number | null;
  private line: Float64Array;

  constructor(settings: DelayLineSettings) {
    const { taps, productLag = null } = settings;
    const products = productLag === null ? 0 : Math.max(0, taps - productLag);
    this.name = `delay line of ${taps} taps${productLag === null ? "" : ` and products at lag ${productLag}`}`;
    this.featureNames = [
      ...Array.from({ length: taps }, (_, i) => `u(t-${i})`),
      ...Array.from({ length: products }, (_, i) => `u(t-${i}) u(t-${i + (productLag ?? 0)})`),
    ];
    this.productLag = productLag;
    this.line = new Float64Array(taps);
  }

  async open(): Promise<void> {
    this.line.fill(0);
  }

  async step(u: number): Promise<StepOutcome> {
    this.line.copyWithin(1, 0);
    this.line[0] = u;
    const features = new Float64Array(this.featureNames.length);
    features.set(this.line);
    const lag = this.productLag;
    if (lag !== null)
      for (let i = 0; i + lag < this.line.length; i++)
        features[this.line.length + i] = (this.line[i] as number) * (this.line[i + lag] as number);
    return { features, emitted: [{ knob: "u", value: u }], valid: true };
  }
}
