/** The controls that stand beside every session of a study, scored on the same rows by the same readout. CLAIMS "Mandatory controls", specs/reservoir.md 5 S4, S5 */
import { ScienceError } from "../../../common/errors.ts";
import { checkFeatures } from "../../features/guard.ts";
import { matrix, takeColumns, takeRows } from "../../matrix.ts";
import { delayTaps, quadraticTaps } from "../../readout/taps.ts";
import { EchoStateNetwork } from "../../software/esn.ts";
import { errorMeasures } from "../../statistics/nrmse.ts";
import { memoryTerms, testFamily } from "./capacities.ts";
import { crossPredict, crossPredictBeyond } from "./cross-predict.ts";
import { gate } from "./gate.ts";
import { poissonSession } from "./poisson-session.ts";
import { type GatePlan, prepare, type Session } from "./session.ts";
import { asMatrix, type Better, compare, narmaTarget } from "./usefulness.ts";

/** NRMSE of NARMA-10, every row predicted by a readout that learned from other blocks. */
export interface ControlScores {
  /** The states with the drive, and the states alone: what the others are held against. */
  readonly both: number;
  readonly alone: number;
  readonly constant: number;
  readonly inputOnly: number;
  readonly taps: number;
  readonly quadraticTaps: number;
  readonly network: number;
  /** What the encoder emitted from the input, past the substrate. */
  readonly bypass: number;
  /** The same with all that the host fed back: everything but the substrate's answer. */
  readonly host: number;
  /** Drive and surrogate; null where the surrogate has no two features that vary. */
  readonly surrogate: number | null;
}

export interface SessionControls {
  readonly scores: ControlScores;
  /** States and drive against each. */
  readonly againstInput: Better;
  readonly againstBypass: Better;
  readonly againstSurrogate: Better | null;
  /** The surrogate before the gate: must find no memory. */
  readonly surrogateMemory: boolean;
  readonly surrogatePasses: boolean;
  /** Whether anything that the host fed back ever varied. */
  readonly fedBack: boolean;
}

/** Columns that a readout can use; null when fewer than two vary. */
function usable(session: Session, plan: GatePlan): Session | null {
  const rows = Uint32Array.from({ length: session.states.rows }, (_, row) => row).filter(
    (row) => session.valid?.[row] !== 0 && row >= plan.washout + plan.lags && row < session.states.rows - plan.lags,
  );
  if (rows.length === 0) return null;
  const { kept } = checkFeatures(takeRows(session.states, rows), session.names, { from: 0, to: rows.length });
  if (kept.length < 2) return null;
  return { ...session, states: takeColumns(session.states, kept), names: kept.map((column) => session.names[column] as string) };
}

/** Errors as `gate`. `fedBack`: channels of the log that carry what the host fed back. */
export async function scoreControls(session: Session, plan: GatePlan, fedBack: readonly number[] = []): Promise<SessionControls> {
  const prepared = prepare(session, plan);
  const { rows, baseColumns, states } = prepared;
  const u = session.v.map((value) => (value + 1) / 4);
  const y = narmaTarget(session.v, rows);
  const settings = { blocks: plan.blocks, gap: plan.lags };
  const error = (predicted: Float64Array) => errorMeasures(y, predicted).nrmse;
  const own = await crossPredictBeyond(asMatrix(rows.length, baseColumns), states, y, settings);
  const input = await crossPredict(takeRows(delayTaps(u, 1), rows), y, settings);
  // Channel by channel, `degrees` columns each.
  const open = baseColumns.filter((_, column) => !fedBack.includes(Math.floor(column / plan.degrees)));
  const bypass = open.length < baseColumns.length ? await crossPredict(asMatrix(rows.length, open), y, settings) : own.base;
  const surrogate = usable(poissonSession(session, plan.degrees, plan.seed), plan);
  const chance = surrogate === null ? null : await gate(surrogate, plan);
  const withChance =
    surrogate === null
      ? null
      : (await crossPredictBeyond(asMatrix(rows.length, baseColumns), takeRows(surrogate.states, rows), y, settings)).both;
  const taps = takeRows(delayTaps(u, Math.min(30, Math.max(1, states.cols))), rows);
  const network = await new EchoStateNetwork({ nodes: states.cols, seed: plan.seed }).harvest(u);
  return {
    scores: {
      both: error(own.both),
      alone: error(await crossPredict(states, y, settings)),
      constant: error(await crossPredict(matrix(rows.length, 0), y, settings)),
      inputOnly: error(input),
      taps: error(await crossPredict(taps, y, settings)),
      quadraticTaps: error(await crossPredict(takeRows(quadraticTaps(u, 30), rows), y, settings)),
      network: error(await crossPredict(takeRows(network, rows), y, settings)),
      bypass: error(bypass),
      host: error(own.base),
      surrogate: withChance === null ? null : error(withChance),
    },
    againstInput: compare(y, own.both, input, plan),
    againstBypass: compare(y, own.both, bypass, plan),
    againstSurrogate: withChance === null ? null : compare(y, own.both, withChance, plan),
    surrogateMemory: chance?.capacities.memory.found ?? false,
    surrogatePasses: chance?.passes ?? false,
    fedBack: fedBack.length > 0,
  };
}

export interface OthersMemory {
  /** null: could not be tested. */
  readonly found: boolean | null;
  readonly why: string | null;
}

/** Whether states show memory of an input that never drove them. */
export function memoryOfAnother(session: Session, v: Float64Array, plan: GatePlan): OthersMemory {
  const steps = Math.min(v.length, session.v.length);
  const cut = session.v.length === steps ? session : firstSteps(session, steps);
  const able = usable({ ...cut, v: v.slice(0, steps) }, plan);
  if (able === null) return { found: null, why: "fewer than two features vary" };
  try {
    const { rows, base, beyond } = prepare(able, plan);
    return { found: testFamily(memoryTerms(able.v, rows, plan.lags), base, beyond, plan.alpha).found, why: null };
  } catch (error) {
    if (error instanceof ScienceError && error.code === "TOO_FEW_STEPS") return { found: null, why: "too few steps count" };
    throw error;
  }
}

function firstSteps(session: Session, steps: number): Session {
  const rows = Uint32Array.from({ length: steps }, (_, row) => row);
  return {
    ...session,
    states: takeRows(session.states, rows),
    emitted: session.emitted === null ? null : takeRows(session.emitted, rows),
    ...(session.valid ? { valid: session.valid.slice(0, steps) } : {}),
  };
}
