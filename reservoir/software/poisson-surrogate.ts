import { ScienceError } from "../../common/errors.ts";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import type { Features } from "../features/window.ts";
import type { Emitted, StepOutcome, Substrate } from "../substrate.ts";

export interface SurrogateSettings {
  /** What was really emitted at each step, from the log of the run it stands beside. */
  readonly emitted: readonly (readonly Emitted[])[];
  /** Expected nonces per second at what was emitted: the rate is all that a memoryless chip has. */
  readonly rate: (emitted: readonly Emitted[]) => number;
  readonly stepMs: number;
  readonly features: Features;
  readonly chips: number;
  readonly cores: readonly number[];
  readonly seed: number;
}

/**
 * The mandatory control of every driven run: chance alone, driven with the very same log. Nonces come as a Poisson process of the rate that each step's set-point
 * has, spread evenly over chips and cores, with no residual; a score that this reaches needs no silicon. CLAIMS N, specs/reservoir.md 5 S4
 */
export class PoissonSurrogate implements Substrate {
  readonly name = "Poisson surrogate with the same drive log";
  readonly origin = "software";
  readonly featureNames: readonly string[];
  readonly #settings: SurrogateSettings;
  readonly #random: () => number;

  constructor(settings: SurrogateSettings) {
    this.#settings = settings;
    this.featureNames = settings.features.names;
    const random = splitmix64(settings.seed);
    this.#random = () => random.next();
  }

  async step(_u: number, index: number): Promise<StepOutcome> {
    const { emitted, rate, stepMs, features } = this.#settings;
    const now = emitted[index];
    if (now === undefined)
      throw new ScienceError("NO_DRIVE_LOG", `The log has ${emitted.length} steps and step ${index} was asked for.`, "Log every step.");
    if (now.length === 0)
      return { features: new Float64Array(0), emitted: [], valid: false, reason: "the run it stands beside has no such step" };
    const fromNs = BigInt(Math.round(index * stepMs * 1e6));
    const toNs = BigInt(Math.round((index + 1) * stepMs * 1e6));
    const nonces = this.#draw(rate(now), fromNs, toNs);
    return { features: features.of({ fromNs, toNs, nonces, analog: {} }), emitted: now, valid: true };
  }

  #draw(ratePerS: number, fromNs: bigint, toNs: bigint): NonceBatch {
    const { chips, cores } = this.#settings;
    const seconds = Number(toNs - fromNs) / 1e9;
    const times: number[] = [];
    if (ratePerS > 0) for (let t = this.#wait(ratePerS); t < seconds; t += this.#wait(ratePerS)) times.push(t);
    const batch = allocateNonces(times.length);
    times.forEach((time, row) => {
      batch.tNs[row] = fromNs + BigInt(Math.floor(time * 1e9));
      batch.chip[row] = Math.floor(this.#random() * chips);
      batch.core[row] = cores[Math.floor(this.#random() * cores.length)] ?? 0;
      batch.nonce[row] = Math.floor(this.#random() * 2 ** 32);
      batch.status[row] = STATUS.valid;
      batch.residualNs[row] = Number.NaN;
    });
    return batch;
  }

  #wait(ratePerS: number): number {
    return -Math.log1p(-this.#random()) / ratePerS;
  }
}
