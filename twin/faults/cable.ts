import type { FaultName } from "./names.ts";
import { Onset } from "./onset.ts";
import type { FaultTable } from "./table.ts";

/** How a board comes back: as it was, after a while without power, or as a board of the other kind. */
export type Replug = "same" | "repowered" | "other";

interface Absence {
  readonly cause: FaultName;
  /** When it ends; null: with the fault. */
  readonly untilNs: number | null;
  readonly back: Replug;
}

/** The cable between host and board: `link-cut`, `reconnect` and `reconnect-other` as events in time. */
export class Cable {
  readonly #faults: FaultTable;
  readonly #reconnect = new Onset();
  readonly #other = new Onset();
  #absence: Absence | null = null;
  /** The other board is on the cable. */
  #isOther = false;

  constructor(faults: FaultTable) {
    this.#faults = faults;
  }

  get plugged(): boolean {
    return this.#absence === null;
  }

  /** What happens at this time, times never going back: nothing (null), the ports vanish, or how they come back. */
  advance(tNs: number): "unplugged" | Replug | null {
    if (this.#absence !== null) return this.#comeBack(this.#absence, tNs);
    this.#absence = this.#leave(tNs);
    return this.#absence === null ? null : "unplugged";
  }

  #leave(tNs: number): Absence | null {
    const other = this.#faults.holding("reconnect-other", tNs);
    const reconnect = this.#faults.holding("reconnect", tNs);
    if (this.#other.struck(other)) return { cause: "reconnect-other", untilNs: tNs + (other?.value ?? 0) * 1e6, back: "other" };
    if (this.#isOther && other === null) return { cause: "reconnect-other", untilNs: tNs, back: "repowered" };
    if (this.#reconnect.struck(reconnect)) {
      const back = this.#isOther ? "other" : "repowered";
      return { cause: "reconnect", untilNs: tNs + (reconnect?.value ?? 0) * 1e6, back };
    }
    if (this.#faults.value("link-cut", tNs) !== null) return { cause: "link-cut", untilNs: null, back: "same" };
    return null;
  }

  #comeBack({ cause, untilNs, back }: Absence, tNs: number): Replug | null {
    const stillAway = untilNs === null ? this.#faults.value(cause, tNs) !== null : tNs < untilNs;
    if (stillAway) return null;
    this.#absence = null;
    if (back !== "same") this.#isOther = back === "other";
    return back;
  }
}
