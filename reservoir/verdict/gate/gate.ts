/**
 * Does the substrate compute? The decision procedure of specs/reservoir.md 5 on one session, and over several. Says which tier was reached, never
 * "computes" for a mere response, and nothing at all where a control failed.
 */
import { ScienceError } from "../../../common/errors.ts";
import { capacity } from "../../properties/capacity.ts";
import { firstDivergence, narma10Response, nrmseFloor } from "../../tasks/narma10.ts";
import { type Capacities, memoryTerms, testCapacities } from "./capacities.ts";
import { GATE_PLAN, type GatePlan, type Prepared, prepare, type Session } from "./session.ts";
import { type ShiftControl, shiftControl } from "./surrogates.ts";
import { testUsefulness, type Usefulness } from "./usefulness.ts";

export type Tier = "none" | "T0 responds" | "T1 memory" | "T2 nonlinear memory" | "T3 useful" | "T4 competitive" | "T5 advantage";

/** Least sum of corrected memory capacities that counts. specs/reservoir.md 5 */
const LEAST_MEMORY = 0.1;

export interface GateResult {
  readonly tier: Tier;
  /** T1 and T3 with every control clean: what several sessions must repeat. */
  readonly passes: boolean;
  readonly capacities: Capacities;
  readonly shifts: ShiftControl;
  readonly usefulness: Usefulness;
  /** What makes the session worthless, in words; empty when nothing does. */
  readonly invalid: readonly string[];
  /** Rows used, rank of the states, and of what they say beyond the drive. */
  readonly n: number;
  readonly rank: number;
  readonly rankBeyondDrive: number;
  readonly features: readonly string[];
  readonly plan: GatePlan;
}

/** Errors as `prepare`, and ScienceError NARMA_DIVERGES for an input whose NARMA-10 response does. */
export async function gate(session: Session, settings: Partial<GatePlan> = {}): Promise<GateResult> {
  const plan = { ...GATE_PLAN, ...settings };
  const prepared = prepare(session, plan);
  if (firstDivergence(narma10Response(session.v.map((value) => (value + 1) / 4))) !== -1)
    throw new ScienceError(
      "NARMA_DIVERGES",
      "The NARMA-10 response to this input diverges.",
      "Draw another input before the run (narma10 does).",
    );
  const capacities = testCapacities(session.v, prepared, plan);
  const shifts = shiftControl(session.v, prepared, plan);
  const usefulness = await testUsefulness(session.v, prepared, plan);
  const invalid: string[] = [];
  if (capacities.anticausal.found)
    invalid.push(`states know future inputs (Holm p ${capacities.anticausal.leastP.toPrecision(2)}): leakage or misalignment`);
  // The other way round is no contradiction: the sum over lags can find what no single lag shows after Holm's correction.
  if (capacities.memory.found && !shifts.found)
    invalid.push(`the exact test finds memory and ${shifts.shifts} shifts of the input do not (p ${shifts.pValue.toPrecision(2)})`);
  const inconsistent = consistency(session.v, prepared, usefulness);
  if (inconsistent !== null) invalid.push(inconsistent);
  const memory = capacities.memory.found && capacities.memory.total >= LEAST_MEMORY;
  const tier = tierOf(capacities, memory, usefulness);
  return {
    tier: invalid.length === 0 ? tier : "none",
    passes: invalid.length === 0 && memory && usefulness.useful.answer,
    capacities,
    shifts,
    usefulness,
    invalid,
    n: prepared.rows.length,
    rank: prepared.whole.vectors.length,
    rankBeyondDrive: prepared.beyond.vectors.length,
    features: prepared.used,
    plan,
  };
}

/** Lags over which NARMA-10's linear part has weight worth counting. specs/reservoir.md 2.2 */
const COUNTED_LAGS = 30;
/** Of an NRMSE over a thousand rows or more. GUESS: three standard errors. */
const NRMSE_UNCERTAINTY = 0.03;

/** S6: a score that the measured memory cannot have earned contradicts itself. Raw capacities, which err on the high side. specs/reservoir.md 0.6 */
function consistency(v: Float64Array, { rows, base, whole }: Prepared, { statesNrmse }: Usefulness): string | null {
  const constant = { n: base.n, vectors: base.vectors.slice(0, 1) };
  const lags = Math.min(COUNTED_LAGS, rows[0] as number);
  const memory = memoryTerms(v, rows, lags).reduce((sum, { series }) => sum + capacity(series, { base: constant, states: whole }).raw, 0);
  const floor = nrmseFloor(memory);
  if (statesNrmse >= floor - NRMSE_UNCERTAINTY) return null;
  return `NRMSE ${statesNrmse.toFixed(3)} is better than the ${floor.toFixed(3)} that a linear memory of ${memory.toFixed(2)} allows`;
}

function tierOf({ response, memory, nonlinear }: Capacities, remembers: boolean, { useful, competitive, advantage }: Usefulness): Tier {
  if (!remembers) return response.found || memory.found ? "T0 responds" : "none";
  if (!useful.answer) return nonlinear.found ? "T2 nonlinear memory" : "T1 memory";
  if (!competitive.answer) return "T3 useful";
  return advantage?.volterra.answer && advantage.network.answer ? "T5 advantage" : "T4 competitive";
}
