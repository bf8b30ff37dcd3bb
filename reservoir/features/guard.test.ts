import { describe, expect, it } from "vitest";
import { ScienceError } from "../../common/errors.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { checkFeatures, requireFeatures, summariseRefusals } from "./guard.ts";

const TRAIN = { from: 0, to: 4 };

/** Columns to a matrix. */
function columns(...lists: number[][]): Matrix {
  const rows = lists[0]?.length ?? 0;
  return matrix(
    rows,
    lists.length,
    Float64Array.from({ length: rows * lists.length }, (_, i) => lists[i % lists.length]?.[Math.floor(i / lists.length)] as number),
  );
}

describe("checkFeatures", () => {
  it("keeps what varies and says of each other column why not", () => {
    const x = columns(
      [1, 2, 3, 4, 5],
      [7, 7, 7, 7, 9],
      [1, 2, 3, 4, 6],
      [2, Number.NaN, 1, 0, 1],
      [0, 1, 0, 1, 0],
      [4, 3, 2, 1, Number.POSITIVE_INFINITY],
    );
    expect(checkFeatures(x, ["count", "bias", "copy", "temperature", "hit", "residual"], TRAIN)).toEqual({
      kept: [0, 4],
      refused: [
        { name: "bias", reason: "constant (7 over 4 training rows)" },
        { name: "copy", reason: "duplicate of count" },
        { name: "temperature", reason: "non-finite (NaN at row 1)" },
        { name: "residual", reason: "non-finite (Infinity at row 4)" },
      ],
    });
  });

  it("a column that varies only by rounding is constant: standardised it would be noise of unit variance", () => {
    const wobble = [0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3];
    expect(new Set(wobble).size).toBe(2);
    expect(checkFeatures(columns(wobble), ["sum"], TRAIN).kept).toEqual([]);
    expect(checkFeatures(columns(wobble.map((v) => v + 1e-9 * v * wobble.indexOf(v))), ["sum"], TRAIN).kept).toEqual([0]);
  });

  it("zero and minus zero are the same value; nearly equal columns are not copies", () => {
    const x = columns([0, 1, 2, 3], [-0, 1, 2, 3], [0, 1, 2, 3.0000001]);
    expect(checkFeatures(x, ["a", "b", "c"], TRAIN)).toEqual({ kept: [0, 2], refused: [{ name: "b", reason: "duplicate of a" }] });
  });

  it("wants one name per column", () => {
    expect(() => checkFeatures(columns([1, 2, 3, 4]), [], TRAIN)).toThrow(/0 names for 1 features/);
  });
});

it("requireFeatures names every reason when nothing is left", () => {
  const none = checkFeatures(columns([1, 1, 1, 1], [2, 2, 2, 2], [1, 2, Number.NaN, 4]), ["a", "b", "c"], TRAIN);
  expect(() => requireFeatures(none)).toThrow(ScienceError);
  expect(() => requireFeatures(none)).toThrow(/None of 3 features can be used: 2 constant, 1 non-finite/);
  const some = checkFeatures(columns([1, 2, 3, 4]), ["a"], TRAIN);
  expect(requireFeatures(some)).toBe(some);
});

it("summariseRefusals counts by kind", () => {
  expect(
    summariseRefusals([
      { name: "a", reason: "duplicate of b" },
      { name: "c", reason: "constant (0 over 9 training rows)" },
      { name: "d", reason: "duplicate of c" },
    ]),
  ).toBe("2 duplicate, 1 constant");
});
