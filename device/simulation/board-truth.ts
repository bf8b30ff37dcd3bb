/** What a twin is really doing, as no sensor shows it: by this the daemon is judged. */
import { Bitaxe } from "../../twin/bitaxe.ts";
import { S9HashBoard } from "../../twin/board/s9-hashboard.ts";
import { FaultTable } from "../../twin/faults.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulatedTwin } from "./virtual-board.ts";

export interface BoardTruth {
  /** Out of reset and with supply: chips that may compute. */
  readonly running: boolean;
  /** Supply that this board lets its host switch off is on. */
  readonly supplyOn: boolean;
}

/** A supply that falls below this is off, whatever is left in its capacitors. */
const OFF_V = 0.3;

export interface TwinOfScenario {
  readonly twin: SimulatedTwin;
  truth(): BoardTruth;
}

/** The board of a scenario, with those of its faults that a board can have. */
export function twinOf({ board, variant, chips, workScale, seed, faults }: Scenario, ambientC = 25): TwinOfScenario {
  const table = new FaultTable(faults);
  if (board === "s9") {
    const twin = new S9HashBoard({
      chips,
      workScale,
      seed,
      ambientC,
      faults: table,
      boardAddress: 0x55,
      tailShare: 0,
      sensor: "TMP451",
    });
    return { twin, truth: () => ({ running: twin.chain.running, supplyOn: twin.pic.targetV > 0 }) };
  }
  const twin = new Bitaxe({ chips, variant, bridgeGeneration: "V0", workScale, seed, ambientC, faults: table });
  return {
    twin,
    // A 205 has no way to switch its supply off: there the reset is all (specs/bm1366.md 5.3).
    truth: () => ({ running: twin.chain.running, supplyOn: variant === "207" && twin.physics.coreV > OFF_V }),
  };
}
