import { gaussian, splitmix64 } from "../../common/random.ts";
import type { StepOutcome, Substrate } from "../substrate.ts";

/** White noise that never hears its input: a verdict in its favour is a false alarm. The negative control. */
export class WhiteNoise implements Substrate {
  readonly name: string;
  readonly origin = "software";
  readonly featureNames: readonly string[];
  private readonly normal: () => number;

  constructor(features: number, seed: number) {
    this.name = `white noise in ${features} features`;
    this.featureNames = Array.from({ length: features }, (_, i) => `noise ${i}`);
    this.normal = gaussian(splitmix64(seed));
  }

  async step(u: number): Promise<StepOutcome> {
    return { features: Float64Array.from(this.featureNames, this.normal), emitted: [{ knob: "u", value: u }], valid: true };
  }
}
