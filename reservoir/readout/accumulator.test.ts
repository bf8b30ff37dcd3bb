import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussian, lcg32 } from "../../common/random.ts";
import { type Matrix, matrix, rowRange } from "../matrix.ts";
import { RidgeAccumulator } from "./accumulator.ts";
import { useKernels } from "./kernels.ts";
import { ridge, ridgePath } from "./ridge.ts";

/** With ASICR_PORTABLE=1 there is no addon to test. */
const KERNELS = process.env.ASICR_PORTABLE === "1" ? (["typescript"] as const) : (["native", "typescript"] as const);

function sample(rows: number, features: number, targets: number, seed: number): { x: Matrix; y: Matrix } {
  const normal = gaussian(lcg32(seed));
  const x = matrix(
    rows,
    features,
    Float64Array.from({ length: rows * features }, (_, i) => 20 + (1 + (i % features)) * normal()),
  );
  const y = matrix(
    rows,
    targets,
    Float64Array.from({ length: rows * targets }, (_, i) => (x.data[Math.floor(i / targets) * features] as number) + normal()),
  );
  return { x, y };
}

describe.each(KERNELS)("RidgeAccumulator with %s kernels", (which) => {
  beforeAll(() => expect(useKernels(which)).toBe(true));
  afterAll(() => useKernels("native"));

  const shapes = fc.record({
    rows: fc.integer({ min: 12, max: 200 }),
    features: fc.integer({ min: 1, max: 10 }),
    targets: fc.integer({ min: 1, max: 3 }),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    seed: fc.nat(1e6),
  });

  it("gives what all rows at once give, however they are cut into blocks and without waiting between them", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ rows, features, targets, cuts, seed }) => {
        const { x, y } = sample(rows, features, targets, seed);
        const lambdas = [0.01, 1, 100];
        const expected = await ridgePath(x, y, lambdas);
        const accumulator = new RidgeAccumulator(features, targets);
        const edges = [0, ...cuts.map((cut) => Math.floor(cut * rows)).sort((a, b) => a - b), rows];
        const adding = edges.slice(1).map((to, i) => {
          const range = { from: edges[i] as number, to };
          return accumulator.add(rowRange(x, range), rowRange(y, range));
        });
        await Promise.all(adding);
        expect(accumulator.rows).toBe(rows);
        const path = await accumulator.path(lambdas);
        const fitted = await accumulator.fit({ lambdas });
        for (const [l, point] of expected.entries()) {
          for (const [i, w] of point.weights.entries()) expect(path[l]?.weights[i]).toBeCloseTo(w, 9);
          expect(path[l]?.degreesOfFreedom).toBeCloseTo(point.degreesOfFreedom, 9);
          for (const [t, gcv] of point.gcv.entries()) expect(path[l]?.gcv[t]).toBeCloseTo(gcv, 8);
        }
        const totals = path.map((point) => point.gcv.reduce((a, b) => a + b, 0));
        expect(fitted.lambda).toBe(lambdas[totals.indexOf(Math.min(...totals))]);
      }),
      { numRuns: 25 },
    );
  });

  it("cross-validates over the folds that were started, as ridge does over its own", async () => {
    const { x, y } = sample(60, 5, 2, 3);
    const lambdas = [0.1, 10, 1000];
    const expected = await ridge(x, y, { lambdas, folds: 4 });
    const accumulator = new RidgeAccumulator(5, 2);
    for (let fold = 0; fold < 4; fold++) {
      await accumulator.startFold();
      const range = { from: 15 * fold, to: 15 * (fold + 1) };
      await accumulator.add(rowRange(x, range), rowRange(y, range));
    }
    const fitted = await accumulator.fit({ lambdas });
    expect(fitted.lambda).toBe(expected.lambda);
    for (const [i, mse] of (expected.cvMse ?? []).entries()) expect(fitted.cvMse?.[i]).toBeCloseTo(mse, 9);
    for (const [i, w] of expected.weights.entries()) expect(fitted.weights[i]).toBeCloseTo(w, 10);
  });

  it("keeps a block with a value that is not finite out, and goes on", async () => {
    const { x, y } = sample(40, 3, 1, 4);
    const accumulator = new RidgeAccumulator(3, 1, ["count", "rate", "residual"]);
    await accumulator.add(x, y);
    const before = await accumulator.fit({ lambda: 1 });
    const spoilt = matrix(40, 3, x.data.slice());
    spoilt.data[3 * 17 + 1] = Number.NaN;
    await expect(accumulator.add(spoilt, y)).rejects.toMatchObject({ code: "NON_FINITE", message: "rate is not finite at row 17." });
    expect((await accumulator.fit({ lambda: 1 })).weights).toEqual(before.weights);
    expect(accumulator.rows).toBe(40);
  });

  it("refuses rows that do not fit, solutions without rows and features that rest", async () => {
    const { x, y } = sample(10, 3, 1, 5);
    const accumulator = new RidgeAccumulator(3);
    await expect(accumulator.fit()).rejects.toMatchObject({ code: "TOO_FEW_ROWS" });
    await expect(accumulator.add(matrix(10, 2), y)).rejects.toMatchObject({ code: "MATRIX_SHAPE" });
    await expect(accumulator.add(x, matrix(9, 1))).rejects.toMatchObject({ code: "MATRIX_SHAPE" });
    await accumulator.add(
      matrix(
        10,
        3,
        x.data.map((value, i) => (i % 3 === 1 ? 7 : value)),
      ),
      y,
    );
    await expect(accumulator.fit()).rejects.toMatchObject({ code: "CONSTANT_FEATURE", message: /^feature 1 / });
    await expect(accumulator.fit({ lambdas: [-1] })).rejects.toMatchObject({ code: "LAMBDAS" });
    const twins = new RidgeAccumulator(2);
    await twins.add(
      matrix(
        10,
        2,
        Float64Array.from({ length: 20 }, (_, i) => x.data[i >> 1] as number),
      ),
      y,
    );
    await expect(twins.fit({ lambda: 0 })).rejects.toMatchObject({ code: "NOT_POSITIVE_DEFINITE" });
    await expect(twins.path([1, 0])).rejects.toMatchObject({ code: "NOT_POSITIVE_DEFINITE" });
  });
});
