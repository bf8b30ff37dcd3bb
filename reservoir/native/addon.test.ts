import { afterAll, describe, expect, it } from "vitest";
import { gaussian, lcg32 } from "../../common/random.ts";
import { type HarvestOptions, loadAddon, type ReservoirAddon, type RidgeOptions } from "./addon.ts";

// Everything else runs without the addon; its own test must not pass because it is missing.
const addon = loadAddon() as ReservoirAddon;

const widest = addon.kernelName();
const kernels = ["portable", "neon", "avx2", "avx512"].filter((name) => addon.useKernel(name));
addon.useKernel(widest);

function problem(rows: number, features: number, targets: number, seed: number): RidgeOptions {
  const normal = gaussian(lcg32(seed));
  const x = Float64Array.from({ length: rows * features }, (_, i) => 50 + (1 + (i % features)) * normal());
  return {
    x,
    y: Float64Array.from({ length: rows * targets }, (_, i) => (x[Math.floor(i / targets) * features] as number) + normal()),
    rows,
    features,
    targets,
    lambdas: Float64Array.of(0, 0.5, 20),
    folds: 0,
    standardise: true,
    diagnostics: false,
    wholePath: true,
    float32Bound: 0,
  };
}

/** Ridge by the book: standardise, normal equations, Gaussian elimination with pivoting. */
function reference(
  { x, y, rows, features, targets }: RidgeOptions,
  lambda: number,
  target: number,
): { weights: number[]; intercept: number } {
  const column = (i: number) => Array.from({ length: rows }, (_, r) => x[r * features + i] as number);
  const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const columns = Array.from({ length: features }, (_, i) => column(i));
  const means = columns.map(average);
  const scales = columns.map((values, i) => Math.sqrt(average(values.map((v) => (v - (means[i] as number)) ** 2))));
  const z = columns.map((values, i) => values.map((v) => (v - (means[i] as number)) / (scales[i] as number)));
  const t = Array.from({ length: rows }, (_, r) => y[r * targets + target] as number);
  const mean = average(t);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
  const system = z.map((a, i) => [
    ...z.map((b, j) => dot(a, b) + (i === j ? lambda : 0)),
    dot(
      a,
      t.map((v) => v - mean),
    ),
  ]);
  for (let p = 0; p < features; p++) {
    system.splice(p, 0, ...system.splice(p).sort((a, b) => Math.abs(b[p] as number) - Math.abs(a[p] as number)));
    const pivot = system[p] as number[];
    for (const [r, row] of system.entries()) {
      if (r === p) continue;
      const factor = (row[p] as number) / (pivot[p] as number);
      for (let k = p; k <= features; k++) row[k] = (row[k] as number) - factor * (pivot[k] as number);
    }
  }
  const weights = system.map((row, i) => (row[features] as number) / (row[i] as number) / (scales[i] as number));
  return { weights, intercept: mean - dot(weights, means) };
}

describe("ridge", () => {
  afterAll(() => addon.useKernel(widest));

  it.each(kernels)("%s agrees with a plain implementation for several lambdas and targets", async (kernel) => {
    addon.useKernel(kernel);
    for (const features of [1, 2, 11, 30]) {
      const options = problem(90, features, 3, features);
      const answer = await addon.ridge(options);
      expect(answer.failure).toBe("none");
      expect(answer.fits.map((fit) => fit.lambda)).toEqual([0, 0.5, 20]);
      for (const fit of answer.fits)
        for (let target = 0; target < 3; target++) {
          const expected = reference(options, fit.lambda, target);
          for (let i = 0; i < features; i++) expect(fit.weights[target * features + i]).toBeCloseTo(expected.weights[i] as number, 10);
          expect(fit.intercepts[target]).toBeCloseTo(expected.intercept, 8);
        }
    }
  });

  it("every kernel gives the same numbers to 1e-10, cross-validation and diagnostics included", async () => {
    const options = { ...problem(400, 60, 2, 9), folds: 5, diagnostics: true, lambdas: Float64Array.of(0.1, 10) };
    const answers = [];
    for (const kernel of kernels) {
      addon.useKernel(kernel);
      answers.push(await addon.ridge(options));
    }
    const numbers = answers.map((answer) => [
      ...answer.cvMse,
      ...answer.fits.flatMap((fit) => [fit.degreesOfFreedom, ...fit.weights, ...fit.intercepts, ...fit.looMse, ...fit.gcv]),
    ]);
    const [first = [], ...others] = numbers;
    for (const other of others)
      for (const [i, value] of first.entries())
        expect(Math.abs((other[i] as number) - value)).toBeLessThan(1e-10 * Math.max(Math.abs(value), 0.01));
  });

  it("cross-validation picks the lambda with the least error summed over targets, and solves only that", async () => {
    const answer = await addon.ridge({ ...problem(60, 20, 2, 4), folds: 4, lambdas: Float64Array.of(0, 1, 30, 1e6), wholePath: false });
    const totals = [0, 1, 2, 3].map((l) => (answer.cvMse[2 * l] as number) + (answer.cvMse[2 * l + 1] as number));
    expect(answer.chosen).toBe(totals.indexOf(Math.min(...totals)));
    expect(answer.fits).toHaveLength(1);
    expect(answer.fits[0]?.lambda).toBe([0, 1, 30, 1e6][answer.chosen]);
  });

  it("names what it cannot solve", async () => {
    const options = problem(30, 3, 1, 5);
    options.x[3 * 7 + 1] = Number.NaN;
    expect(await addon.ridge(options)).toMatchObject({ failure: "non-finite-x", row: 7, column: 1 });
    const copied = problem(30, 3, 1, 5);
    for (let r = 0; r < 30; r++) copied.x[3 * r + 2] = copied.x[3 * r] as number;
    const answer = await addon.ridge(copied);
    expect(answer.fits.map((fit) => fit.failedPivot)).toEqual([2, -1, -1]);
  });

  it("refuses arguments of the wrong size or kind before touching them", () => {
    const good = problem(10, 2, 1, 6);
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ x: good.x.subarray(1) }, /x must be a Float64Array of 20 values/],
      [{ x: Array.from(good.x) }, /x must be a Float64Array/],
      [{ y: new Float32Array(10) }, /y must be a Float64Array/],
      [{ rows: 2 ** 40 }, /rows must be a whole number/],
      [{ features: 1.5 }, /features must be a whole number/],
      [{ targets: 0 }, /targets must be a whole number from 1/],
      [{ folds: 1 }, /folds must be 0 or at least 2/],
      [{ folds: 11 }, /folds must be a whole number from 0 to 10/],
      [{ lambdas: new Float64Array(0) }, /lambdas must be a Float64Array of at least one/],
      [{ lambdas: Float64Array.of(-1) }, /lambdas must be finite and not negative/],
      [{ lambdas: Float64Array.of(Number.NaN) }, /lambdas must be finite and not negative/],
      [{ standardise: 1 }, /standardise must be a boolean/],
    ];
    for (const [change, message] of wrong) expect(() => addon.ridge({ ...good, ...change } as RidgeOptions)).toThrow(message);
    expect(() => addon.ridge(undefined as unknown as RidgeOptions)).toThrow(/options must be an object/);
  });
});

describe("harvest", () => {
  const network = (): HarvestOptions => ({
    nodes: 2,
    inputs: 1,
    steps: 3,
    rowStart: Uint32Array.of(0, 1, 3),
    column: Uint32Array.of(1, 0, 1),
    value: Float64Array.of(0.5, -0.3, 0.2),
    inputWeights: Float64Array.of(1, -0.5),
    bias: Float64Array.of(0.1, 0),
    leak: 0.7,
    input: Float64Array.of(0.2, -0.4, 0.9),
    state: new Float64Array(2),
    states: new Float64Array(6),
  });

  it("follows x <- (1 - a) x + a tanh(W x + Win u + bias) and leaves the last state behind", async () => {
    const options = network();
    await addon.harvest(options);
    let [a, b] = [0, 0];
    const expected = [];
    for (const u of options.input) {
      [a, b] = [0.3 * a + 0.7 * Math.tanh(0.1 + u + 0.5 * b), 0.3 * b + 0.7 * Math.tanh(-0.5 * u - 0.3 * a + 0.2 * b)];
      expected.push(a, b);
    }
    for (const [i, value] of expected.entries()) expect(options.states[i]).toBeCloseTo(value, 14);
    expect([...options.state]).toEqual([...options.states.subarray(4)]);
  });

  it("a network made once runs as often as asked, several runs at once, each from its own state", async () => {
    const { input, steps } = network();
    const esn = addon.createEsn(network());
    const whole = network();
    await addon.harvest(whole);
    const runs = [1, 2].map(() => ({ steps, input, state: new Float64Array(2), states: new Float64Array(6) }));
    await Promise.all(runs.map((run) => esn?.harvest(run)));
    for (const run of runs) expect([...run.states]).toEqual([...whole.states]);
    expect(() => esn?.harvest({ ...whole, states: new Float64Array(5) })).toThrow(/states must be a Float64Array of 6/);
    expect(() => addon.createEsn({ ...network(), leak: 2 })).toThrow(/leak must be above 0/);
    expect(esn?.bytesPerStep).toBeGreaterThan(0);
  });

  it("refuses networks that point outside themselves and numbers that are not finite", () => {
    const wrong: [Partial<HarvestOptions>, RegExp][] = [
      [{ column: Uint32Array.of(1, 0, 2) }, /rowStart must be rising/],
      [{ rowStart: Uint32Array.of(0, 3, 2) }, /rowStart must be rising/],
      [{ rowStart: Uint32Array.of(0, 1, 1000) }, /rowStart must be rising/],
      [{ states: new Float64Array(5) }, /states must be a Float64Array of 6/],
      [{ leak: 0 }, /leak must be above 0/],
      [{ input: Float64Array.of(0, Number.NaN, 0) }, /input must be finite/],
      [{ value: Float64Array.of(0, Number.POSITIVE_INFINITY, 0) }, /value must be finite/],
    ];
    for (const [change, message] of wrong) expect(() => addon.harvest({ ...network(), ...change })).toThrow(message);
  });
});

it("useKernel refuses a kernel that does not exist, and the choice stays", () => {
  const before = addon.kernelName();
  expect(addon.useKernel("abacus")).toBe(false);
  expect(addon.kernelName()).toBe(before);
});

it("an accumulator is worked on by one call at a time, and refuses what does not fit it", async () => {
  const accumulator = addon.createAccumulator({ features: 2, targets: 1, float32Bound: 0 });
  if (accumulator === null) throw new Error("no memory for two features");
  const block = { x: Float64Array.of(1, 2, 3, 5, 8, 13), y: Float64Array.of(1, 0, 1), rows: 3 };
  expect(() => accumulator.solve({ lambdas: Float64Array.of(1), standardise: true, wholePath: false })).toThrow(/rows must be added/);
  const adding = accumulator.addRows(block);
  expect(() => accumulator.addRows(block)).toThrow(/at work/);
  expect(() => accumulator.startFold()).toThrow(/at work/);
  expect(await adding).toMatchObject({ failure: "none" });
  expect(accumulator.startFold()).toBe(true);
  expect(() => accumulator.addRows({ ...block, rows: 2 })).toThrow(/x must be a Float64Array of 4/);
  expect(() => accumulator.solve({ lambdas: new Float64Array(0), standardise: true, wholePath: false })).toThrow(/lambdas must be/);
  expect(() => addon.createAccumulator({ features: 0, targets: 1, float32Bound: 0 })).toThrow(/features must be a whole number from 1/);
  expect(() => addon.createAccumulator({ features: 2, targets: 1, float32Bound: -1 })).toThrow(
    /float32Bound must be a number of 0 or more/,
  );
});

it("recursive least squares refuses what it cannot learn before touching it", () => {
  const good = { features: 2, targets: 1, forgetting: 0.9, delta: 1 };
  for (const change of [{ forgetting: 0 }, { forgetting: 1.1 }, { delta: 0 }, { delta: -1 }, { features: 0 }])
    expect(() => addon.createRls({ ...good, ...change })).toThrow(/must be/);
  const rls = addon.createRls(good);
  const block = { x: Float64Array.of(1, 2), y: Float64Array.of(1), rows: 1, errors: new Float64Array(1) };
  for (const change of [
    { rows: 2 },
    { x: Float64Array.of(1, Number.NaN) },
    { y: Float64Array.of(Number.NaN) },
    { errors: new Float64Array(2) },
  ])
    expect(() => rls?.update({ ...block, ...change })).toThrow(/must be/);
  expect([...(rls?.weights() ?? [])]).toEqual([0, 0]);
});

it("a bound readout lies on cache lines and refuses weights of another size", () => {
  const fitted = { features: 3, targets: 2, weights: new Float64Array(6), intercepts: new Float64Array(2) };
  expect(addon.bindReadout(fitted)?.input).toHaveLength(3);
  expect(() => addon.bindReadout({ ...fitted, weights: new Float64Array(5) })).toThrow(/weights must be a Float64Array of 6/);
  expect(() => addon.bindReadout({ ...fitted, intercepts: new Float64Array(1) })).toThrow(/intercepts must be a Float64Array of 2/);
});

it("gives the same weights on one thread as on three", async () => {
  const options = problem(3000, 130, 1, 11);
  const answers = [];
  for (const threads of [1, 3]) {
    expect(addon.useThreads({ threads })).toBe(threads);
    answers.push((await addon.ridge(options)).fits.map((fit) => [...fit.weights]));
  }
  expect(addon.useThreads({ threads: 0 })).toBeGreaterThan(0);
  expect(answers[1]).toEqual(answers[0]);
  expect(() => addon.useThreads({ threads: 9 })).toThrow(/threads must be a whole number from 0 to 8/);
});

it("an installed BLAS gives the same readout, and one that cannot be used leaves the own kernels at work", async () => {
  const options = problem(700, 40, 2, 12);
  const own = await addon.ridge(options);
  for (const path of ["libopenblas.so.0", "libblas.so.3", "auto", "/nowhere/libblas.so", "libc.so.6"]) {
    const answer = addon.useBlas(path);
    const refusal = path === "auto" ? "not-faster" : path.startsWith("lib") ? "no-dsyrk" : "";
    expect(["loaded", refusal, "not-found"]).toContain(answer);
    const other = await addon.ridge(options);
    for (const [f, fit] of own.fits.entries())
      for (const [i, weight] of fit.weights.entries()) expect(other.fits[f]?.weights[i]).toBeCloseTo(weight, 11);
  }
  expect(addon.useBlas("off")).toBe("off");
  expect(() => addon.useBlas(3 as unknown as string)).toThrow(/path must be a string/);
});

it("probes the processor and refuses to read nothing", () => {
  const { flopsPerSecond, bytesPerSecond } = addon.probe({ bytes: 4096, seconds: 0.001 });
  expect(Math.min(flopsPerSecond, bytesPerSecond)).toBeGreaterThan(1e6);
  expect(() => addon.probe({ bytes: 0, seconds: 0.001 })).toThrow(/bytes must be a whole number from 64/);
});
