/**
 * Puts the device's monotonic nonce times on the page's clock. Each frame arrives some delay after its newest nonce; the smallest delay seen
 * is the best estimate of the clock offset, and leaks upwards so that a drifting clock (up to 200 ppm) is followed.
 */
const LEAK_MS_PER_MS = 200e-6;

export class DeviceClock {
  #offsetMs: number | null = null;
  #seenAtMs = 0;

  /** `deviceMs` of the newest nonce in a frame that arrived at `pageMs`. */
  observe(deviceMs: number, pageMs: number): void {
    const offset = pageMs - deviceMs;
    const leaked = this.#offsetMs === null ? Number.POSITIVE_INFINITY : this.#offsetMs + (pageMs - this.#seenAtMs) * LEAK_MS_PER_MS;
    this.#offsetMs = Math.min(offset, leaked);
    this.#seenAtMs = pageMs;
  }

  /** Page time of a device time; NaN before the first frame. */
  toPageMs(deviceMs: number): number {
    return this.#offsetMs === null ? Number.NaN : deviceMs + this.#offsetMs;
  }

  /** A new connection may be a new boot with another zero of time. */
  reset(): void {
    this.#offsetMs = null;
  }
}
