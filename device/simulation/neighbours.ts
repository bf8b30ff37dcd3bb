/** The other boards of a simulated daemon, as a seed draws them: half of them have nothing wrong with them, and must go on whatever the others do. */
import { splitmix64 } from "../../common/random.ts";
import { drawFaults, type FaultLayer, type TwinBoard } from "../../twin/index.ts";
import type { BoardScenario, StrikeBy } from "./scenario.ts";
import { drawStrikes } from "./strikes.ts";

export interface NeighboursOptions {
  readonly seed: number;
  readonly count: number;
  readonly durationMs: number;
  readonly strike: StrikeBy;
  shape(board: TwinBoard): Pick<BoardScenario, "chips" | "workScale">;
}

const S9_SHARE = 0.25;
const UNTOUCHED_SHARE = 0.5;
const MOST_FAULTS = 2;
/** What is wrong with the host or the network comes with the first board. */
const OWN_LAYERS: readonly FaultLayer[] = ["link", "chip", "board"];

export function drawNeighbours({ seed, count, durationMs, strike, shape }: NeighboursOptions): BoardScenario[] {
  return Array.from({ length: count }, (_, at) => {
    const own = seed * 1000 + 1 + at;
    const random = splitmix64(BigInt(own) * 16n + 9n);
    const board: TwinBoard = random.next() < S9_SHARE ? "s9" : "bitaxe-ultra";
    const { chips, workScale } = shape(board);
    const variant = random.next() < 0.5 ? "205" : "207";
    const plan: BoardScenario["plan"] = random.next() < 0.5 ? [] : ["sweep"];
    const untouched = random.next() < UNTOUCHED_SHARE;
    const faults = 1 + Math.floor(random.next() * MOST_FAULTS);
    return {
      board,
      variant,
      chips,
      workScale,
      plan,
      faults: untouched || strike === "moment" ? [] : drawFaults(own, board, durationMs, faults, OWN_LAYERS, chips),
      ...(untouched || strike === "clock" ? {} : { strikes: drawStrikes({ seed: own, board, chips, layers: OWN_LAYERS }) }),
    };
  });
}
