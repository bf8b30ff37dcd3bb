import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { ksTest } from "../../../reservoir/statistics/kolmogorov-smirnov.ts";
import type { PlantedAnswer } from "../../planted/unseal.ts";
import { BLIND_ALPHA, type BlindAnswer, blindAnswer } from "./instrument.ts";
import type { Observed } from "./observed.ts";
import { type AnsweredFile, scoreBlind } from "./score.ts";

/** Nonces at random times, and residuals that `of` makes from noise and what could be in them. */
function recording(seed: number, of: (noise: number, at: { t: number; core: number; bits: number }) => number, n = 600): Observed {
  const random = splitmix64(seed);
  const normal = gaussian(random);
  const tS = Float64Array.from({ length: n }, () => 30 * random.next()).sort();
  const core = Int32Array.from({ length: n }, () => Math.floor(random.next() * 20));
  const difficultyLog2 = Float64Array.from({ length: n }, () => Math.floor(-Math.log2(1 - random.next())));
  const delay = tS.map((t, i) => of(normal(), { t, core: core[i] as number, bits: difficultyLog2[i] as number }));
  const drive = Array.from({ length: 60 }, (_, step) => ({ tS: step / 2, u: random.next() }));
  return { tS, core, difficultyLog2, delay, delayIs: "residual", drive, chip: new Int32Array(n) };
}
const answered = (observed: Observed) => blindAnswer(observed) as BlindAnswer;

describe("the blind instrument", () => {
  it("its p-values are uniform where there is nothing (200 recordings, seeds 1 to 200)", () => {
    const p = Array.from({ length: 200 }, (_, i) => answered(recording(i + 1, (noise) => noise)).pValue);
    expect(ksTest(p, (x) => x).pValue).toBeGreaterThan(0.001);
    expect(p.filter((x) => x < 0.05).length).toBeLessThan(22);
  });

  it.each([
    ["line in the residuals", (noise: number, { t }: { t: number }) => noise + Math.sin(2 * Math.PI * 3.3 * t)],
    ["difficulty in the residuals", (noise: number, { bits }: { bits: number }) => noise + 0.4 * bits],
    ["offsets of cores", (noise: number, { core }: { core: number }) => noise + (core % 3)],
  ])("finds a %s and says which test spoke", (name, of) => {
    expect(answered(recording(7, of))).toMatchObject({ planted: true, strongest: name });
  });

  /** Nonces of a rate that swings, in steps of a drive that moves it too; none in the first 20 ms of a step. */
  const swinging = (seed: number, depth: number): Observed => {
    const random = splitmix64(seed);
    const normal = gaussian(random);
    const drive = Array.from({ length: 60 }, (_, step) => ({ tS: step / 2, u: random.next() }));
    const tS: number[] = [];
    for (let t = 0; t < 30; t += -Math.log1p(-random.next()) / 100) {
      const rate = (0.7 + 0.2 * (drive[Math.floor(2 * t)]?.u ?? 0)) * (1 + depth * Math.sin(2 * Math.PI * 3.3 * t));
      if (random.next() < rate / 1.35 && t % 0.5 > 0.02) tS.push(t);
    }
    const zeros = new Int32Array(tS.length);
    const noise = Float64Array.from(tS, () => normal());
    return { tS: Float64Array.from(tS), drive, chip: zeros, core: zeros, difficultyLog2: null, delay: noise, delayIs: "residual" };
  };
  const pOf = (name: string, observed: Observed) => answered(observed).tests.find((test) => test.name === name)?.pValue as number;

  it("finds a line in the rate, and none in a rate that only its drive and its gaps move (60 recordings, seeds 1 to 60)", () => {
    expect(answered(swinging(7, 0.35))).toMatchObject({ planted: true, strongest: "line in the rate" });
    const p = Array.from({ length: 60 }, (_, i) => pOf("line in the rate", swinging(i + 1, 0)));
    expect(ksTest(p, (x) => x).pValue).toBeGreaterThan(0.001);
    expect(p.filter((x) => x < 0.05).length).toBeLessThan(9);
  });

  it("hears neighbours that delay together, and not chips that do not; a single chip is not asked", () => {
    const chain = (seed: number, coupled: number): Observed => {
      const one = recording(seed, (noise) => noise, 4000);
      const field = splitmix64(seed + 1);
      const fields = Array.from({ length: 4 }, () => Array.from({ length: 31 }, () => 2 * field.next() - 1));
      const chip = Int32Array.from({ length: 4000 }, (_, i) => i % 4);
      const at = (who: number, t: number) => (fields[who]?.[Math.floor(t)] as number) * coupled;
      return { ...one, chip, delay: one.delay.map((value, i) => value + at((chip[i] as number) >> 1, one.tS[i] as number)) };
    };
    expect(pOf("neighbours in the chain", chain(3, 1))).toBeLessThan(0.01);
    expect(pOf("neighbours in the chain", chain(4, 0))).toBeGreaterThan(0.01);
    expect(
      pOf(
        "neighbours in the chain",
        recording(1, (noise) => noise),
      ),
    ).toBeUndefined();
  });

  /** Four chips whose delays each follow a slow field of their own, and something else that `signal` says. */
  const ownFields = (seed: number, signal: (t: number) => number): Observed => {
    const one = recording(seed, (noise) => noise, 6000);
    const random = splitmix64(seed + 12);
    const drift = Array.from({ length: 4 }, () => Array.from({ length: 31 }, () => 4 * random.next() - 2));
    const chip = Int32Array.from({ length: 6000 }, (_, i) => i % 4);
    const field = (i: number) => drift[chip[i] as number]?.[Math.floor(one.tS[i] as number)] as number;
    return { ...one, chip, delay: one.delay.map((value, i) => value + field(i) + signal(one.tS[i] as number)) };
  };

  it("slow fields that chips have by themselves are no finding (20 chains, seeds 1 to 20)", () => {
    expect(Array.from({ length: 20 }, (_, i) => answered(ownFields(i + 1, () => 0)).planted).filter(Boolean).length).toBeLessThan(3);
  });

  it("finds a line beside them", () => {
    expect(answered(ownFields(3, (t) => 0.4 * Math.sin(2 * Math.PI * 5.3 * t)))).toMatchObject({
      planted: true,
      strongest: "line in the residuals",
    });
  });

  it("finds one beside loud answers to the present input (seeds 1 to 4)", () => {
    const found = Array.from({ length: 4 }, (_, i) => {
      const one = recording(i + 1, (noise, { t }) => noise + 0.45 * Math.sin(2 * Math.PI * 3.3 * t), 1200);
      const delay = one.delay.map((value, k) => value + 6 * Math.tanh(4 * (one.drive[Math.floor(2 * (one.tS[k] as number))]?.u ?? 0) - 2));
      return pOf("line in the residuals", { ...one, delay });
    });
    expect(found.filter((p) => p < 0.01)).toHaveLength(4);
  });

  /** Chips with slow fields, whose delays also go with the drive: `of` gets what it was so many steps ago. */
  const driven = (seed: number, of: (u: (back: number) => number) => number) => {
    const { drive } = ownFields(seed, () => 0);
    return ownFields(seed, (t) => of((back) => (drive[Math.floor(2 * t) - back]?.u ?? 0.5) - 0.5));
  };

  it("finds a memory of the drive beside them", () => {
    expect(answered(driven(3, (u) => 1.5 * (u(1) + 0.6 * u(2))))).toMatchObject({ planted: true, strongest: "memory of the drive" });
  });

  it("what goes with the present step alone is no memory (12 chains, seeds 1 to 12)", () => {
    const p = Array.from({ length: 12 }, (_, i) =>
      pOf(
        "memory of the drive",
        driven(i + 1, (u) => 4 * u(0) ** 2 + 4 * u(0)),
      ),
    );
    expect(p.filter((one) => one < 0.02).length).toBeLessThan(3);
  });

  it("two chips alone are not asked: what they share may be what all share", () => {
    const { chip, ...one } = ownFields(6, (t) => 2 * Math.sin(t));
    expect(pOf("neighbours in the chain", { ...one, chip: chip.map((own) => own % 2) })).toBeUndefined();
  });

  it("what all chips of a chain share is no coupling of neighbours", () => {
    const one = ownFields(5, () => 0);
    const random = splitmix64(77);
    const common = Array.from({ length: 31 }, () => 6 * random.next() - 3);
    const shared = { ...one, delay: one.delay.map((value, i) => value + (common[Math.floor(one.tS[i] as number)] as number)) };
    expect(pOf("neighbours in the chain", shared)).toBeGreaterThan(0.01);
  });

  it("times of polling are no line in the rate, and no lines are looked for in their delays", () => {
    const one = recording(9, (noise) => noise, 1500);
    const polled = { ...one, tS: one.tS.map((t) => Math.ceil(t / 0.2) * 0.2) };
    expect(pOf("line in the rate", polled)).toBeGreaterThan(0.01);
    expect(pOf("line in the residuals", polled)).toBeUndefined();
  });

  it("says of each test the least strength that it finds: less in a longer recording", () => {
    const [short, long] = [600, 2400].map((n) => answered(recording(2, (noise) => noise, n)).tests);
    expect(short?.map(({ name }) => name)).toEqual(long?.map(({ name }) => name));
    for (const [i, { least }] of (short ?? []).entries()) {
      expect(least).toBeGreaterThan(0.05);
      expect(long?.[i]?.least).toBeLessThan(0.8 * (least as number));
    }
  });

  it("gives no answer to a recording that is too short", () => {
    expect(blindAnswer(recording(1, (noise) => noise, 99))).toBeNull();
  });

  it("residuals that do not vary are no finding", () => {
    expect(answered(recording(1, () => 5)).planted).toBe(false);
  });
});

describe("the score", () => {
  const answer = (pValue: number): BlindAnswer => ({ nonces: 500, tests: [], pValue, strongest: "", planted: pValue < BLIND_ALPHA });
  const file = (recording: string, pValue: number | null): AnsweredFile => ({
    recording,
    sha256: "",
    driveSha256: null,
    answer: pValue === null ? null : answer(pValue),
    problem: null,
    remarks: [],
  });
  const key = (planted: readonly [string, boolean][]): PlantedAnswer => ({
    software: "",
    effect: "line",
    recordings: planted.map(([recording, is]) => ({
      recording,
      planted: is,
      effect: "line",
      kind: "timing",
      strength: is ? 0.1 : 0,
      parameter: 2.4,
    })),
  });

  it("counts false alarms among nulls and finds among the planted, set by set", () => {
    const sets = [
      {
        answers: [file("a", 0.01), file("b", 0.5), file("c", 0.001), file("d", 0.9)],
        key: key([
          ["a", false],
          ["b", false],
          ["c", true],
          ["d", true],
        ]),
      },
      { answers: [file("a", 0.015), file("x", 0.015)], key: key([["a", true]]) },
    ];
    const card = scoreBlind(sets);
    expect(card).toMatchObject({ files: 5, unanswered: 0, falsePositives: { found: 1, files: 2 }, nullP: [0.01, 0.5] });
    expect(card.falsePositivesAt.map(({ alpha, found }) => [alpha, found])).toEqual([
      [0.01, 0],
      [0.02, 1],
      [0.05, 1],
      [0.1, 1],
    ]);
    expect(card.falsePositivesBy).toMatchObject([{ effect: "line", kind: "timing", found: 1, files: 2 }]);
    expect(card.planted).toMatchObject({ found: 2, files: 3 });
    expect(card.power).toMatchObject([{ effect: "line", strength: 0.1, found: 2, files: 3 }]);
  });

  it("a file without an answer is no finding, and is said", () => {
    expect(scoreBlind([{ answers: [file("a", null)], key: key([["a", true]]) }])).toMatchObject({
      unanswered: 1,
      power: [{ found: 0, files: 1 }],
      calibration: null,
    });
  });
});
