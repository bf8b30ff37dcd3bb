import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScienceError } from "../../common/errors.ts";
import { gaussian, lcg32 } from "../../common/random.ts";
import { type Matrix, matrix, rowRange } from "../matrix.ts";
import { RidgeAccumulator } from "./accumulator.ts";
import { useKernels } from "./kernels.ts";
import { FLOAT32_ERROR_BOUND } from "./refusal.ts";
import { type MultiRidgeModel, ridge, ridgePath } from "./ridge.ts";

/** With ASICR_PORTABLE=1 there is no addon to test. */
const KERNELS = process.env.ASICR_PORTABLE === "1" ? (["typescript"] as const) : (["native", "typescript"] as const);

/** Features that share a part, which makes the matrix ill-conditioned as it comes near 1; each with a place and a spread of its own. */
function sample(rows: number, features: number, shared: number, seed: number): { x: Matrix; y: Matrix } {
  const normal = gaussian(lcg32(seed));
  const x = matrix(rows, features);
  const y = matrix(rows, 1);
  for (let r = 0; r < rows; r++) {
    const common = normal();
    for (let i = 0; i < features; i++)
      x.data[r * features + i] = 7 * i + (1 + i) * (shared * common + Math.sqrt(1 - shared * shared) * normal());
    y.data[r] = (x.data[r * features] as number) - (x.data[r * features + features - 1] as number) + normal();
  }
  return { x, y };
}

/** Relative difference of weights in units of each feature's spread. */
function difference(found: MultiRidgeModel, exact: MultiRidgeModel): number {
  let [missed, size] = [0, 0];
  for (const [i, w] of exact.weights.entries()) {
    const scale = exact.standardisation.scale[i] as number;
    missed += (((found.weights[i] as number) - w) * scale) ** 2;
    size += (w * scale) ** 2;
  }
  return Math.sqrt(missed / size);
}

const codeOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ScienceError);
  return (error as ScienceError).code;
};

describe.each(KERNELS)("products in float32 with %s kernels", (which) => {
  beforeAll(() => expect(useKernels(which)).toBe(true));
  afterAll(() => useKernels("native"));

  it("change the weights by no more than the estimate says, or are refused", async () => {
    const cases = fc.record({
      rows: fc.integer({ min: 40, max: 400 }),
      features: fc.integer({ min: 2, max: 12 }),
      shared: fc.constantFrom(0, 0.9, 0.999, 0.99999, 1 - 1e-8),
      lambda: fc.constantFrom(1e-9, 1e-3, 1),
      seed: fc.nat(1e6),
    });
    let [safe, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, features, shared, lambda, seed }) => {
        const { x, y } = sample(rows, features, shared, seed);
        const exact = await ridge(x, y, { lambda });
        expect(exact.float32Error).toBeNull();
        const found = await ridge(x, y, { lambda, accumulate: "auto" });
        if (found.float32Error === null) {
          refused++;
          expect(found).toEqual(exact);
          expect(await codeOf(ridge(x, y, { lambda, accumulate: "float32" }))).toBe("FLOAT32_UNSAFE");
        } else {
          safe++;
          expect(found.float32Error).toBeLessThanOrEqual(FLOAT32_ERROR_BOUND);
          // The estimate is of a norm, by four random combinations: a tenth of the norm is what they all but never fall below.
          expect(difference(found, exact)).toBeLessThan(10 * found.float32Error + 1e-9);
        }
      }),
      { numRuns: 60 },
    );
    expect(safe).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(5);
  });

  it("are safe for features that tell different things, and not for ones that are nearly the same", async () => {
    const apart = sample(300, 6, 0, 1);
    const exact = await ridge(apart.x, apart.y);
    const found = await ridge(apart.x, apart.y, { accumulate: "float32" });
    expect(found.float32Error).toBeGreaterThan(1e-9);
    expect(found.float32Error).toBeLessThan(1e-5);
    expect(found.lambda).toBe(exact.lambda);
    expect(difference(found, exact)).toBeLessThan(1e-6);
    expect(difference(found, exact)).toBeGreaterThan(0);

    const alike = sample(300, 6, 1 - 1e-9, 1);
    expect(await codeOf(ridge(alike.x, alike.y, { lambdas: [1e-8, 1], accumulate: "float32" }))).toBe("FLOAT32_UNSAFE");
    expect(await codeOf(ridgePath(alike.x, alike.y, [1, 1e-8], { accumulate: "float32" }))).toBe("FLOAT32_UNSAFE");
    // A penalty that the rounding does not reach makes them safe.
    expect((await ridge(alike.x, alike.y, { lambda: 100, accumulate: "float32" })).float32Error).toBeLessThan(1e-5);
  });

  it("are refused where a float cannot hold the products, and a feature that does not vary is called so", async () => {
    const { x, y } = sample(100, 3, 0, 2);
    for (const unit of [1e30, 1e-30]) {
      const scaled = matrix(
        100,
        3,
        x.data.map((value) => value * unit),
      );
      expect(await codeOf(ridge(scaled, y, { lambda: 1, accumulate: "float32" }))).toBe("FLOAT32_UNSAFE");
      expect(await ridge(scaled, y, { lambda: 1, accumulate: "auto" })).toEqual(await ridge(scaled, y, { lambda: 1 }));
    }
    const constant = matrix(
      100,
      3,
      x.data.map((value, i) => (i % 3 === 1 ? 0.1 : value)),
    );
    expect(await codeOf(ridge(constant, y, { lambda: 1, accumulate: "float32" }))).toBe("CONSTANT_FEATURE");
    // What float64 refuses stays refused.
    const doubled = matrix(
      100,
      3,
      x.data.map((value, i) => (i % 3 === 2 ? 2 * (x.data[i - 2] as number) : value)),
    );
    expect(await codeOf(ridge(doubled, y, { lambda: 0, accumulate: "auto" }))).toBe("NOT_POSITIVE_DEFINITE");
  });

  it("from blocks are what they are from all rows at once, and judged alike", async () => {
    const { x, y } = sample(700, 5, 0.5, 3);
    const accumulator = new RidgeAccumulator(5, 1, undefined, "float32");
    for (let from = 0; from < 700; from += 70) {
      if (from === 350) await accumulator.startFold();
      await accumulator.add(rowRange(x, { from, to: from + 70 }), rowRange(y, { from, to: from + 70 }));
    }
    const exact = await ridge(x, y, { lambda: 1 });
    const found = await accumulator.fit({ lambda: 1 });
    expect(found.float32Error).toBeGreaterThan(0);
    expect(difference(found, exact)).toBeLessThan(1e-6);
    expect(await accumulator.path([1])).toHaveLength(1);

    const alike = sample(300, 5, 1 - 1e-9, 4);
    const unsafe = new RidgeAccumulator(5, 1, undefined, "float32");
    await unsafe.add(alike.x, alike.y);
    expect(await codeOf(unsafe.fit({ lambda: 1e-8 }))).toBe("FLOAT32_UNSAFE");
    expect(await codeOf(unsafe.path([1e-8]))).toBe("FLOAT32_UNSAFE");
    await unsafe.startFold();
    await unsafe.add(alike.x, alike.y);
    expect(await codeOf(unsafe.fit({ lambdas: [1e-8, 1] }))).toBe("FLOAT32_UNSAFE");
  });
});
