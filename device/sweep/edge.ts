/**
 * Where each chip of a chain begins to fail: probabilistic bisection of all chips at once. Each voltage serves every chip; the next one is where
 * the chips that are not placed yet tell most, among those at which hardly any could fall silent. Chips that are placed, or cannot be, and in the way of
 * lower voltages are slowed, where each has a clock of its own. Pure: counts in, the next voltage out.
 */
import { CriticalVoltage, type EdgeLaw } from "./edge/critical-voltage.ts";

/** What a chip gave at a voltage. */
export interface ChipCount {
  readonly valid: number;
  readonly invalid: number;
}

/** Where to look: set-point of the rails, and the clock of every chip. */
export interface EdgeSetting {
  readonly railMv: number;
  readonly clocksMhz: readonly number[];
}

/** One setting looked at; `silent`: chips that stopped answering there (none if it is not known which), or null when all answered. */
export interface EdgeLook extends EdgeSetting {
  readonly chips: readonly ChipCount[];
  readonly silent: readonly number[] | null;
}

export interface EdgeSearchOptions {
  readonly chips: number;
  readonly law: EdgeLaw;
  /** Set-points of the rails that are possible, mV. */
  readonly railsMv: readonly number[];
  /** The highest of them: where the search begins. */
  readonly startMv: number;
  /** The clock at which critical voltages are wanted. */
  readonly frequencyMhz: number;
  /** Slowest clock of a chip that is only to stay alive; null where chips share one clock. */
  readonly slowestMhz: number | null;
  /** Voltages at the chips, mV. */
  readonly voltages: (railMv: number, clocksMhz: readonly number[]) => readonly number[];
  /** Wanted of every chip's 95 % interval, to either side, mV. */
  readonly halfWidthMv: number;
  /** Most probable loss of any chip that a next setting may have. */
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
/** Chips in the way are slowed when what can be told without is less than this of what could be told. A choice: a change of clocks takes about a dwell. */
const WORTH_SLOWING = 0.5;
/** By how much the voltage that a chip needs falls with its clock: 0.305 mV/MHz (specs/bm1387.md 8.3), less a margin. GUESS. */
const SLOWER_MV_PER_MHZ = 0.25;
const SLOWER_STEP_MHZ = 25;
/** A chip that fell silent is kept so far above that voltage, mV. A choice. */
const SILENT_MARGIN_MV = 2;

export class EdgeSearch {
  readonly #options: EdgeSearchOptions;
  readonly #chips: readonly CriticalVoltage[];
  /** At these voltages, at the full clock, each fell silent. */
  readonly #silentMv: number[];
  /** The lowest at which each answered. */
  readonly #answeredMv: number[];
  #clocksMhz: readonly number[];
  /** Some chip's nonces were counted at the full clock. */
  #counted = false;
  /** Chips fell silent there, and nobody knows which. */
  #floorMv = Number.NEGATIVE_INFINITY;

  constructor(options: EdgeSearchOptions) {
    this.#options = options;
    this.#chips = Array.from({ length: options.chips }, () => new CriticalVoltage(options.law));
    this.#silentMv = new Array<number>(options.chips).fill(Number.NEGATIVE_INFINITY);
    this.#answeredMv = new Array<number>(options.chips).fill(Number.POSITIVE_INFINITY);
    this.#clocksMhz = new Array<number>(options.chips).fill(options.frequencyMhz);
  }

  /** What came out at a setting. Slowed chips tell nothing of their critical voltage at the full clock. */
  saw({ railMv, clocksMhz, chips, silent }: EdgeLook): void {
    this.#clocksMhz = clocksMhz;
    const voltages = this.#options.voltages(railMv, clocksMhz);
    chips.forEach(({ valid, invalid }, chip) => {
      if (valid + invalid === 0 || clocksMhz[chip] !== this.#options.frequencyMhz) return;
      this.#counted = true;
      this.#chips[chip]?.counted(voltages[chip] as number, valid, invalid);
    });
    // Somebody fell silent, and nobody knows who: nothing can be said of any chip.
    if (silent?.length === 0) {
      this.#floorMv = Math.max(this.#floorMv, railMv);
      return;
    }
    for (const chip of this.#chips.keys()) {
      const atFullMv = this.#asAtFullClock(chip, voltages[chip] as number, clocksMhz);
      if (silent?.includes(chip)) {
        this.#silentMv[chip] = Math.max(this.#silentMv[chip] as number, atFullMv);
        if (clocksMhz[chip] === this.#options.frequencyMhz) this.#chips[chip]?.fellSilent(atFullMv);
      } else this.#answeredMv[chip] = Math.min(this.#answeredMv[chip] as number, atFullMv);
    }
  }

  /** Where to look next; null when every chip is placed, or none of those left can be placed at settings that are safe. */
  next(): EdgeSetting | null {
    if (!this.#counted) return this.#begin();
    const all = this.#chips.map((_, chip) => chip);
    const open = all.filter((chip) => !this.#isPlaced(chip) && !this.#isBeyond(chip));
    if (open.length === 0) return null;
    const here = this.#mostTelling(open, this.#clocksMhz, all);
    const beyond = this.#mostTelling(open, this.#clocksMhz, open);
    const { slowestMhz } = this.#options;
    const barred = here === null || (beyond !== null && here.bits < WORTH_SLOWING * beyond.bits);
    const slowed = barred && slowestMhz !== null ? this.#slowed(open, slowestMhz) : null;
    return slowed ?? (here === null ? null : { railMv: here.railMv, clocksMhz: this.#clocksMhz });
  }

  /**
   * Where it begins nothing is known, and no risk can be reckoned: the highest voltage, with those chips slowed, and more and more, that fell silent
   * there; null when that does not help.
   */
  #begin(): EdgeSetting | null {
    const { startMv: railMv, slowestMhz, risk } = this.#options;
    const clocksMhz = [...this.#clocksMhz];
    for (const [chip, silentMv] of this.#silentMv.entries()) {
      if (silentMv === Number.NEGATIVE_INFINITY) continue;
      while (this.#risk([chip], this.#options.voltages(railMv, clocksMhz), clocksMhz) > risk) {
        if (slowestMhz === null || (clocksMhz[chip] as number) - SLOWER_STEP_MHZ < slowestMhz) return null;
        clocksMhz[chip] = (clocksMhz[chip] as number) - SLOWER_STEP_MHZ;
      }
    }
    return railMv > this.#floorMv ? { railMv, clocksMhz } : null;
  }

  placed(): readonly PlacedChip[] {
    return this.#chips.map((chip, index) => {
      const { mv, lowMv, highMv } = chip.interval();
      return { chip: index, criticalMv: mv, lowMv, highMv, placed: this.#isPlaced(index) };
    });
  }

  #isPlaced(chip: number): boolean {
    const { lowMv, highMv } = (this.#chips[chip] as CriticalVoltage).interval();
    return (highMv - lowMv) / 2 <= this.#options.halfWidthMv;
  }

  /** Its critical voltage is likely above what may be set: it cannot be enclosed, only kept alive. */
  #isBeyond(chip: number): boolean {
    const clocks = this.#clocksMhz.map(() => this.#options.frequencyMhz);
    const mv = this.#options.voltages(this.#options.startMv, clocks)[chip] as number;
    return (this.#silentMv[chip] as number) > mv - SILENT_MARGIN_MV || (this.#chips[chip] as CriticalVoltage).above(mv) > 0.5;
  }

  /** The rail voltage at which the open chips tell most, among those that `alive` survive; null when none tells anything. */
  #mostTelling(
    open: readonly number[],
    clocksMhz: readonly number[],
    alive: readonly number[],
  ): { readonly railMv: number; readonly bits: number } | null {
    let best: number | null = null;
    let most = LEAST_BITS;
    for (const railMv of this.#options.railsMv) {
      const voltages = this.#options.voltages(railMv, clocksMhz);
      if (railMv <= this.#floorMv || this.#risk(alive, voltages, clocksMhz) > this.#options.risk) continue;
      const bits = open.reduce((sum, chip) => sum + (this.#chips[chip] as CriticalVoltage).informationAt(voltages[chip] as number), 0);
      if (bits > most) {
        most = bits;
        best = railMv;
      }
    }
    return best === null ? null : { railMv: best, bits: most };
  }

  /**
   * Chips that are not searched for and stand in the way, slowed step by step until all survive where the open ones tell something. Slowing one changes the voltages
   * of all, so that the place is looked for anew after each step.
   */
  #slowed(open: readonly number[], slowestMhz: number): EdgeSetting | null {
    const clocks = [...this.#clocksMhz];
    const all = this.#chips.map((_, chip) => chip);
    for (;;) {
      const wanted = this.#mostTelling(open, clocks, open);
      if (wanted === null) return null;
      const { railMv } = wanted;
      const voltages = this.#options.voltages(railMv, clocks);
      if (this.#risk(all, voltages, clocks) <= this.#options.risk) return { railMv, clocksMhz: clocks };
      const [worst] = all
        .filter((chip) => !open.includes(chip) && (clocks[chip] as number) - SLOWER_STEP_MHZ >= slowestMhz)
        .map((chip) => ({ chip, risk: this.#risk([chip], voltages, clocks) }))
        .sort((a, b) => b.risk - a.risk);
      if (worst === undefined || worst.risk === 0) return null;
      clocks[worst.chip] = (clocks[worst.chip] as number) - SLOWER_STEP_MHZ;
    }
  }

  /** Of losing any of these chips, at most: one that falls silent takes the whole chain's work with it. */
  #risk(chips: readonly number[], voltages: readonly number[], clocksMhz: readonly number[]): number {
    let risk = 0;
    for (const chip of chips) {
      const mv = this.#asAtFullClock(chip, voltages[chip] as number, clocksMhz);
      if (mv <= (this.#silentMv[chip] as number) + SILENT_MARGIN_MV) return 1;
      if (mv >= (this.#answeredMv[chip] as number)) continue;
      risk += (this.#chips[chip] as CriticalVoltage).silentAt(mv);
      if (risk > this.#options.risk) return risk;
    }
    return risk;
  }

  /** The voltage that would be as hard on the chip at the full clock. */
  #asAtFullClock(chip: number, mv: number, clocksMhz: readonly number[]): number {
    return mv + SLOWER_MV_PER_MHZ * (this.#options.frequencyMhz - (clocksMhz[chip] as number));
  }
}
