/** What the decision procedure needs of one session of driving a substrate. specs/reservoir.md 5 */
import { ScienceError } from "../../../common/errors.ts";
import { checkFeatures } from "../../features/guard.ts";
import { type Matrix, takeColumns, takeRows } from "../../matrix.ts";
import { columnsOf } from "../../properties/information-processing.ts";
import { legendreColumns, toUnitRange } from "../../properties/legendre.ts";
import { constantSubspace, joined, type Subspace, spanBeyond } from "../../properties/subspace.ts";

export interface Session {
  /** Input, i.i.d. uniform in [-1, 1], one number per step. */
  readonly v: Float64Array;
  /**
   * What the encoder really emitted, logged at the device boundary: steps x channels, with every history that the host, a feedback loop or
   * the readout holds as a channel of its own. null when nobody logged it: then there is no verdict.
   */
  readonly emitted: Matrix | null;
  /** Steps x features, row t read before input t + 1 was applied. */
  readonly states: Matrix;
  readonly names: readonly string[];
  /** 1 where the step counts; left out: all do. Other steps' states are not read, their inputs are (they were applied, or tried). */
  readonly valid?: Uint8Array;
}

export interface GatePlan {
  /** Leading steps that do not count. */
  readonly washout: number;
  /** Lags of the memory family, and leads of the anti-causal control. */
  readonly lags: number;
  /** Level of each family. */
  readonly alpha: number;
  /** Legendre degrees of every logged channel that the states are freed of: 5 were not enough at 40 dB, 11 are. */
  readonly degrees: number;
  /** Circular shifts of the surrogate control. */
  readonly shifts: number;
  /** Blocks of the cross-prediction of NARMA-10. */
  readonly blocks: number;
  readonly seed: number;
}

export const GATE_PLAN: GatePlan = { washout: 100, lags: 10, alpha: 0.01, degrees: 11, shifts: 99, blocks: 5, seed: 1 };

/** The rows that every step of the procedure uses, and the subspaces it works in. */
export interface Prepared {
  /** Steps used, in order: those with `lags` steps before and after. */
  readonly rows: Uint32Array;
  /** The constant and all that a memoryless function of the logged drive can be. */
  readonly base: Subspace;
  /** The base's own features, for a readout: rows x columns. */
  readonly baseColumns: readonly Float64Array[];
  /** What the states say beyond the base. */
  readonly beyond: Subspace;
  /** What they say at all, the drive's part included. */
  readonly whole: Subspace;
  readonly states: Matrix;
  /** Names of the features used. */
  readonly used: readonly string[];
}

/**
 * S0 and S1: refuses what cannot be decided, and frees the states of everything a memoryless function of the drive can be. ScienceError:
 * NO_DRIVE_LOG, SESSION_SHAPE, BAD_INPUT, TOO_FEW_STEPS, BAD_FEATURES (constant, duplicate, not finite, or fewer than two that differ).
 */
export function prepare(session: Session, plan: GatePlan): Prepared {
  const { v, emitted, states, names } = session;
  if (emitted === null)
    throw new ScienceError(
      "NO_DRIVE_LOG",
      "What the encoder emitted was not logged: an encoder with memory would pass for a computer.",
      "Log every set-point as it was read back, and run again.",
    );
  if (
    states.rows !== v.length ||
    emitted.rows !== v.length ||
    names.length !== states.cols ||
    (session.valid?.length ?? v.length) !== v.length
  )
    throw new ScienceError(
      "SESSION_SHAPE",
      `${v.length} inputs, ${emitted.rows} logged drives and ${states.rows} states do not belong together.`,
      "One row per step.",
    );
  if (v.some((value) => !(Math.abs(value) <= 1)))
    throw new ScienceError("BAD_INPUT", "The input leaves [-1, 1].", "Scale it: v = 4 u - 1 for u in [0, 0.5].");
  const from = plan.washout + plan.lags;
  const { valid } = session;
  const inside = Uint32Array.from({ length: Math.max(0, v.length - plan.lags - from) }, (_, i) => from + i);
  const rows = valid ? inside.filter((row) => valid[row] === 1) : inside;
  const n = rows.length;
  const columns = 1 + emitted.cols * plan.degrees + states.cols;
  if (n < 3 * columns || n < 200)
    throw new ScienceError("TOO_FEW_STEPS", `${n} usable steps are too few for ${columns} columns.`, "Drive it for longer.", {
      n,
      columns,
    });
  const taken = takeRows(states, rows);
  const check = checkFeatures(taken, names, { from: 0, to: n });
  if (check.refused.length > 0) {
    const [first] = check.refused as [(typeof check.refused)[0]];
    const why = `${check.refused.length} of ${names.length} features cannot be used: ${first.name} is ${first.reason}.`;
    throw new ScienceError("BAD_FEATURES", why, "Leave such features out of the plan before the run, not after.", {
      refused: check.refused,
    });
  }
  const constant = constantSubspace(n);
  const baseColumns = columnsOf(takeRows(emitted, rows)).flatMap((channel) => legendreColumns(toUnitRange(channel), plan.degrees));
  const base = joined(constant, spanBeyond(constant, baseColumns));
  const whole = spanBeyond(constant, columnsOf(taken));
  if (whole.vectors.length < 2)
    throw new ScienceError("BAD_FEATURES", "All features say the same.", "Record more than one quantity that differs.", { rank: 1 });
  return {
    rows,
    base,
    baseColumns,
    beyond: spanBeyond(base, columnsOf(taken)),
    whole,
    states: takeColumns(taken, check.kept),
    used: check.kept.map((column) => names[column] as string),
  };
}
