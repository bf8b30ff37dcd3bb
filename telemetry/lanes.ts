/** What nonces are told apart by when people look at them: the chips of a board, or the cores of the only chip. */
import type { Snapshot } from "./messages.ts";

export interface Lanes {
  /** What a lane is: a core of the only chip, or a chip. */
  readonly axis: "core" | "chip";
  readonly chips: number;
  /** Core numbers 0 .. cores - 1. */
  readonly cores: number;
  /** Those among them that no such chip has, in words: their empty rows are not dead cores. */
  readonly absentCores: string | null;
}

/** By chip id. specs/bm1366.md 4.7; specs/bm1387.md 1. */
const CORE_NUMBERS: Readonly<Record<string, Pick<Lanes, "cores" | "absentCores">>> = {
  "1366": { cores: 112, absentCores: null },
  "1387": { cores: 121, absentCores: "57–63" },
};
/** Both chips report the core in seven bits: room for all of them where the chip is unknown. */
const ANY_CORE = { cores: 128, absentCores: null };

/** The axis that suits a board; while none is known, one that holds every core number. */
export function lanesFor(board: Snapshot["board"]): Lanes {
  const numbers = (board === null ? undefined : CORE_NUMBERS[board.chipId]) ?? ANY_CORE;
  const chips = Math.max(1, board?.chips ?? 1);
  return { axis: chips === 1 ? "core" : "chip", chips, ...numbers };
}

/** How many lanes there are. */
export function rows({ axis, chips, cores }: Lanes): number {
  return axis === "core" ? cores : chips;
}
