import { createHash } from "node:crypto";
import { gaussian, type Random, splitmix64 } from "../../common/random.ts";

/** Standard normal quantile of p in (0, 1), to 4.5e-4. Abramowitz and Stegun 26.2.23 */
export function normalScore(p: number): number {
  const tail = Math.max(Math.min(p, 1 - p), 1e-12);
  const t = Math.sqrt(-2 * Math.log(tail));
  const x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  return p < 0.5 ? -x : x;
}

/** 64 bits from a secret and what they are for; other words, other bits. */
export function seedOf(...words: readonly (string | number)[]): bigint {
  return createHash("sha256").update(JSON.stringify(words)).digest().readBigUInt64LE();
}

/** A secret of its own for a purpose, from which the one it came from cannot be found. */
export function secretOf(...words: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}

/** A standard normal number that belongs to a place: the same secret and place give the same number, whenever it is asked for. */
export function normalAt(...words: readonly (string | number)[]): number {
  return gaussian(splitmix64(seedOf(...words)))();
}

/** One stream of random numbers for each chip, so that the order in which chips are asked does not matter. */
export class ChipStreams {
  readonly #secret: string;
  readonly #purpose: string;
  readonly #streams = new Map<number, { uniform: Random; normal: () => number }>();

  constructor(secret: string, purpose: string) {
    this.#secret = secret;
    this.#purpose = purpose;
  }

  uniform(chip: number): number {
    return this.#of(chip).uniform.next();
  }

  normal(chip: number): number {
    return this.#of(chip).normal();
  }

  #of(chip: number): { uniform: Random; normal: () => number } {
    const known = this.#streams.get(chip);
    if (known !== undefined) return known;
    const stream = {
      uniform: splitmix64(seedOf(this.#secret, this.#purpose, "uniform", chip)),
      normal: gaussian(splitmix64(seedOf(this.#secret, this.#purpose, "normal", chip))),
    };
    this.#streams.set(chip, stream);
    return stream;
  }
}
