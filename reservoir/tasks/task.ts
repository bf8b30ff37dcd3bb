/** A benchmark: what drives the substrate and what its readout shall say. */
export interface Task {
  readonly name: string;
  /** Input per step, within `range`. */
  readonly u: Float64Array;
  readonly range: readonly [number, number];
  /** Target of the row of step t: one number, or the index of a class. NaN where a step has no target (the leading ones). */
  readonly target: Float64Array;
  readonly kind: "regression" | "classification";
  /** How targets and inputs are made and split, in words. */
  readonly convention: string;
}
