import { ScienceError } from "../../common/errors.ts";
import type { Matrix, RowRange } from "../matrix.ts";

export interface RefusedFeature {
  readonly name: string;
  readonly reason: string;
}

export interface FeatureCheck {
  /** Columns that may be used, in order. */
  readonly kept: readonly number[];
  readonly refused: readonly RefusedFeature[];
}

/**
 * Which columns of x a readout may see. Refused, and never filled in: a value that is not finite in any row; a column that does not
 * vary over the training rows; an exact copy, over the training rows, of an earlier column that was kept (CLAIMS C: every published
 * LV06 run had constant features). A column that only nearly copies another stays: the ridge penalty deals with it.
 * `x` holds the rows that will be used, invalid steps already left out. ScienceError MATRIX_SHAPE when names and columns differ in number.
 */
export function checkFeatures(x: Matrix, names: readonly string[], train: RowRange): FeatureCheck {
  if (names.length !== x.cols)
    throw new ScienceError("MATRIX_SHAPE", `${names.length} names for ${x.cols} features.`, "Name every feature once.");
  const kept: number[] = [];
  const refused: RefusedFeature[] = [];
  const byDigest = new Map<number, number[]>();
  for (let column = 0; column < x.cols; column++) {
    const name = names[column] as string;
    const digest = digestOf(x, column, train);
    const alike = byDigest.get(digest) ?? [];
    const reason = nonFinite(x, column) ?? constant(x, column, train) ?? copy(x, column, train, alike, names);
    if (reason !== null) {
      refused.push({ name, reason });
      continue;
    }
    kept.push(column);
    byDigest.set(digest, [...alike, column]);
  }
  return { kept, refused };
}

/** ScienceError NO_USABLE_FEATURES, with every reason, when nothing was kept. */
export function requireFeatures(check: FeatureCheck): FeatureCheck {
  if (check.kept.length > 0) return check;
  throw new ScienceError(
    "NO_USABLE_FEATURES",
    `None of ${check.refused.length} features can be used: ${summariseRefusals(check.refused)}.`,
    "Look at what the substrate delivers before asking what it computes.",
    { refused: check.refused },
  );
}

/** How many features fell for which kind of reason, as in "8 constant, 1 duplicate". */
export function summariseRefusals(refused: readonly RefusedFeature[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of refused) {
    const kind = reason.replace(/ (\(|of ).*$/, "");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

function nonFinite(x: Matrix, column: number): string | null {
  for (let row = 0; row < x.rows; row++) {
    const value = x.data[row * x.cols + column] as number;
    if (!Number.isFinite(value)) return `non-finite (${value} at row ${row})`;
  }
  return null;
}

function constant(x: Matrix, column: number, train: RowRange): string | null {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let row = train.from; row < train.to; row++) {
    const value = x.data[row * x.cols + column] as number;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  // Less spread than a few units in the last place is rounding, and standardising would blow it up to unit variance.
  const rounding = 16 * Number.EPSILON * Math.max(Math.abs(least), Math.abs(most));
  return most - least > rounding ? null : `constant (${least} over ${train.to - train.from} training rows)`;
}

function copy(x: Matrix, column: number, train: RowRange, candidates: readonly number[], names: readonly string[]): string | null {
  for (const other of candidates) {
    let row = train.from;
    while (row < train.to && x.data[row * x.cols + column] === x.data[row * x.cols + other]) row++;
    if (row === train.to) return `duplicate of ${names[other]}`;
  }
  return null;
}

/** Equal columns have equal digests (FNV-1a over the bits, with -0 as 0); unequal ones nearly never. */
function digestOf(x: Matrix, column: number, train: RowRange): number {
  const value = new Float64Array(1);
  const words = new Uint32Array(value.buffer);
  let hash = 0x811c9dc5;
  for (let row = train.from; row < train.to; row++) {
    value[0] = (x.data[row * x.cols + column] as number) + 0;
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  }
  return hash >>> 0;
}
