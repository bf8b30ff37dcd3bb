/**
 * Where each chip of a chain begins to fail: probabilistic bisection of all chips at once. Each voltage serves every chip; the next one is where
 * the chips that are not placed yet tell most, among those at which hardly any could fall silent. Pure: counts in, the next voltage out.
 */
import { CriticalVoltage, type EdgeLaw } from "./edge/critical-voltage.ts";

/** What a chip gave at a voltage. */
export interface ChipCount {
  readonly valid: number;
  readonly invalid: number;
}

/** One voltage looked at, mV of a chip; `silent`: chips that stopped answering there, or null when all answered. */
export interface EdgeLook {
  readonly mv: number;
  readonly chips: readonly ChipCount[];
  readonly silent: readonly number[] | null;
}

export interface EdgeSearchOptions {
  readonly chips: number;
  readonly law: EdgeLaw;
  /** Voltages that may be set, mV of a chip, in the order of size. */
  readonly voltagesMv: readonly number[];
  /** One of them that the chips are known to run at: where the search begins. */
  readonly startMv: number;
  /** Wanted of every chip's 95 % interval, to either side, mV. */
  readonly halfWidthMv: number;
  /** Most probable loss of any chip that a next voltage may have. */
  readonly risk: number;
}

export interface PlacedChip {
  readonly chip: number;
  /** Median of what is known; with `placed` false only the interval means something. */
  readonly criticalMv: number;
  readonly lowMv: number;
  readonly highMv: number;
  /** The interval is as narrow as was asked for. */
  readonly placed: boolean;
}

/** Less than this from a nonce is not worth a dwell, bit: at a hundred nonces a twentieth of a bit. A choice. */
const LEAST_BITS = 5e-4;

export class EdgeSearch {
  readonly #options: EdgeSearchOptions;
  readonly #chips: readonly CriticalVoltage[];
  #looked = 0;
  /** Nothing below is looked at again: chips fell silent there. */
  #floorMv = Number.NEGATIVE_INFINITY;

  constructor(options: EdgeSearchOptions) {
    this.#options = options;
    this.#chips = Array.from({ length: options.chips }, () => new CriticalVoltage(options.law));
  }

  /** What came out at a voltage. */
  saw({ mv, chips, silent }: EdgeLook): void {
    this.#looked++;
    chips.forEach(({ valid, invalid }, chip) => {
      if (valid + invalid > 0) this.#chips[chip]?.counted(mv, valid, invalid);
    });
    if (silent === null) return;
    this.#floorMv = Math.max(this.#floorMv, mv);
    for (const chip of silent) this.#chips[chip]?.fellSilent(mv);
  }

  /** The next voltage to look at; null when every chip is placed, or none of those left can be placed at voltages that are safe. */
  next(): number | null {
    const { voltagesMv, startMv } = this.#options;
    if (this.#looked === 0) return startMv;
    const open = this.#chips.filter((chip) => !this.#isPlaced(chip));
    let best: number | null = null;
    let most = LEAST_BITS;
    for (const mv of open.length === 0 ? [] : voltagesMv) {
      if (mv <= this.#floorMv || !this.#isSafe(mv)) continue;
      const bits = open.reduce((sum, chip) => sum + chip.informationAt(mv), 0);
      if (bits > most) {
        most = bits;
        best = mv;
      }
    }
    return best;
  }

  placed(): readonly PlacedChip[] {
    return this.#chips.map((chip, index) => {
      const { mv, lowMv, highMv } = chip.interval();
      return { chip: index, criticalMv: mv, lowMv, highMv, placed: this.#isPlaced(chip) };
    });
  }

  #isPlaced(chip: CriticalVoltage): boolean {
    const { lowMv, highMv } = chip.interval();
    return (highMv - lowMv) / 2 <= this.#options.halfWidthMv;
  }

  /** The risks of all chips together, at most: one that falls silent takes the whole chain's work with it. */
  #isSafe(mv: number): boolean {
    let risk = 0;
    for (const chip of this.#chips) {
      risk += chip.silentAt(mv);
      if (risk > this.#options.risk) return false;
    }
    return true;
  }
}
