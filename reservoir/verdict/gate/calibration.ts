/** How often the decision procedure is wrong, on substrates of which it is known whether they compute. specs/reservoir.md 5 */
import { type PlantedCase, plantedSession } from "../../software/planted.ts";
import { binomialInterval } from "../../statistics/binomial.ts";
import { narma10 } from "../../tasks/narma10.ts";
import { gate, type Tier } from "./gate.ts";

/** One session of one case. Plain values, fit for a line of JSON. */
export interface CalibrationRun {
  readonly case: string;
  readonly run: number;
  readonly passes: boolean;
  readonly tier: Tier;
  readonly memory: boolean;
  readonly nonlinear: boolean;
  readonly useful: boolean;
  readonly anticausal: boolean;
  readonly shiftsDisagree: boolean;
}

/** Steps and features of every session: those of the specification's table. */
export const CALIBRATION_STEPS = 2000;
export const CALIBRATION_NODES = 20;

/** Every case and run has an input, an encoder and noise of its own; the seeds are fixed by case and run, so a table can be made again or added to. */
export async function calibrationRun(planted: PlantedCase, caseIndex: number, run: number): Promise<CalibrationRun> {
  const seed = 1_000_000 * (caseIndex + 1) + 1000 * run;
  const { u } = narma10(seed, CALIBRATION_STEPS);
  const session = plantedSession(
    planted.planted,
    u.map((value) => 4 * value - 1),
    seed + 7,
    CALIBRATION_NODES,
  );
  const { passes, tier, capacities, shifts, usefulness } = await gate(session, { seed: run + 1 });
  return {
    case: planted.name,
    run,
    passes,
    tier,
    memory: capacities.memory.found,
    nonlinear: capacities.nonlinear.found,
    useful: usefulness.useful.answer,
    anticausal: capacities.anticausal.found,
    shiftsDisagree: capacities.memory.found !== shifts.found,
  };
}

export interface CalibrationRow {
  readonly name: string;
  readonly is: PlantedCase["is"];
  readonly runs: number;
  /** Shares of the runs. */
  readonly passes: number;
  /** 95 % interval of `passes`, exact. */
  readonly interval: readonly [number, number];
  /** One-sided 95 % upper bound: what a null must keep below 1 %. */
  readonly upperBound: number;
  readonly memory: number;
  readonly nonlinear: number;
  readonly useful: number;
  readonly anticausal: number;
  readonly shiftsDisagree: number;
  /** Least power asked for; null for a null. */
  readonly wanted: number | null;
}

export function calibrationRow({ name, is, power }: PlantedCase, runs: readonly CalibrationRun[]): CalibrationRow {
  const count = (of: (run: CalibrationRun) => boolean) => runs.reduce((sum, run) => sum + (of(run) ? 1 : 0), 0);
  const share = (of: (run: CalibrationRun) => boolean) => (runs.length > 0 ? count(of) / runs.length : Number.NaN);
  const passes = count((run) => run.passes);
  return {
    name,
    is,
    runs: runs.length,
    passes: share((run) => run.passes),
    interval: runs.length > 0 ? binomialInterval(passes, runs.length) : [0, 1],
    upperBound: runs.length > 0 ? binomialInterval(passes, runs.length, 0.05)[1] : 1,
    memory: share((run) => run.memory),
    nonlinear: share((run) => run.nonlinear),
    useful: share((run) => run.useful),
    anticausal: share((run) => run.anticausal),
    shiftsDisagree: share((run) => run.shiftsDisagree),
    wanted: power,
  };
}
