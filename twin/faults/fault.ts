/** Where a fault strikes. `link`, `chip` and `board` are carried out by a twin, `host` and `network` by a simulation of the whole daemon. */
export const FAULT_LAYERS = ["link", "chip", "board", "host", "network"] as const;
export type FaultLayer = (typeof FAULT_LAYERS)[number];

export const TWIN_BOARDS = ["bitaxe-ultra", "s9"] as const;
export type TwinBoard = (typeof TWIN_BOARDS)[number];

/** The number of a fault. Faults that are either there or not have `means` "not used" and the range 0 to 0. */
export interface FaultValue {
  readonly means: string;
  readonly unit: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** What can be made to go wrong, declared once: the twins, the command line and the documentation read this. */
export interface Fault {
  readonly layer: FaultLayer;
  readonly boards: readonly TwinBoard[];
  readonly value: FaultValue;
  /** It strikes one chip, named by `chip` of the specification (0 is the one nearest the host). */
  readonly ofChip?: true;
  /** What a driver should see while it holds. */
  readonly shows: string;
}

export type FaultTableOf<Names extends string> = Readonly<Record<Names, Fault>>;

export const BOTH = TWIN_BOARDS;
export const ULTRA: readonly TwinBoard[] = ["bitaxe-ultra"];
export const S9: readonly TwinBoard[] = ["s9"];

export const NOT_USED: FaultValue = { means: "not used", unit: "", default: 0, min: 0, max: 0 };

export function probability(means: string, usual: number): FaultValue {
  return { means, unit: "probability", default: usual, min: 0, max: 1 };
}

/** An index of a chip on the longest chain a twin can have. */
export function chipIndex(means: string, usual: number): FaultValue {
  return { means, unit: "chip", default: usual, min: 0, max: 127 };
}

export function amount(means: string, unit: string, usual: number, min: number, max: number): FaultValue {
  return { means, unit, default: usual, min, max };
}
