import type { HoldingFault } from "./table.ts";

/** Tells the start of a fault that strikes once from its going on. */
export class Onset {
  #sinceNs: number | null = null;

  /** True at the first look after a fault has begun. */
  struck(holding: HoldingFault | null): boolean {
    const sinceNs = holding?.sinceNs ?? null;
    const begins = sinceNs !== null && sinceNs !== this.#sinceNs;
    this.#sinceNs = sinceNs;
    return begins;
  }
}
