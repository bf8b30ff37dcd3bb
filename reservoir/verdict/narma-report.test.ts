import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { drive } from "../drive.ts";
import { matrix } from "../matrix.ts";
import { DelayLine } from "../software/delay-line.ts";
import { WhiteNoise } from "../software/null.ts";
import type { Substrate } from "../substrate.ts";
import { narma10, narma10Response } from "../tasks/narma10.ts";
import { beats, comparisonWords } from "./beats.ts";
import { type Narma10Collected, scoreNarma10 } from "./narma-report.ts";
import type { Scored } from "./score.ts";

const SPLIT = { washout: 100, train: 900, test: 600 };
const STEPS = 1600;

async function collect(substrate: Substrate, seed = 42): Promise<Narma10Collected> {
  const task = narma10(seed, STEPS);
  const { states, names, valid, invalid } = await drive(substrate, task.u);
  return { ...task, states, names, valid, invalid, ...SPLIT, origin: "software" };
}

const score = async (substrate: Substrate) => scoreNarma10(await collect(substrate));

describe("scoreNarma10", () => {
  it("says that a delay line of 40 taps with products beats the 30-tap control", async () => {
    const result = await score(new DelayLine({ taps: 40, productLag: 9 }));
    expect(result.beatsTaps).toMatchObject({ answer: true, taps: 30 });
    expect(result.beatsTaps.pValue).toBeLessThan(1e-6);
    expect(result.beatsInputOnly.answer).toBe(true);
    expect(result.verdict).toMatch(
      /^The substrate beat the 30-tap linear control: NRMSE 0\.\d\d against 0\.\d\d \(Diebold-Mariano p < 0\.0001\)\.$/,
    );
  });

  it("says that white noise does not, and scores it like the constant", async () => {
    const result = await score(new WhiteNoise(20, 7));
    expect(result.beatsTaps.answer).toBe(false);
    expect(result.beatsInputOnly.answer).toBe(false);
    expect(result.substrate.nrmse).toBeGreaterThan(0.98);
    expect(result.verdict).toMatch(
      /^The substrate did not beat the 30-tap linear control: NRMSE 1\.\d\d against 0\.\d\d \(Diebold-Mariano p = 1\.00\)\.$/,
    );
  });

  it("says that a shift register of 30 taps does not beat itself, and one of 40 linear taps hardly", async () => {
    const same = await score(new DelayLine({ taps: 30 }));
    expect(same.beatsTaps).toMatchObject({ answer: false, dmStatistic: 0, mseRatio: 1 });
    expect(same.substrate.nrmse).toBe(same.beatsTaps.tapsNrmse);
    expect((await score(new DelayLine({ taps: 40 }))).beatsTaps.answer).toBe(false);
  });

  it("sees through a memoryless substrate: it beats nothing but the constant", async () => {
    const result = await score(new DelayLine({ taps: 1 }));
    expect(result.beatsInputOnly.answer).toBe(false);
    expect(result.substrate.nrmse).toBeLessThan(0.95);
  });

  it("lists every control once, with what it is, and the thirty taps in order", async () => {
    const labels: string[] = [];
    const result = await scoreNarma10(await collect(new DelayLine({ taps: 5 })), { onProgress: (label) => labels.push(label) });
    expect(result.controls.map((row) => row.name)).toEqual([
      "constant",
      "input-only",
      "taps-10",
      "taps-20",
      "taps-30",
      "quadratic-10",
      "quadratic-20",
      "quadratic-30",
      "shuffled",
      "esn",
    ]);
    expect(result.controls.map((row) => row.features)).toEqual([0, 1, 10, 20, 30, 65, 230, 495, 5, 5]);
    expect(result.tapsByCount.map((row) => row.features)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(result.tapsByCount[9]).toEqual(result.controls[2]);
    expect(result.tapsByCount[4]?.nrmse).toBeCloseTo(result.substrate.nrmse, 12);
    const rows = Object.fromEntries(result.controls.map((row) => [row.name, row.nrmse]));
    expect(rows.shuffled).toBeGreaterThan(0.98);
    expect(rows.constant).toBeGreaterThan(0.98);
    expect(rows["input-only"]).toBe(result.tapsByCount[0]?.nrmse);
    expect(rows["quadratic-20"]).toBeLessThan(rows["taps-20"] as number);
    expect(result.controls.every((row) => row.description.length > 10 && row.rmseOverRange < row.nrmse)).toBe(true);
    expect(labels.at(0)).toBe("substrate");
    expect(labels.at(-1)).toBe("verdict");
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("scores a feature that varies in one training step only, as rare errors do (seed %i)", async (seed) => {
    const task = narma10(seed, STEPS);
    const rare = SPLIT.washout + 7 * seed;
    const noise = splitmix64(seed);
    const states = matrix(
      STEPS,
      2,
      Float64Array.from({ length: 2 * STEPS }, (_, i) => (i % 2 === 0 ? noise.next() : Number(i === 2 * rare + 1))),
    );
    const result = await scoreNarma10({
      ...task,
      ...SPLIT,
      states,
      names: ["rate", "errors"],
      valid: new Uint8Array(STEPS).fill(1),
      invalid: new Map(),
      origin: "twin",
    });
    expect(result.featuresUsed).toEqual(["rate", "errors"]);
  });

  it("reports a substrate whose every feature is refused, with the reasons, as unable to beat anything", async () => {
    const task = narma10(42, STEPS);
    const states = matrix(
      STEPS,
      3,
      Float64Array.from({ length: 3 * STEPS }, (_, i) => [5, Number.NaN, 0.1][i % 3] as number),
    );
    const result = await scoreNarma10({
      ...task,
      ...SPLIT,
      states,
      names: ["voltage", "fan", "bias"],
      valid: new Uint8Array(STEPS).fill(1),
      invalid: new Map(),
      origin: "twin",
    });
    expect(result.featuresUsed).toEqual([]);
    expect(result.featuresRefused.map((refused) => refused.name)).toEqual(["voltage", "fan", "bias"]);
    expect(result.substrate).toMatchObject({ features: 0, nrmse: result.controls[0]?.nrmse });
    expect(result.substrate.description).toMatch(/^no usable features \(refused: 2 constant, 1 non-finite\)/);
    expect(result.beatsTaps.answer).toBe(false);
    expect(result.verdict).toMatch(
      /^The substrate offered no usable features \(2 constant, 1 non-finite\), so it did not beat the 30-tap linear control: NRMSE 1\.\d\d/,
    );
    expect(result.origin).toBe("twin");
  });

  it("leaves invalid steps out of fitting and testing, for substrate and controls alike, and counts them", async () => {
    const collected = await collect(new DelayLine({ taps: 3 }));
    const valid = collected.valid.slice();
    const states = matrix(STEPS, 3, collected.states.data.slice());
    for (const step of [50, 150, 151, 1100]) {
      valid[step] = 0;
      // Would refuse every feature, were it looked at.
      states.data.fill(Number.NaN, 3 * step, 3 * step + 3);
    }
    const result = await scoreNarma10({ ...collected, valid, states, invalid: new Map([["read-back off", 4]]) });
    expect(result.excluded).toEqual({ train: 2, test: 1, reasons: [{ reason: "read-back off", steps: 4 }] });
    expect(result.featuresRefused).toEqual([]);
    expect(result.testSteps).not.toContain(1100);
    expect([result.testSteps.length, result.test_y.length, result.predicted.length]).toEqual([599, 599, 599]);
    expect(result.test_y[0]).toBe(collected.y[1001]);
    expect(result.substrate.nrmse).toBeCloseTo(result.tapsByCount[2]?.nrmse as number, 12);
  });

  it("does not let test rows into the fit: changing them moves the predictions only where they were changed", async () => {
    const collected = await collect(new DelayLine({ taps: 3 }));
    const states = matrix(STEPS, 3, collected.states.data.slice());
    states.data[3 * 1500] = 100;
    const [before, after] = [await scoreNarma10(collected), await scoreNarma10({ ...collected, states })];
    const changed = before.predicted.flatMap((value, i) => (value === after.predicted[i] ? [] : [before.testSteps[i]]));
    expect(changed).toEqual([1500]);
  });

  it("refuses a target that is shifted by one, clipped, diverged, or of another shape", async () => {
    const collected = await collect(new DelayLine({ taps: 2 }));
    const shifted = collected.y.slice();
    shifted.copyWithin(1, 0);
    await expect(scoreNarma10({ ...collected, y: shifted })).rejects.toThrow(/y\[\d+\] is not the NARMA-10 response/);
    await expect(scoreNarma10({ ...collected, y: collected.y.map((value) => Math.min(value, 0.5)) })).rejects.toMatchObject({
      code: "TARGET_MISMATCH",
    });
    const u = collected.u.slice().fill(0.5, 1000);
    const diverged = scoreNarma10({ ...collected, u, y: narma10Response(u) });
    await expect(diverged).rejects.toThrow(/diverged at y\[\d+\]/);
    await expect(scoreNarma10({ ...collected, y: collected.y.subarray(1) })).rejects.toMatchObject({ code: "COLLECTED_SHAPE" });
    await expect(scoreNarma10({ ...collected, names: ["one"] })).rejects.toMatchObject({ code: "COLLECTED_SHAPE" });
    await expect(scoreNarma10({ ...collected, test: 601 })).rejects.toMatchObject({ code: "COLLECTED_SHAPE" });
  });

  it("is not testable when hardly a step was valid", async () => {
    const collected = await collect(new DelayLine({ taps: 2 }));
    const valid = collected.valid.map((value, step) => (step < 1585 ? value : 0));
    valid.fill(0, 1010);
    await expect(scoreNarma10({ ...collected, valid })).rejects.toThrow(
      /Not testable with these data: 900 valid training and 10 valid test steps/,
    );
  });

  it("stops when aborted", async () => {
    const collected = await collect(new DelayLine({ taps: 2 }));
    await expect(scoreNarma10(collected, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});

describe("beats", () => {
  const target = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i));
  /** A predictor that errs by `size`, now up, now down. */
  const predictor = (size: number, nrmse: number): Scored => ({
    score: { name: "", description: "", features: 1, nrmse, rmseOverRange: 0 },
    predicted: target.map((value, i) => value + size * (1 + 0.1 * Math.cos(7 * i)) * (i % 2 === 0 ? 1 : -1)),
    model: null,
  });

  it("wants at least 5 % less squared error, however sure the test is", () => {
    const close = beats(target, predictor(0.98, 0.98), predictor(1, 1));
    expect(close.pValue).toBeLessThan(1e-6);
    expect(close.answer).toBe(false);
    expect(comparisonWords(0.98, 1, close)).toBe(
      "NRMSE 0.98 against 1.00 (Diebold-Mariano p < 0.0001, but the squared error is 0.960 of the control's and must be at most 0.95)",
    );
    expect(beats(target, predictor(0.95, 0.95), predictor(1, 1)).answer).toBe(true);
  });

  it("prints as many decimals as tell two errors apart", () => {
    const equal = { answer: false, dmStatistic: 0, pValue: 0.5, mseRatio: 1 };
    expect(comparisonWords(0.3853, 0.3851, equal)).toBe("NRMSE 0.3853 against 0.3851 (Diebold-Mariano p = 0.50)");
    expect(comparisonWords(0.93, 0.39, { ...equal, pValue: 1 })).toBe("NRMSE 0.93 against 0.39 (Diebold-Mariano p = 1.00)");
    expect(comparisonWords(0.4, 0.42, { ...equal, pValue: 0.0312 })).toBe("NRMSE 0.40 against 0.42 (Diebold-Mariano p = 0.031)");
  });
});
