import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScienceError } from "../../common/errors.ts";
import { lcg32, permutation } from "../../common/random.ts";
import { matrix, takeRows } from "../matrix.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { predictAll } from "./bind.ts";
import { useKernels } from "./kernels.ts";
import { fitRidge, predict, ridge, ridgePath } from "./ridge.ts";

/** With ASICR_PORTABLE=1 there is no addon to test. */
const KERNELS = process.env.ASICR_PORTABLE === "1" ? (["typescript"] as const) : (["native", "typescript"] as const);

interface RidgeOracle {
  results: {
    lam: number;
    w: number[];
    b: number;
    dof: number;
    train_mse: number;
    loo_mse: number;
    gcv: number;
    cv5_contiguous_mse: number;
  }[];
  tol: number;
}

function uniform(count: number, seed: number): Float64Array {
  const random = lcg32(seed);
  return Float64Array.from({ length: count }, () => 2 * random.next() - 1);
}

/** Features and targets with some relation, from a seed. */
function sample(rows: number, cols: number, seed: number) {
  const x = matrix(rows, cols, uniform(rows * cols, seed));
  const noise = uniform(rows, seed + 1);
  const y = Float64Array.from({ length: rows }, (_, r) => 2 + (x.data[r * cols] as number) + 0.3 * (noise[r] as number));
  return { x, y };
}

/** Everything below holds with and without the addon. */
describe.each(KERNELS)("%s kernels", (which) => {
  beforeAll(() => expect(useKernels(which)).toBe(true));
  afterAll(() => useKernels("native"));

  describe.skipIf(!haveOracle)("ridge oracle", () => {
    const { results, tol } = oracle<RidgeOracle>("ridge");
    const x = matrix(40, 4, uniform(160, 7));
    const noise = uniform(40, 8);
    const y = Float64Array.from({ length: 40 }, (_, r) => {
      const [a, b, c] = x.data.subarray(4 * r) as unknown as [number, number, number];
      return a - 2 * b + 0.5 * c + 0.3 + 0.2 * (noise[r] as number);
    });

    it("weights, intercept, degrees of freedom, training, leave-one-out and GCV error for every lambda", async () => {
      const path = await ridgePath(
        x,
        matrix(40, 1, y),
        results.map((result) => result.lam),
        { standardise: false },
      );
      expect(path).toHaveLength(results.length);
      for (const [i, expected] of results.entries()) {
        const point = path[i] as (typeof path)[number];
        for (const [k, w] of expected.w.entries()) expectRelative(point.weights[k] as number, w, tol);
        expectRelative(point.intercepts[0] as number, expected.b, tol);
        expectRelative(point.degreesOfFreedom, expected.dof, tol);
        expectRelative(point.trainMse[0] as number, expected.train_mse, tol);
        expectRelative(point.looMse[0] as number, expected.loo_mse, tol);
        expectRelative(point.gcv[0] as number, expected.gcv, tol);
      }
    });

    it("cross-validation error of five contiguous folds for every lambda, and the best one chosen", async () => {
      const lambdas = results.map((result) => result.lam);
      const model = await fitRidge(x, y, { lambdas, folds: 5, standardise: false });
      for (const [i, expected] of results.entries()) expectRelative(model.cvMse?.[i] as number, expected.cv5_contiguous_mse, tol);
      expect(model.lambda).toBe(0.01);
      for (const [k, w] of (results[1]?.w ?? []).entries()) expectRelative(model.weights[k] as number, w, tol);
    });
  });

  describe("fitRidge", () => {
    const shapes = fc.record({ rows: fc.integer({ min: 12, max: 60 }), cols: fc.integer({ min: 1, max: 9 }), seed: fc.nat(1e6) });
    const lambda = fc.constantFrom(1e-6, 0.01, 1, 100);

    it("gives the point where the gradient vanishes", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, lambda, async ({ rows, cols, seed }, penalty) => {
          const { x, y } = sample(rows, cols, seed);
          const model = await fitRidge(x, y, { lambda: penalty });
          const predicted = predict(model, x);
          const { mean, scale } = model.standardisation;
          for (let c = 0; c < cols; c++) {
            let gradient = -penalty * (model.weights[c] as number) * (scale[c] as number);
            for (let r = 0; r < rows; r++)
              gradient +=
                ((y[r] as number) - (predicted[r] as number)) *
                (((x.data[r * cols + c] as number) - (mean[c] as number)) / (scale[c] as number));
            expect(Math.abs(gradient)).toBeLessThan(1e-9);
          }
        }),
        { numRuns: 40 },
      );
    });

    it("does not care about the order of rows, nor about shift and scale of a standardised feature", async () => {
      await fc.assert(
        fc.asyncProperty(shapes, lambda, fc.double({ min: 0.01, max: 100, noNaN: true }), async ({ rows, cols, seed }, penalty, factor) => {
          const { x, y } = sample(rows, cols, seed);
          const model = await fitRidge(x, y, { lambda: penalty });
          const order = permutation(rows, lcg32(seed));
          const permuted = await fitRidge(
            takeRows(x, order),
            Float64Array.from(order, (r) => y[r] as number),
            { lambda: penalty },
          );
          const scaled = await fitRidge(
            matrix(
              rows,
              cols,
              x.data.map((value) => factor * value - 3),
            ),
            y,
            { lambda: penalty },
          );
          for (let c = 0; c < cols; c++) {
            expect(permuted.weights[c]).toBeCloseTo(model.weights[c] as number, 9);
            expect((scaled.weights[c] as number) * factor).toBeCloseTo(model.weights[c] as number, 8);
          }
        }),
        { numRuns: 40 },
      );
    });

    it("cross-validates in time order: a readout that is only good later scores badly, shuffled rows would hide it", async () => {
      // The relation flips sign half-way: neighbours in time know it, a contiguous validation fold must not.
      const rows = 200;
      const x = matrix(rows, 1, uniform(rows, 3));
      const y = Float64Array.from(x.data, (value, r) => (r < rows / 2 ? value : -value));
      const inOrder = await fitRidge(x, y, { lambdas: [1e-3], folds: 2 });
      const order = permutation(rows, lcg32(4));
      const shuffled = await fitRidge(
        takeRows(x, order),
        Float64Array.from(order, (r) => y[r] as number),
        { lambdas: [1e-3], folds: 2 },
      );
      expect(inOrder.cvMse?.[0]).toBeGreaterThan(3 * (shuffled.cvMse?.[0] as number));
    });

    it("standardises with the fitted rows only", async () => {
      const { x, y } = sample(30, 2, 11);
      const model = await fitRidge(x, y, { lambda: 1 });
      const column = Array.from({ length: 30 }, (_, r) => x.data[2 * r + 1] as number);
      const mean = column.reduce((a, b) => a + b, 0) / 30;
      expect(model.standardisation.mean[1]).toBeCloseTo(mean, 12);
      expect(model.standardisation.scale[1]).toBeCloseTo(Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / 30), 12);
    });

    it("refuses what has no honest answer, and names it", async () => {
      const { x, y } = sample(20, 3, 12);
      const names = ["count", "rate", "residual"];
      const spoilt = (change: (value: number, index: number) => number) => matrix(20, 3, x.data.map(change));
      const code = async (work: Promise<unknown>) => {
        const error = await work.then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(ScienceError);
        return `${(error as ScienceError).code}: ${(error as ScienceError).message}`;
      };
      const constant = spoilt((value, i) => (i % 3 === 1 ? 0.1 : value));
      expect(await code(fitRidge(constant, y, { names }))).toBe("CONSTANT_FEATURE: rate does not vary in the fitted rows.");
      const hole = spoilt((value, i) => (i === 14 ? Number.NaN : value));
      expect(await code(fitRidge(hole, y, { names }))).toBe("NON_FINITE: residual is not finite at row 4.");
      expect(
        await code(
          fitRidge(
            x,
            y.map((value, i) => (i === 3 ? Number.POSITIVE_INFINITY : value)),
          ),
        ),
      ).toMatch(/^NON_FINITE: The target .* row 3/);
      const doubled = spoilt((value, i) => (i % 3 === 2 ? 2 * (x.data[i - 2] as number) : value));
      expect(await code(fitRidge(doubled, y, { lambda: 0, names }))).toMatch(/^NOT_POSITIVE_DEFINITE: .* singular at residual/);
      expect(await code(fitRidge(doubled, y, { lambdas: [0], names }))).toMatch(/^NOT_POSITIVE_DEFINITE/);
      expect(await code(ridgePath(doubled, matrix(20, 1, y), [1, 0], { names }))).toMatch(/^NOT_POSITIVE_DEFINITE: .* residual/);
      expect(await code(fitRidge(x, y, { folds: 11 }))).toMatch(/^TOO_FEW_ROWS: 20 rows cannot be cut into 11 folds/);
      expect(await code(fitRidge(x, y, { folds: 1 }))).toMatch(/^TOO_FEW_ROWS: 20 rows cannot be cut into 1 folds/);
      expect(await code(fitRidge(matrix(1, 3), y.subarray(0, 1), { lambda: 1 }))).toMatch(/^TOO_FEW_ROWS: 1 rows are not enough/);
      for (const lambdas of [[], [1, -1], [Number.NaN]]) expect(await code(fitRidge(x, y, { lambdas }))).toMatch(/^LAMBDAS/);
      expect(await code(fitRidge(x, y.subarray(1)))).toMatch(/^MATRIX_SHAPE/);
      expect(await code(fitRidge(matrix(20, 0), y))).toMatch(/^MATRIX_SHAPE/);
    });

    it("predict refuses rows of another width", async () => {
      const { x, y } = sample(20, 3, 13);
      const model = await fitRidge(x, y, { lambda: 1 });
      expect(() => predict(model, matrix(5, 2))).toThrow(/3 weights and the rows have 2/);
    });
  });

  describe("ridge", () => {
    it("fits several targets at once as it fits each alone, but for the lambda they share", async () => {
      const { x, y } = sample(50, 4, 21);
      const other = uniform(50, 22);
      const both = matrix(
        50,
        2,
        Float64Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? y : other)[i >> 1] as number),
      );
      const model = await ridge(x, both, { lambdas: [0.1, 1, 10] });
      const predicted = predictAll(model, x);
      for (const [t, target] of [y, other].entries()) {
        const alone = await fitRidge(x, target, { lambda: model.lambda });
        for (const [i, w] of alone.weights.entries()) expect(model.weights[4 * t + i]).toBeCloseTo(w, 12);
        for (const [r, value] of predict(alone, x).entries()) expect(predicted.data[2 * r + t]).toBeCloseTo(value, 12);
      }
      expect(() => predictAll(model, matrix(5, 3))).toThrow(/4 weights and the rows have 3/);
      expect(() => predictAll({ weights: new Float64Array(3), intercepts: new Float64Array(2) }, x)).toThrow(
        /3 weights do not make rows for 2/,
      );
    });

    it("chooses the same lambda and the same numbers for a path long enough for its own factorisation", async () => {
      const { x, y } = sample(90, 8, 23);
      const lambdas = Array.from({ length: 15 }, (_, i) => 10 ** (i - 8));
      const path = await ridgePath(x, matrix(90, 1, y), lambdas);
      for (const point of path) {
        const [alone] = await ridgePath(x, matrix(90, 1, y), [point.lambda]);
        for (const [i, w] of point.weights.entries()) expect(alone?.weights[i]).toBeCloseTo(w, 11);
        expectRelative(point.gcv[0] as number, alone?.gcv[0] as number, 1e-10);
        expectRelative(point.looMse[0] as number, alone?.looMse[0] as number, 1e-10);
      }
    });
  });
});
