import { describe, expect, it } from "vitest";
import { lcg32 } from "../../common/random.ts";
import { ksTest } from "../../reservoir/statistics/kolmogorov-smirnov.ts";
import { startS9Twin, startTwin } from "../../twin/index.ts";
import { seedOf } from "../../twin/planted/scores.ts";
import { type EffectName, type PlantSpec, parsePlant, plantedEffect } from "../../twin/planted/spec.ts";
import { matchedTest } from "./matched-tests.test-support.ts";
import { emit } from "./synthetic-emissions.test-support.ts";

interface Case {
  readonly effect: EffectName;
  readonly kind: string;
  readonly chips: number;
  /** Strength at which the matched test is expected to find the effect in `nonces` nonces. */
  readonly found: number;
  readonly nonces: number;
  /** Strengths, and the sizes the matched test should report for them on long recordings. */
  readonly sizes: readonly (readonly [strength: number, size: number])[];
}

/** A timing line's score is no sine: a sine correlates with it by 0.98, and an amplitude is sqrt(2) times a correlation. */
const LINE = Math.SQRT2 * 0.98;
/** A delay shows the sign of its chip's state with a correlation of 0.8: which half it falls in tells 1 - 2 acos(0.8) / pi = 0.59 of the sign. */
const HALF = 1 - (2 * Math.acos(0.8)) / Math.PI;
/** The twin knows a difficulty to the whole bit: its log2, with its fraction, correlates with the score by sum over k of phi(z(1 - 2^-k)) times ln 2. */
const BITS = 0.833;
const CASES: readonly Case[] = [
  {
    effect: "memory",
    kind: "thermal",
    chips: 1,
    found: 0.15,
    nonces: 1500,
    sizes: [
      [0.2, 0.2],
      [0.6, 0.6],
    ],
  },
  {
    effect: "memory",
    kind: "kernel",
    chips: 1,
    found: 0.15,
    nonces: 1500,
    sizes: [
      [0.2, 0.2],
      [0.6, 0.6],
    ],
  },
  {
    effect: "line",
    kind: "timing",
    chips: 1,
    found: 0.15,
    nonces: 1500,
    sizes: [
      [0.2, 0.2 * LINE],
      [0.6, 0.6 * LINE],
    ],
  },
  {
    effect: "line",
    kind: "rate",
    chips: 1,
    found: 0.25,
    nonces: 2000,
    sizes: [
      [0.2, 0.2],
      [0.6, 0.6],
    ],
  },
  {
    effect: "leakage",
    kind: "correlation",
    chips: 1,
    found: 0.15,
    nonces: 1500,
    sizes: [
      [0.2, 0.2 * BITS],
      [0.6, 0.6 * BITS],
    ],
  },
  {
    effect: "leakage",
    kind: "bits",
    chips: 1,
    found: 0.02,
    nonces: 1500,
    sizes: [
      [0.05, 0.259 * BITS],
      [0.5, Math.SQRT1_2 * BITS],
    ],
  },
  {
    effect: "coupling",
    kind: "neighbours",
    chips: 4,
    found: 0.3,
    nonces: 20_000,
    sizes: [
      [0.2, 0.2],
      [0.5, 0.5],
    ],
  },
  {
    effect: "fingerprint",
    kind: "cores",
    chips: 1,
    found: 0.25,
    nonces: 1500,
    sizes: [
      [0.2, 0.2],
      [0.6, 0.6],
    ],
  },
  {
    effect: "early-abort",
    kind: "precursor",
    chips: 1,
    found: 0.5,
    nonces: 2000,
    sizes: [
      [0.4, 0.4 * HALF],
      [0.9, 0.9 * HALF],
    ],
  },
];

const NULLS = 200;

function spec({ effect, kind }: Case, strength: number, secret: string): PlantSpec {
  return { effect, kind, strength, secret };
}

/** P(X <= k) for X binomial(n, p). */
function binomialBelow(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= ((n - i + 1) / i) * (p / (1 - p));
    sum += term;
  }
  return sum;
}

const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
};

describe.each(CASES)("$effect, $kind", (one) => {
  const test = (strength: number, secret: string, nonces = one.nonces) =>
    matchedTest(
      one.effect,
      one.kind,
      emit(spec(one, strength, secret), one.chips, nonces),
      lcg32(Number(seedOf(secret, "shuffles") & 0xffff_ffffn)),
    );

  it(`at strength 0 is null: p-values of ${NULLS} recordings are uniform, and false alarms as many as they should be`, () => {
    const nonces = Math.min(one.nonces / 3, 2000);
    const p = Array.from({ length: NULLS }, (_, i) => test(0, `null ${i}`, nonces).p);
    expect(ksTest(p, (x) => x).pValue).toBeGreaterThan(0.01);
    const alarms = p.filter((value) => value <= 0.05).length;
    expect(binomialBelow(alarms, NULLS, 0.05)).toBeGreaterThan(0.001);
    expect(1 - binomialBelow(alarms - 1, NULLS, 0.05)).toBeGreaterThan(0.001);
  });

  it(`at strength ${one.found} is found at the 5 % level in at least 18 of 20 recordings of ${one.nonces} nonces`, () => {
    const found = Array.from({ length: 20 }, (_, i) => test(one.found, `planted ${i}`).p).filter((p) => p <= 0.05);
    expect(found.length).toBeGreaterThanOrEqual(18);
  });

  it.each(one.sizes)("grows with its strength: %f shows as %f", (strength, size) => {
    const { size: seen } = test(strength, "long", one.effect === "coupling" ? 240_000 : 40_000);
    expect(Math.abs(seen - size)).toBeLessThan(0.04);
  });

  it("and its null have delays of the same mean and deviation, and withhold as many nonces", () => {
    const planted = emit(spec(one, one.sizes[1]?.[0] as number, "marginal"), one.chips, 60_000);
    const empty = emit(spec(one, 0, "marginal"), one.chips, 60_000);
    const [a, b] = [moments(planted.residualNs), moments(empty.residualNs)];
    // The cores of one chip are few: the mean of their offsets is not zero.
    const allowed = one.effect === "fingerprint" ? (4 * 0.6) / Math.sqrt(112) : 0.1;
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(allowed * b.deviation);
    expect(a.deviation / b.deviation).toBeGreaterThan(0.93);
    expect(a.deviation / b.deviation).toBeLessThan(1.07);
    expect(planted.residualNs.length / empty.residualNs.length).toBeCloseTo(1, 1);
  });

  it("is decided by its secret alone", () => {
    const delays = (secret: string) => emit(spec(one, one.found, secret), one.chips, 300).residualNs;
    expect(delays("a")).toEqual(delays("a"));
    expect(delays("a")).not.toEqual(delays("b"));
  });
});

describe("a specification", () => {
  const board = { chips: 4, drive: { minMhz: 400, maxMhz: 500 } };
  it.each([
    [{ effect: "memory", strength: 1.1, secret: "s" }],
    [{ effect: "memory", strength: -0.1, secret: "s" }],
    [{ effect: "memory", strength: Number.NaN, secret: "s" }],
    [{ effect: "memory", kind: "timing", strength: 0.1, secret: "s" }],
    [{ effect: "memory", parameter: 0, strength: 0.1, secret: "s" }],
    [{ effect: "memory", kind: "kernel", parameter: 1, strength: 0.1, secret: "s" }],
    [{ effect: "gravity", strength: 0.1, secret: "s" }],
    [{ effect: "toString", strength: 0.1, secret: "s" }],
    [{ effect: "coupling", strength: 0.6, secret: "s" }],
    [{ effect: "leakage", parameter: 1, strength: 0.6, secret: "s" }],
    [{ effect: "early-abort", parameter: 1.5, strength: 0.6, secret: "s" }],
  ])("that cannot be is refused: %o", (wrong) => {
    expect(() => plantedEffect(wrong as PlantSpec, board)).toThrow(expect.objectContaining({ code: "PLANT_REFUSED" }));
  });

  it("of coupling needs neighbours", () => {
    const one = { effect: "coupling", strength: 0.1, secret: "s" } as const;
    expect(() => plantedEffect(one, { ...board, chips: 1 })).toThrow(expect.objectContaining({ code: "PLANT_REFUSED" }));
    expect(plantedEffect(one, { ...board, chips: 2 })).toBeDefined();
  });

  it("is read from text, with a seed of its own or the one given", () => {
    expect(parsePlant("effect=memory,kind=kernel,strength=0.25,parameter=0.5,seed=mine", "other")).toEqual({
      effect: "memory",
      kind: "kernel",
      strength: 0.25,
      parameter: 0.5,
      secret: "mine",
    });
    expect(parsePlant("effect=line,strength=1", "other")).toEqual({ effect: "line", strength: 1, secret: "other" });
  });

  it.each(["", "memory", "effect=memory,depth=1", "effect=memory,strength=", "effect=memory,effect=line"])(
    "%o is no text of one",
    (text) => {
      expect(() => parsePlant(text, "s")).toThrow(expect.objectContaining({ code: "PLANT_REFUSED" }));
    },
  );

  it("that leaves its strength out, or cannot be, stops a live twin before it starts", async () => {
    await expect(startTwin({ plant: parsePlant("effect=memory", "s") })).rejects.toMatchObject({ code: "PLANT_REFUSED" });
    await expect(startS9Twin({ plant: parsePlant("effect=coupling,strength=0.7", "s") })).rejects.toMatchObject({ code: "PLANT_REFUSED" });
  });
});
