import { type Random, splitmix64 } from "../../common/random.ts";
import type { FaultTable } from "./table.ts";

/** The I2C bus behind a bridge with what is wrong with it, and the bridge's own delays. */
export class FaultyBus {
  readonly #faults: FaultTable;
  readonly #random: Random;

  constructor(faults: FaultTable, seed: number) {
    this.#faults = faults;
    this.#random = splitmix64(seed ^ 0x12c0);
  }

  /** What `deliver` reads from the device, as it arrives; null when nothing acknowledges. */
  transfer(address: number, tNs: number, deliver: () => Uint8Array | null): Uint8Array | null {
    if (this.#faults.value("i2c-stuck", tNs) !== null || this.#faults.value("i2c-nak", tNs) === address) return null;
    const nakShare = this.#faults.value("i2c-nak-some", tNs) ?? 0;
    if (nakShare > 0 && this.#random.next() < nakShare) return null;
    const read = deliver();
    const corrupt = this.#faults.value("i2c-corrupt", tNs) ?? 0;
    if (read === null || corrupt === 0) return read;
    return read.map((byte) => (this.#random.next() < corrupt ? byte ^ (1 << Math.floor(this.#random.next() * 8)) : byte));
  }

  /** How much longer a request to the bridge takes, ns. */
  delayNs(isI2c: boolean, tNs: number): number {
    const stuckMs = isI2c ? (this.#faults.value("i2c-stuck", tNs) ?? 0) : 0;
    return (stuckMs + (this.#faults.value("bridge-slow", tNs) ?? 0)) * 1e6;
  }
}
