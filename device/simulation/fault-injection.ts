/** Everything that goes wrong in a run, at its time or at its moment, and what the daemon was doing when it did. */
import { type FaultName, type FaultSpec, type FaultTable, faultOf } from "../../twin/index.ts";
import type { EventLog } from "./event-log.ts";
import { carrierOf, type FaultTargets } from "./host-faults.ts";
import type { Moment, Strike } from "./strikes.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface Struck<Place> {
  readonly spec: FaultSpec;
  /** null when its moment never came. */
  readonly struckIn: Place | null;
}

export interface FaultInjectionParts<Place> {
  readonly time: VirtualTime;
  readonly log: EventLog;
  /** Those of the board. */
  readonly table: FaultTable;
  targets(): FaultTargets;
  /** What the daemon is doing now. */
  place(): Place;
  /** A fault has begun. */
  struck?(name: FaultName): void;
}

interface Entry<Place> {
  spec: FaultSpec;
  struckIn: Place | null;
}

export class FaultInjection<Place> {
  readonly #parts: FaultInjectionParts<Place>;
  readonly #entries: Entry<Place>[] = [];
  readonly #came = new Map<Moment, number>();
  #waiting: { readonly strike: Strike; readonly entry: Entry<Place> }[] = [];

  constructor(parts: FaultInjectionParts<Place>) {
    this.#parts = parts;
  }

  get struck(): readonly Struck<Place>[] {
    return this.#entries;
  }

  /** Each at its own times. A board's are in its table already. */
  schedule(specs: readonly FaultSpec[]): void {
    for (const spec of specs) {
      const entry: Entry<Place> = { spec, struckIn: null };
      this.#entries.push(entry);
      const carrier = carrierOf(spec);
      this.#parts.time.at((spec.atMs ?? 0) * 1e6, () => {
        const value = this.#begun(entry);
        carrier?.begin(this.#parts.targets(), value);
      });
      if (spec.untilMs === undefined) continue;
      this.#parts.time.at(spec.untilMs * 1e6, () => {
        this.#parts.log.add("fault", `${spec.name} over`);
        carrier?.end?.(this.#parts.targets());
      });
    }
  }

  /** Each when its moment has come. */
  wait(strikes: readonly Strike[]): void {
    for (const strike of strikes) {
      const { name, value, chip } = strike;
      const entry: Entry<Place> = { spec: { name, value, ...(chip === undefined ? {} : { chip }) }, struckIn: null };
      this.#entries.push(entry);
      this.#waiting.push({ strike, entry });
    }
  }

  came(moment: Moment): void {
    const nth = (this.#came.get(moment) ?? 0) + 1;
    this.#came.set(moment, nth);
    const due = this.#waiting.filter(({ strike }) => strike.moment === moment && strike.nth === nth);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !due.includes(each));
    for (const { strike, entry } of due) this.#parts.time.after(strike.afterMs, () => this.#begin(entry, strike.forMs));
  }

  /** Now, in no schedule; it ends after `forMs`. */
  strike(spec: Omit<FaultSpec, "atMs" | "untilMs">, forMs: number): void {
    this.#begin({ spec, struckIn: null }, forMs);
  }

  #begin(entry: Entry<Place>, forMs: number): void {
    const atMs = this.#parts.time.nowNs / 1e6;
    entry.spec = { ...entry.spec, atMs, untilMs: atMs + forMs };
    const carrier = carrierOf(entry.spec);
    const value = this.#begun(entry);
    if (carrier === null) {
      this.#parts.table.set(entry.spec);
      return;
    }
    carrier.begin(this.#parts.targets(), value);
    this.#parts.time.after(forMs, () => carrier.end?.(this.#parts.targets()));
  }

  #begun(entry: Entry<Place>): number {
    const { name, value = faultOf(name).value.default } = entry.spec;
    entry.struckIn = this.#parts.place();
    this.#parts.struck?.(name);
    this.#parts.log.add("fault", `${name} ${value}`);
    return value;
  }
}
