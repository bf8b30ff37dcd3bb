/** How often an address may ask: a bucket of tokens each, refilled steadily. */
import { type Clock, elapsedMs } from "../../../common/clock.ts";

export interface RateLimits {
  /** What an address may spend at once. */
  readonly burst: number;
  readonly perSecond: number;
  /** Addresses that are remembered; the one that has asked for the longest time not is forgotten first. */
  readonly addresses: number;
}

/** A dashboard asks for a dozen files when it opens; a scraper once in some seconds. */
export const RATE_LIMITS: RateLimits = { burst: 200, perSecond: 50, addresses: 4096 };

interface Bucket {
  left: number;
  sinceNs: bigint;
}

export class RateLimit {
  readonly #clock: Clock;
  readonly #limits: RateLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, limits: RateLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get addresses(): number {
    return this.#buckets.size;
  }

  /** 0 when the address may ask now; otherwise the seconds after which it may. */
  spend(address: string, cost = 1): number {
    const { burst, perSecond, addresses } = this.#limits;
    const bucket = this.#buckets.get(address) ?? { left: burst, sinceNs: this.#clock.nowNs() };
    // Said again, so that the order of the map is that of asking.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    for (const [oldest] of this.#buckets) {
      if (this.#buckets.size <= addresses) break;
      this.#buckets.delete(oldest);
    }
    bucket.left = Math.min(burst, bucket.left + (elapsedMs(this.#clock, bucket.sinceNs) / 1000) * perSecond);
    bucket.sinceNs = this.#clock.nowNs();
    if (bucket.left < cost) return Math.ceil((cost - bucket.left) / perSecond);
    bucket.left -= cost;
    return 0;
  }
}
