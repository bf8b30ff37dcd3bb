import { describe, expect, it } from "vitest";
import { gaussian, lcg32, splitmix64 } from "../../common/random.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { studentTQuantile, studentTSf } from "../statistics/special.ts";
import { capacity, capacityP } from "./capacity.ts";
import { echoState } from "./echo-state.ts";
import { columnsOf, informationProcessing, memoryFunction } from "./information-processing.ts";
import { legendre, legendreColumns, toUnitRange } from "./legendre.ts";
import { rankMeasures, separationRanks, singularValues } from "./rank.ts";
import { constantSubspace, dot, joined, spanBeyond } from "./subspace.ts";

function uniform(n: number, seed: number): Float64Array {
  const random = lcg32(seed);
  return Float64Array.from({ length: n }, () => 2 * random.next() - 1);
}

/** One column per function of the input series and the step. */
function statesOf(v: Float64Array, ...features: ((t: number) => number)[]): Matrix {
  const x = matrix(v.length, features.length);
  for (let t = 0; t < v.length; t++)
    features.forEach((feature, column) => {
      x.data[t * features.length + column] = feature(t);
    });
  return x;
}

/** The pole 0.8 of the oracle: s = a s + v. */
function leaky(v: Float64Array, a: number): Float64Array {
  let level = 0;
  return v.map((value) => {
    level = a * level + value;
    return level;
  });
}

const past = (v: Float64Array, t: number, k: number) => (t >= k ? (v[t - k] as number) : 0);

describe("memory", () => {
  it.skipIf(!haveOracle)("of a leaky integrator is (1 - a^2) a^2k, as measured on the oracle's series", () => {
    const { measured_k0_4, theory_k0_4 } = oracle<{ leaky_integrator: { measured_k0_4: number[]; theory_k0_4: number[] } }>(
      "memory_capacity",
    ).leaky_integrator;
    const v = uniform(20_000, 11);
    const states = leaky(v, 0.8);
    const skip = 500;
    const n = v.length - skip;
    const base = constantSubspace(n);
    const explaining = { base, states: spanBeyond(base, [states.slice(skip)]) };
    for (let k = 0; k < 5; k++) {
      const centred = v.slice(skip - k, v.length - k);
      expectRelative(capacity(centred, explaining).raw, measured_k0_4[k] as number, 1e-9);
    }
    const { byLag } = memoryFunction(matrix(v.length, 1, states), v, 20);
    theory_k0_4.forEach((theory, k) => {
      expect(Math.abs((byLag[k] as number) - theory)).toBeLessThan(0.02);
    });
  });

  it("of a delay line of 10 is 9 without the present input, and nothing beyond", () => {
    const v = uniform(4000, 3);
    const line = statesOf(v, ...Array.from({ length: 10 }, (_, k) => (t: number) => past(v, t, k)));
    const { byLag, total } = memoryFunction(line, v, 20);
    expect(total).toBeCloseTo(9, 6);
    expect(byLag.slice(0, 10).every((value) => Math.abs(value - 1) < 1e-9)).toBe(true);
    expect(Math.max(...byLag.slice(10))).toBeLessThan(0.02);
  });
});

describe("information processing", () => {
  it.skipIf(!haveOracle)("of the oracle's five cases", () => {
    const { cases } = oracle<{ cases: { x: string; caps: Record<string, number>; total: number }[] }>("ipc_exact");
    const v = uniform(20_000, 21);
    const systems = [
      statesOf(v, (t) => (3 * past(v, t, 1) ** 2 - 1) / 2),
      statesOf(
        v,
        (t) => past(v, t, 0),
        (t) => past(v, t, 0) * past(v, t, 1),
      ),
      statesOf(v, (t) => past(v, t, 0) ** 3),
      statesOf(v, (t) => past(v, t, 0) ** 2),
      statesOf(
        v,
        (t) => past(v, t, 0) ** 2,
        (t) => past(v, t, 0) ** 4,
      ),
    ];
    systems.forEach((states, i) => {
      const { found, total, rank } = informationProcessing(states, v, { delays: [3, 3, 2, 2] });
      expect(rank).toBe(states.cols);
      expect(Math.abs(total - (cases[i]?.total ?? 0))).toBeLessThan(0.02);
      const expected = Object.values(cases[i]?.caps ?? {}).sort((a, b) => b - a);
      expected.forEach((value, at) => {
        expect(Math.abs((found[at]?.capacity ?? 0) - value)).toBeLessThan(0.02);
      });
      // A finite input is not exactly orthogonal: what else turns up is small.
      for (const extra of found.slice(expected.length)) expect(extra.capacity).toBeLessThan(0.005);
    });
  });

  it("of 10 states with fading memory sums up to their number within 2 %", () => {
    const v = uniform(20_000, 5);
    const random = splitmix64(8);
    const weights = Array.from({ length: 10 }, () => ({
      own: 0.6 * random.next(),
      gain: 0.3 + 0.4 * random.next(),
      bias: random.next() - 0.5,
    }));
    const level = new Float64Array(10);
    const states = matrix(v.length, 10);
    for (let t = 0; t < v.length; t++) {
      const ring = level[9] as number;
      for (let i = 9; i >= 0; i--) {
        const { own, gain, bias } = weights[i] as { own: number; gain: number; bias: number };
        level[i] = Math.tanh(own * (i === 0 ? ring : (level[i - 1] as number)) + gain * (v[t] as number) + bias);
      }
      states.data.set(level, t * 10);
    }
    const { total, rank } = informationProcessing(states, v, { delays: [40, 20, 12, 8, 6, 5] });
    expect(rank).toBe(10);
    expect(total / 10).toBeGreaterThan(0.98);
    expect(total / 10).toBeLessThan(1.001);
  });

  it("of noise is nothing", () => {
    const v = uniform(3000, 6);
    const noise = gaussian(splitmix64(2));
    const { found, tried } = informationProcessing(matrix(3000, 5, Float64Array.from({ length: 15_000 }, noise)), v, { delays: [20, 10] });
    // 21 + (11 + 55) at a ten-thousandth each.
    expect(tried).toBe(87);
    expect(found.length).toBeLessThanOrEqual(1);
  });

  it("refuses input outside its range and too little data", () => {
    expect(() => informationProcessing(matrix(10, 1), new Float64Array(10).fill(2))).toThrow(/\[-1, 1\]/);
    expect(() => informationProcessing(matrix(60, 20), new Float64Array(60))).toThrow(/10 usable rows/);
  });
});

describe("the null of a capacity", () => {
  it.skipIf(!haveOracle)("is the oracle's Beta law", () => {
    const { worked_p_value, beta_quantiles } = oracle<{
      worked_p_value: { n: number; K: number; C: number; p: number };
      beta_quantiles: Record<string, number>;
    }>("ipc_exact");
    const { n, K, C, p } = worked_p_value;
    expectRelative(capacityP(C, K, n - K - 1), p, 1e-8);
    for (const [name, quantile] of Object.entries(beta_quantiles)) {
      const [, r, T, q] = name.match(/^N(\d+)_T(\d+)_q([\d.]+)$/) as unknown as [string, number, number, number];
      expectRelative(capacityP(quantile, Number(r), Number(T) - Number(r) - 1), 1 - Number(q), 1e-6);
    }
  });

  it("holds for random-walk states: 1 % of unrelated inputs look related at 1 %", () => {
    let below = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const noise = gaussian(splitmix64(seed));
      let level = 0;
      const walk = Float64Array.from({ length: 300 }, () => {
        level += noise();
        return level;
      });
      const base = constantSubspace(300);
      if (capacity(uniform(300, seed), { base, states: spanBeyond(base, [walk]) }).pValue < 0.01) below++;
    }
    // 3 expected, standard deviation 1.7.
    expect(below).toBeLessThan(10);
  });

  it("a target within the base, or no states, is no capacity", () => {
    const base = constantSubspace(50);
    const states = spanBeyond(base, [uniform(50, 1)]);
    expect(capacity(new Float64Array(50).fill(7), { base, states })).toEqual({ raw: 0, corrected: 0, pValue: 1 });
    expect(capacity(uniform(50, 2), { base, states: { n: 50, vectors: [] } }).pValue).toBe(1);
  });
});

describe("subspaces", () => {
  it("are orthonormal, orthogonal to the base, and leave out what adds nothing", () => {
    const [a, b, c] = [uniform(100, 1), uniform(100, 2), uniform(100, 3)];
    const base = joined(constantSubspace(100), spanBeyond(constantSubspace(100), [a]));
    const sum = a.map((value, i) => 3 + value + (b[i] as number));
    const { vectors } = spanBeyond(base, [sum, b, new Float64Array(100).fill(4), a, c, c.map((value) => value * 1e-9)]);
    expect(vectors.length).toBe(2);
    for (const [i, one] of vectors.entries()) {
      for (const other of base.vectors) expect(Math.abs(dot(one, other))).toBeLessThan(1e-12);
      vectors.forEach((other, j) => {
        expect(Math.abs(dot(one, other) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      });
    }
    expect(() => spanBeyond(base, [new Float64Array(99)])).toThrow(/99 rows/);
    expect(() => spanBeyond(base, [new Float64Array(100).fill(Number.NaN)])).toThrow(/not finite/);
  });

  it("Legendre polynomials are orthonormal over the range", () => {
    const v = Float64Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 10_000);
    const columns = legendreColumns(v, 5);
    columns.forEach((one, i) => {
      columns.forEach((other, j) => {
        expect(dot(one, other) / v.length).toBeCloseTo(i === j ? 1 : 0, 2);
      });
    });
    expect(legendre(2, 0.5)).toBeCloseTo(Math.sqrt(5) * -0.125, 12);
    expect([...toUnitRange(Float64Array.of(2, 3, 6))]).toEqual([-1, -0.5, 1]);
    expect([...toUnitRange(Float64Array.of(2, 2))]).toEqual([0, 0]);
  });
});

describe("rank", () => {
  it.skipIf(!haveOracle)("of the oracle's matrix", () => {
    const expected = oracle<{ sv: number[]; rank_rel_1e6: number; participation_ratio: number; effective_rank_exp_entropy: number }>(
      "rank",
    );
    const [random, tiny] = [lcg32(91), lcg32(92)];
    const x = matrix(200, 10);
    for (let i = 0; i < x.data.length; i++) x.data[i] = 2 * random.next() - 1;
    for (let row = 0; row < 200; row++)
      x.data[row * 10 + 9] = (x.data[row * 10] as number) + (x.data[row * 10 + 1] as number) + 1e-9 * (2 * tiny.next() - 1);
    const values = singularValues(x);
    expected.sv.forEach((value, i) => {
      expectRelative(values[i] as number, value, i === 9 ? 1e-4 : 1e-10);
    });
    const { rank, participation, effective } = rankMeasures(values);
    expect(rank).toBe(expected.rank_rel_1e6);
    expectRelative(participation, expected.participation_ratio, 1e-9);
    expectRelative(effective, expected.effective_rank_exp_entropy, 1e-6);
  });

  it("separates inputs up to what noise lets it", () => {
    const noise = gaussian(splitmix64(3));
    const states = (rows: number, of: (row: number, column: number) => number) => {
      const x = matrix(rows, 8);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < 8; column++) x.data[row * 8 + column] = of(row, column) + 0.001 * noise();
      return x;
    };
    const inputs = Array.from({ length: 40 }, () => Array.from({ length: 3 }, noise));
    const mixed = states(40, (row, column) => (inputs[row] ?? []).reduce((sum, value, k) => sum + value * Math.cos(column * (k + 1)), 0));
    const repeated = states(40, (_, column) => Math.cos(column));
    expect(separationRanks(mixed, repeated, repeated)).toMatchObject({ kernel: 3, generalisation: 0 });
    expect(separationRanks(mixed, repeated, null)).toMatchObject({ kernel: 8, tolerance: 1e-6 });
  });
});

describe("echo state", () => {
  const run = (start: number, a: number, noiseSeed: number | null, steps = 60): Matrix => {
    const v = uniform(steps, 4);
    const noise = noiseSeed === null ? () => 0 : gaussian(splitmix64(noiseSeed));
    const x = matrix(steps, 1);
    let level = start;
    for (let t = 0; t < steps; t++) {
      level = a * level + (v[t] as number);
      x.data[t] = level + 0.01 * noise();
    }
    return x;
  };
  const pairs = (a: number, noisy: boolean) =>
    [1, 2, 3].map((k) => [run(5 * k, a, noisy ? 2 * k : null), run(-5, a, noisy ? 2 * k + 1 : null)] as const);
  const repeats = (a: number, noisy: boolean) => [[run(0, a, noisy ? 20 : null), run(0, a, noisy ? 21 : null)] as const];

  it("of a leaky integrator is lost at the rate ln a", () => {
    const { rate, holds, forgottenAfter } = echoState(pairs(0.7, true), repeats(0.7, true));
    expect(holds).toBe(true);
    expect(rate?.perStep).toBeCloseTo(Math.log(0.7), 1);
    expect(forgottenAfter).toBeGreaterThan(10);
    expect(forgottenAfter).toBeLessThan(60);
  });

  it("is not lost by an integrator that does not leak", () => {
    const { holds, forgottenAfter, rate } = echoState(pairs(1, true), repeats(1, true));
    expect(holds).toBe(false);
    expect(forgottenAfter).toBeNull();
    expect(Math.abs(rate?.perStep ?? 1)).toBeLessThan(0.01);
  });

  it("of a device without memory was never there: no rate, forgotten at once", () => {
    const same = pairs(0, false).map(([a]) => [a, a] as const);
    expect(echoState(same, repeats(0, false))).toMatchObject({ holds: true, forgottenAfter: 0, rate: null });
  });

  it("one pair has no interval, and runs of different length are refused", () => {
    expect(echoState(pairs(0.7, false).slice(0, 1), repeats(0.7, false)).rate?.interval).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(() => echoState([[run(1, 0.5, null), run(1, 0.5, null, 30)]], repeats(0.5, false))).toThrow(/same steps/);
    expect(() => echoState([], [])).toThrow(/repeated/);
  });
});

it("columnsOf leaves out leading rows; Student's quantile undoes its tail", () => {
  expect(columnsOf(matrix(3, 2, Float64Array.of(1, 2, 3, 4, 5, 6)), 1).map((column) => [...column])).toEqual([
    [3, 5],
    [4, 6],
  ]);
  for (const degrees of [1, 3, 30]) expect(studentTSf(studentTQuantile(0.025, degrees), degrees)).toBeCloseTo(0.025, 10);
});
