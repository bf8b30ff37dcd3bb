import type { TwinBoard } from "./fault.ts";
import { type FaultName, faultOf } from "./names.ts";
import { checkFault, checkTwinFault, type FaultSpec } from "./spec.ts";

/** A fault that holds at the moment. */
export interface HoldingFault {
  readonly value: number;
  readonly chip: number;
  /** Since when, ns on the twin's clock. */
  readonly sinceNs: number;
}

/** Which faults hold when. Specifications of one name at different times add up to a schedule; of two at one time the later one given counts. */
export class FaultTable {
  readonly #board: TwinBoard | null;
  #specs = new Map<FaultName, FaultSpec[]>();
  #originNs = 0;

  /** board: refuses what a twin of that board cannot carry out. */
  constructor(specs: readonly FaultSpec[] = [], board: TwinBoard | null = null) {
    this.#board = board;
    for (const spec of specs) {
      const checked = this.#check(spec);
      this.#specs.set(spec.name, [...(this.#specs.get(spec.name) ?? []), checked]);
    }
  }

  /** The same table, live, for a board that was switched on at `originNs` of this one's clock. */
  seenFrom(originNs: number): FaultTable {
    const seen = new FaultTable([], this.#board);
    seen.#specs = this.#specs;
    seen.#originNs = this.#originNs + originNs;
    return seen;
  }

  /** In place of all that was given of that name. */
  set(spec: FaultSpec): void {
    this.#specs.set(spec.name, [this.#check(spec)]);
  }

  clear(name: FaultName): void {
    this.#specs.delete(name);
  }

  /** The fault's value while it holds, else null. */
  value(name: FaultName, tNs: number): number | null {
    return this.holding(name, tNs)?.value ?? null;
  }

  holding(name: FaultName, tNs: number): HoldingFault | null {
    const tMs = (tNs + this.#originNs) / 1e6;
    const spec = this.#specs.get(name)?.findLast(({ atMs = 0, untilMs = Number.POSITIVE_INFINITY }) => tMs >= atMs && tMs < untilMs);
    if (spec === undefined) return null;
    return { value: spec.value ?? faultOf(name).value.default, chip: spec.chip ?? 0, sinceNs: (spec.atMs ?? 0) * 1e6 - this.#originNs };
  }

  /** The chip that a fault hits at this time. */
  chip(name: FaultName, tNs: number): number {
    return this.holding(name, tNs)?.chip ?? 0;
  }

  #check(spec: FaultSpec): FaultSpec {
    return this.#board === null ? checkFault(spec) : checkTwinFault(spec, this.#board);
  }
}
