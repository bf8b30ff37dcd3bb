import { describe, expect, it } from "vitest";
import { drive } from "../../drive.ts";
import { DelayLine } from "../../software/delay-line.ts";
import { WhiteNoise } from "../../software/null.ts";
import type { StepOutcome, Substrate } from "../../substrate.ts";
import type { ControlRow } from "./control-rows.ts";
import { planHash } from "./power.ts";
import { CONSTANT_DRIVE, PILOT, type Preregistered, STUDY_PLAN, study } from "./study.ts";

const plan = { ...STUDY_PLAN, steps: 700, shifts: 99 };
const of = (make: (session: number) => Substrate) => (u: Float64Array, session: number) => drive(make(session), u);
const what = { substrate: "test", origin: "software" as const };

/** A delay line with noise on every tap, for exact taps leave nothing to chance; every 40th step fails. */
class NoisyLine implements Substrate {
  readonly name = "noisy line";
  readonly origin = "software";
  readonly featureNames: readonly string[];
  readonly #line: DelayLine;
  readonly #noise: WhiteNoise;
  constructor(taps: number, seed: number) {
    this.#line = new DelayLine({ taps });
    this.#noise = new WhiteNoise(taps, seed);
    this.featureNames = [...this.#line.featureNames, "never varies"];
  }
  async step(u: number, index?: number): Promise<StepOutcome> {
    const line = await this.#line.step(u);
    const noise = await this.#noise.step(u);
    const features = Float64Array.from(this.featureNames, (_, i) => (line.features[i] ?? 1) + 0.01 * (noise.features[i] ?? 0));
    const failed = (index ?? 0) % 40 === 39;
    return failed ? { ...line, features, valid: false, reason: "sensor failed" } : { ...line, features };
  }
}

describe("study", () => {
  it("of a noisy delay line: it computes, the plan was hashed before the first session, what does not vary was left out beforehand", async () => {
    const driven: number[] = [];
    let decided: Preregistered | null = null;
    let drivenBefore: number[] = [];
    const report = await study(
      what,
      async (u, session) => {
        driven.push(session);
        return drive(new NoisyLine(12, session + 10), u);
      },
      plan,
      {
        onPreregistered: (plans) => {
          decided = plans;
          drivenBefore = [...driven];
        },
      },
    );
    expect(report).toMatchObject({
      computes: true,
      answer: "reproduced",
      verdict: "In software: it computes, at tier T3 useful, in all of 5 sessions.",
    });
    expect(drivenBefore).toEqual([PILOT]);
    expect(driven).toEqual([PILOT, 0, 1, 2, 3, 4, CONSTANT_DRIVE]);
    expect(report.controls.filter(({ otherwise }) => otherwise !== "T4 at most" && otherwise !== "T3 at most")).toSatisfy(
      (rows: ControlRow[]) => rows.length === 8 && rows.every(({ holds }) => holds),
    );
    expect(report.noDifference).toMatchObject({ shown: false });
    expect(report.planHash).toBe(planHash(decided));
    expect(report.features.length).toBe(12);
    expect(report.refused.map(({ name }) => name)).toEqual(["never varies"]);
    expect(report.gain?.interval[1]).toBeLessThan(0);
    expect(report.shuffled.every(({ passes }) => !passes)).toBe(true);
    expect(report.sessions.every(({ n }) => n < 580)).toBe(true);
  }, 180_000);

  it("of noise: not shown to compute, and how small a memory would have been found", async () => {
    const report = await study(
      what,
      of((session) => new WhiteNoise(6, 30 + session)),
      { ...plan, sessions: 2 },
    );
    expect(report).toMatchObject({ computes: false, answer: "not testable with these data" });
    expect(report.verdict).toMatch(/^In software: it was not shown to compute \(tier .*, 0 of 2 sessions passed\)\.$/);
    expect(report.could).toMatch(/^a memory of [\d.]+ % .* a gain of [\d.]+ % in squared error/);
  }, 180_000);

  it("of one session never says that it computes", async () => {
    const report = await study(
      what,
      of(() => new NoisyLine(12, 3)),
      { ...plan, sessions: 1 },
    );
    expect(report.computes).toBe(false);
    expect(report.verdict).toMatch(/T3 useful in 1 session; 5 are needed/);
    expect(report.gain).toBeNull();
  }, 180_000);

  it("states that know inputs while the input stands still know them by another way: no answer", async () => {
    const inputs: Float64Array[] = [];
    const { verdict, computes, answer, controls } = await study(
      what,
      async (u, session) => {
        const driven = await drive(new NoisyLine(12, session + 10), u);
        if (session >= 0) inputs[session] = u;
        if (session === CONSTANT_DRIVE)
          for (let t = 1; t < u.length; t++)
            for (const [i, input] of inputs.entries()) driven.states.data[t * 13 + i] = (input[t - 1] as number) + 0.01 * Math.sin(t);
        return driven;
      },
      { ...plan, sessions: 2 },
    );
    expect(controls.find(({ name }) => name === "constant drive")).toMatchObject({ score: 2, sessions: 2, holds: false });
    expect([verdict, computes, answer]).toEqual([
      'In software: no answer, because "constant drive" shows memory too: something leaks.',
      false,
      "not testable with these data",
    ]);
  }, 180_000);

  it("refuses a substrate that logs nothing or says nothing", async () => {
    const unlogged = of(() => ({
      ...new WhiteNoise(3, 1),
      name: "",
      origin: "software",
      featureNames: ["a", "b", "c"],
      step: async () => ({ features: Float64Array.of(Math.random(), Math.random(), Math.random()), emitted: [], valid: true }),
    }));
    await expect(study(what, unlogged, plan)).rejects.toMatchObject({ code: "NO_DRIVE_LOG" });
    const constant = of(() => ({
      name: "",
      origin: "software",
      featureNames: ["a", "b"],
      step: async (u: number) => ({ features: Float64Array.of(1, 2), emitted: [{ knob: "u", value: u }], valid: true }),
    }));
    await expect(study(what, constant, plan)).rejects.toMatchObject({ code: "NO_USABLE_FEATURES" });
  });
});
