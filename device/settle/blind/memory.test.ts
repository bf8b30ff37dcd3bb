import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { memoryOfDrive } from "./memory.ts";
import type { Looked, Observed } from "./observed.ts";
import { chipScores } from "./scores.ts";
import { stepMeans } from "./step-means.ts";
import { fitNoise, whitener } from "./step-noise.ts";

const STEP_S = 0.5;
const STEPS = 160;
const PER_STEP = 20;

interface Laboratory {
  /** Drive of each step; uniform without. */
  readonly drive?: (
    step: number,
    before: { readonly u: readonly number[]; readonly slow: readonly number[]; readonly random: () => number },
  ) => number;
  /** A walk that delays follow, its step in deviations of a delay. */
  readonly walk?: number;
  /** What else a delay is, in deviations. */
  readonly signal?: (u: (back: number) => number) => number;
  /** The chips hear of a step so much later than the log says, s. */
  readonly lateS?: number;
}

function recorded(seed: number, { drive, walk = 0, signal = () => 0, lateS = 0 }: Laboratory): Observed {
  const random = splitmix64(seed);
  const normal = gaussian(random);
  const [u, slow]: number[][] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    u?.push(drive ? drive(step, { u: u ?? [], slow: slow ?? [], random: () => random.next() }) : random.next());
    slow?.push((slow?.at(-1) ?? 0) + walk * normal());
  }
  const tS = Float64Array.from({ length: STEPS * PER_STEP }, () => STEPS * STEP_S * random.next()).sort();
  const delay = tS.map((t) => {
    const [step, told] = [Math.floor(t / STEP_S), Math.floor((t - lateS) / STEP_S)];
    return normal() + (slow?.[step] ?? 0) + signal((back) => (u?.[told - back] ?? 0.5) - 0.5);
  });
  const steps = Array.from({ length: STEPS }, (_, step) => ({ tS: step * STEP_S, u: u?.[step] ?? 0 }));
  return { tS, chip: new Int32Array(tS.length), core: null, difficultyLog2: null, delay, delayIs: "residual", drive: steps };
}
const look = (observed: Observed) => memoryOfDrive(observed, chipScores(observed.chip, observed.delay));
const pOf = (seed: number, of: Laboratory) => (look(recorded(seed, of)) as Looked).pValue;

describe("memory of the drive", () => {
  it("is found beside a walk that delays take by themselves (seeds 1 to 3)", () => {
    const p = Array.from({ length: 3 }, (_, i) => pOf(i + 1, { walk: 0.1, signal: (u) => u(1) + 0.6 * u(2) }));
    expect(p.filter((one) => one < 0.003)).toHaveLength(3);
  });

  it.each([
    ["a delay line of five steps", (u: (back: number) => number) => 0.7 * u(5)],
    [
      "a ladder whose memory is longest four steps back",
      (u: (back: number) => number) => 0.3 * u(3) + 0.5 * u(4) + 0.5 * u(5) + 0.3 * u(6),
    ],
    ["the square of the step before", (u: (back: number) => number) => 3 * u(1) ** 2],
  ])("is found in %s (seed 3)", (_, signal) => {
    expect(pOf(3, { signal })).toBeLessThan(0.003);
  });

  it("is not what a drive's own memory makes of an answer to the present step (12 recordings, seeds 1 to 12)", () => {
    const drive: Laboratory["drive"] = (step, { u, random }) => (step === 0 ? random() : 0.6 * (u[step - 1] as number) + 0.4 * random());
    const p = Array.from({ length: 12 }, (_, i) => pOf(i + 1, { drive, signal: (u) => 4 * u(0) + 8 * u(0) ** 3 }));
    expect(p.filter((one) => one < 0.02).length).toBeLessThan(3);
  });

  it("is not that chips hear of a step later than the log says (12 recordings, seeds 1 to 12)", () => {
    const p = Array.from({ length: 12 }, (_, i) => pOf(i + 1, { lateS: 0.2 * STEP_S, signal: (u) => 4 * u(0) }));
    expect(p.filter((one) => one < 0.02).length).toBeLessThan(3);
  });

  it("is not looked for where the drive follows the delays: the host remembers, and no chip (seeds 1 to 6)", () => {
    const drive: Laboratory["drive"] = (step, { slow, random }) => Math.tanh(slow[step - 1] ?? 0) + 2 * random();
    const looks = Array.from({ length: 6 }, (_, i) => look(recorded(i + 1, { walk: 0.1, drive })));
    expect(looks.filter((one) => one !== null && one.pValue < 0.02)).toEqual([]);
  });

  it("a drive of one value, or of a few steps, says nothing", () => {
    const one = recorded(1, {});
    expect(look({ ...one, drive: one.drive.map(({ tS }) => ({ tS, u: 0.5 })) })).toBeNull();
    expect(look({ ...one, drive: one.drive.slice(0, 29) })).toBeNull();
  });

  it("of the least strength that it says it finds, it finds nearly all (24 recordings, seeds 101 to 124)", () => {
    const least = (look(recorded(100, {})) as Looked).least?.(0.003) as number;
    // A uniform step has a deviation of 1 / sqrt(12).
    const signal = (u: (back: number) => number) => (least / Math.sqrt(1 - least ** 2)) * Math.sqrt(12) * u(1);
    const p = Array.from({ length: 24 }, (_, i) => pOf(101 + i, { signal }));
    expect(p.filter((one) => one < 0.003).length).toBeGreaterThan(19);
    expect(least).toBeLessThan(0.12);
  });
});

describe("noise of the steps", () => {
  const rows = fc.array(
    fc.record({
      count: fc.integer({ min: 0, max: 5 }),
      a: fc.double({ min: -5, max: 5, noNaN: true }),
      b: fc.double({ min: -5, max: 5, noNaN: true }),
    }),
    { minLength: 3, maxLength: 40 },
  );

  it("the transposed filter has the products of the filter", () => {
    fc.assert(
      fc.property(rows, fc.constantFrom(0, 0.1, 1), fc.constantFrom(0.5, 0.95, 1), (steps, own, keep) => {
        const counts = Float64Array.from(steps, ({ count }) => count);
        const { whiten, turned } = whitener({ own, added: 0.03, keep }, { means: counts, counts, variance: 1, answers: 1 });
        const [a, b] = [Float64Array.from(steps, (step) => step.a), Float64Array.from(steps, (step) => step.b)];
        expect(dot(whiten(a), b)).toBeCloseTo(dot(a, turned(b)), 6);
      }),
    );
  });

  it("what has gone through the filter of a walk no longer goes with what was before (seed 9)", () => {
    const { tS, delay } = recorded(9, { walk: 0.5 });
    const sums = stepMeans(
      delay,
      Int32Array.from(tS, (t) => Math.floor(t / STEP_S)),
      STEPS,
    );
    const white = whitener(fitNoise(sums), sums).whiten(sums.means).slice(1);
    const lagOne = (row: Float64Array) => dot(row.slice(1), row.slice(0, -1)) / dot(row, row);
    expect(lagOne(sums.means)).toBeGreaterThan(0.9);
    expect(Math.abs(lagOne(white))).toBeLessThan(0.25);
    expect(dot(white, white) / white.length).toBeGreaterThan(0.6);
    expect(dot(white, white) / white.length).toBeLessThan(1.6);
  });
});

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
