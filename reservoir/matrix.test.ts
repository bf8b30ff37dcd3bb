import { expect, it } from "vitest";
import { matrix } from "./matrix.ts";

it("a matrix has whole numbers of rows and columns, and a value for each", () => {
  expect(matrix(2, 3)).toEqual({ rows: 2, cols: 3, data: new Float64Array(6) });
  expect(matrix(0, 3).data).toHaveLength(0);
  expect(() => matrix(2, 3, new Float64Array(5))).toThrow(/needs 6 values, not 5/);
  for (const [rows, cols] of [
    [-2, -3],
    [1.5, 2],
    [2, Number.NaN],
  ] as const)
    expect(() => matrix(rows, cols, new Float64Array(6))).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE" }));
});
