import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lcg32 } from "../../common/random.ts";
import { type Matrix, matrix, rowRange } from "../matrix.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { useKernels } from "./kernels.ts";
import { fitRidge } from "./ridge.ts";
import { Rls } from "./rls.ts";

/** With ASICR_PORTABLE=1 there is no addon to test. */
const KERNELS = process.env.ASICR_PORTABLE === "1" ? (["typescript"] as const) : (["native", "typescript"] as const);

interface RlsOracle {
  ff1_w: number[];
  ff1_apriori_err_first3: number[];
  ff1_trace_P: number;
  tol: number;
}

function uniform(count: number, seed: number): Float64Array {
  const random = lcg32(seed);
  return Float64Array.from({ length: count }, () => 2 * random.next() - 1);
}

/** The rows of the oracles `ridge` and `rls`. */
function oracleRows(): { x: Matrix; y: Matrix } {
  const x = matrix(40, 4, uniform(160, 7));
  const noise = uniform(40, 8);
  const target = (r: number) => {
    const [a, b, c] = x.data.subarray(4 * r) as unknown as [number, number, number];
    return a - 2 * b + 0.5 * c + 0.3 + 0.2 * (noise[r] as number);
  };
  return {
    x,
    y: matrix(
      40,
      1,
      Float64Array.from({ length: 40 }, (_, r) => target(r)),
    ),
  };
}

/** Rows scaled so that ordinary ridge on them is ridge with exponential weights. */
function aged(m: Matrix, forgetting: number): Matrix {
  return matrix(
    m.rows,
    m.cols,
    m.data.map((value, i) => value * Math.sqrt(forgetting ** (m.rows - 1 - Math.floor(i / m.cols)))),
  );
}

/** Ridge without intercept: every row once more with the other sign, so that the means vanish; the penalty counts twice. */
async function ridgeThroughOrigin(x: Matrix, y: Float64Array, lambda: number): Promise<Float64Array> {
  const mirrored = (values: Float64Array) => Float64Array.from([...values, ...values.map((value) => -value)]);
  const model = await fitRidge(matrix(2 * x.rows, x.cols, mirrored(x.data)), mirrored(y), { lambda: 2 * lambda, standardise: false });
  return model.weights;
}

describe.each(KERNELS)("Rls with %s kernels", (which) => {
  beforeAll(() => expect(useKernels(which)).toBe(true));
  afterAll(() => useKernels("native"));

  it.skipIf(!haveOracle)("oracle: weights, first errors and trace", () => {
    const expected = oracle<RlsOracle>("rls");
    const { x, y } = oracleRows();
    const rls = new Rls({ features: 4 });
    const errors = rls.update(x, y);
    const { weights, intercepts } = rls.model();
    for (const [i, w] of expected.ff1_w.entries()) expectRelative([...intercepts, ...weights][i] as number, w, expected.tol);
    for (const [i, e] of expected.ff1_apriori_err_first3.entries()) expectRelative(errors[i] as number, e, expected.tol);
    expectRelative(rls.inverseTrace(), expected.ff1_trace_P, expected.tol);
  });

  it("equals ridge, with exponential weights when it forgets, for any number of targets and any blocks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          features: fc.integer({ min: 1, max: 12 }),
          targets: fc.integer({ min: 1, max: 3 }),
          forgetting: fc.constantFrom(1, 0.99, 0.9),
          block: fc.integer({ min: 1, max: 40 }),
          seed: fc.nat(1e6),
        }),
        async ({ features, targets, forgetting, block, seed }) => {
          const rows = 60;
          const delta = 0.3;
          const x = matrix(rows, features, uniform(rows * features, seed));
          const y = matrix(rows, targets, uniform(rows * targets, seed + 1));
          const rls = new Rls({ features, targets, forgetting, delta, intercept: false });
          for (let from = 0; from < rows; from += block) {
            const range = { from, to: Math.min(rows, from + block) };
            rls.update(rowRange(x, range), rowRange(y, range));
          }
          const { weights, intercepts } = rls.model();
          expect([...intercepts]).toEqual(new Array(targets).fill(0));
          for (let t = 0; t < targets; t++) {
            const column = aged(
              matrix(
                rows,
                1,
                y.data.filter((_, i) => i % targets === t),
              ),
              forgetting,
            );
            const expected = await ridgeThroughOrigin(aged(x, forgetting), column.data, delta * forgetting ** rows);
            for (let i = 0; i < features; i++)
              expect(Math.abs((weights[t * features + i] as number) - (expected[i] as number))).toBeLessThan(1e-9);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("follows a relation that changes when it forgets, and is slow to when it does not", () => {
    const x = matrix(400, 1, uniform(400, 5));
    const y = matrix(
      400,
      1,
      x.data.map((value, r) => (r < 300 ? value : -value)),
    );
    const slope = (forgetting: number) => {
      const rls = new Rls({ features: 1, forgetting });
      rls.update(x, y);
      return rls.model().weights[0] as number;
    };
    expect(slope(0.9)).toBeCloseTo(-1, 3);
    expect(slope(1)).toBeGreaterThan(0.3);
  });

  it("learns nothing from rows that are not finite or do not fit", () => {
    const rls = new Rls({ features: 2 });
    rls.update(matrix(2, 2, Float64Array.of(1, 2, 3, 5)), matrix(2, 1, Float64Array.of(1, 0)));
    const before = rls.model();
    const bad = () => rls.update(matrix(2, 2, Float64Array.of(1, 2, 3, Number.NaN)), matrix(2, 1));
    expect(bad).toThrow(expect.objectContaining({ code: "NON_FINITE", context: { row: 1, column: 1 } }));
    expect(() => rls.update(matrix(1, 2), matrix(1, 1, Float64Array.of(Number.POSITIVE_INFINITY)))).toThrow(/A target is not finite/);
    expect(() => rls.update(matrix(1, 3), matrix(1, 1))).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE" }));
    expect(() => rls.update(matrix(1, 2), matrix(2, 1))).toThrow(expect.objectContaining({ code: "MATRIX_SHAPE" }));
    expect(rls.model()).toEqual(before);
  });

  it("says when it has forgotten a direction beyond all bounds", () => {
    const rls = new Rls({ features: 2, forgetting: 0.5 });
    const rest = () =>
      rls.update(
        matrix(
          2000,
          2,
          Float64Array.from({ length: 4000 }, (_, i) => 1 - (i % 2)),
        ),
        matrix(2000, 1),
      );
    expect(rest).toThrow(expect.objectContaining({ code: "RLS_WIND_UP" }));
    expect(rest).toThrow(expect.objectContaining({ code: "RLS_WIND_UP" }));
    expect([...rls.model().weights].every(Number.isFinite)).toBe(true);
  });

  it("refuses settings that mean nothing", () => {
    for (const settings of [
      { features: 0 },
      { features: 1.5 },
      { features: 2, targets: 0 },
      { features: 2, forgetting: 0 },
      { features: 2, forgetting: 1.01 },
      { features: 2, delta: 0 },
      { features: 2, delta: Number.NaN },
    ])
      expect(() => new Rls(settings)).toThrow(expect.objectContaining({ code: "RLS_SETTINGS" }));
  });
});
