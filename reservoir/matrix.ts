import { ScienceError } from "../common/errors.ts";

/** A dense matrix in double precision, row-major: one row per time step, one column per feature. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** Rows [from, to) of something that is in time order. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A matrix over `data` (zeros when left out). ScienceError MATRIX_SHAPE when data is not rows x cols long, or one of these is no size. */
export function matrix(rows: number, cols: number, data?: Float64Array): Matrix {
  for (const size of [rows, cols])
    if (!Number.isInteger(size) || size < 0)
      throw new ScienceError("MATRIX_SHAPE", `There is no ${rows} x ${cols} matrix.`, "Pass the numbers of rows and columns first.");
  const values = data ?? new Float64Array(rows * cols);
  if (values.length !== rows * cols)
    throw new ScienceError(
      "MATRIX_SHAPE",
      `A ${rows} x ${cols} matrix needs ${rows * cols} values, not ${values.length}.`,
      "Pass one value per row and column, row by row.",
    );
  return { rows, cols, data: values };
}

/** The given rows, in the given order, in new memory. */
export function takeRows(x: Matrix, rows: ArrayLike<number>): Matrix {
  const out = matrix(rows.length, x.cols);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * x.cols;
    out.data.set(x.data.subarray(from, from + x.cols), i * x.cols);
  }
  return out;
}

/** The given columns, in the given order, in new memory. */
export function takeColumns(x: Matrix, columns: readonly number[]): Matrix {
  const out = matrix(x.rows, columns.length);
  for (let r = 0; r < x.rows; r++)
    for (let c = 0; c < columns.length; c++) out.data[r * columns.length + c] = x.data[r * x.cols + (columns[c] as number)] as number;
  return out;
}

/** Rows [from, to) as a view on the same memory. */
export function rowRange(x: Matrix, range: RowRange): Matrix {
  return { rows: range.to - range.from, cols: x.cols, data: x.data.subarray(range.from * x.cols, range.to * x.cols) };
}
