/** What a twin is really doing, as no sensor shows it: by this the daemon is judged. */
import { Bitaxe } from "../../twin/bitaxe.ts";
import { S9HashBoard } from "../../twin/board/s9-hashboard.ts";
import type { FaultTable } from "../../twin/faults.ts";
import type { PacedTwin } from "../../twin/paced-twin.ts";
import type { Scenario } from "./scenario.ts";

export interface BoardTruth {
  /** Out of reset and with supply: chips that may compute. */
  readonly running: boolean;
  /** Supply that this board lets its host switch off is on. */
  readonly supplyOn: boolean;
}

/** A supply that falls below this is off, whatever is left in its capacitors. */
const OFF_V = 0.3;

/** What a simulation needs of a twin. */
export interface SimulatedTwin extends PacedTwin {
  readonly bridge: { readonly nextNs: number };
  readonly chain: { readonly running: boolean; readonly lineRate: number };
}

export interface TwinOnBench {
  readonly twin: SimulatedTwin;
  truth(): BoardTruth;
}

const AMBIENT_C = 25;

type Made = Pick<Scenario, "board" | "variant" | "chips" | "workScale" | "seed">;

/** A board as the scenario has it, or one of the other kind. */
export function makeTwin(scenario: Made, as: "own" | "other", faults: FaultTable): TwinOnBench {
  const isS9 = (scenario.board === "s9") === (as === "own");
  return isS9 ? s9(scenario, faults) : bitaxe(scenario, faults);
}

function s9({ board, chips, workScale, seed }: Made, faults: FaultTable): TwinOnBench {
  const twin = new S9HashBoard({
    chips: board === "s9" ? chips : 1,
    workScale,
    seed,
    ambientC: AMBIENT_C,
    faults,
    boardAddress: 0x55,
    tailShare: 0,
    sensor: "TMP451",
  });
  return { twin, truth: () => ({ running: twin.chain.running, supplyOn: twin.pic.targetV > 0 }) };
}

function bitaxe({ variant, workScale, seed }: Made, faults: FaultTable): TwinOnBench {
  const twin = new Bitaxe({ chips: 1, variant, bridgeGeneration: "V0", workScale, seed, ambientC: AMBIENT_C, faults });
  // A 205 has no way to switch its supply off: there the reset is all (specs/bm1366.md 5.3).
  return { twin, truth: () => ({ running: twin.chain.running, supplyOn: variant === "207" && twin.physics.coreV > OFF_V }) };
}
