import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { type BlockCount, planArms, powerOfArms, sharesByLuckAlone, sharesPerArm, USUAL } from "./arms-design.ts";
import { fitTrend } from "./arms-trend.ts";
import { judgeArms } from "./judge-arms.ts";

const CLAIM = { gain: 0.25, ...USUAL };

/** Eight blocks an arm: the design of `vbm`. */
const BLOCKS = 16;

/** Shares of a Poisson process, of one with a dead time, of one whose rate drifts over the experiment, or that has another rate in each block. */
function counts({
  gain,
  ratePerS,
  seconds,
  seed,
  deadS = 0,
  drift = 0,
  scatter = 0,
}: Record<"gain" | "ratePerS" | "seconds" | "seed", number> & { deadS?: number; drift?: number; scatter?: number }) {
  const random = splitmix64(seed);
  const deviate = gaussian(random);
  return Array.from({ length: BLOCKS }, (_, i): BlockCount => {
    const arm = i % 2 === 0 ? "A" : "B";
    const rate = ratePerS * (arm === "B" ? 1 + gain : 1) * Math.exp(drift * (i / (BLOCKS - 1) - 0.5) + scatter * deviate());
    let shares = -1;
    for (let t = 0; t < seconds; shares++) t += deadS - Math.log(1 - random.next()) / rate;
    return { arm, shares, seconds };
  });
}

describe("the design of A/B/A/B", () => {
  it("needs the shares of CLAIMS N 5 to a tenth or so: 250 for 25 %, 6300 for 5 %, 157 000 for 1 %", () => {
    for (const [gain, said] of [
      [0.25, 250],
      [0.05, 6300],
      [0.01, 157_000],
    ] as const) {
      const needed = sharesByLuckAlone({ gain, ...USUAL });
      expect(needed / said).toBeGreaterThan(0.99);
      expect(needed / said).toBeLessThan(1.15);
    }
  });

  it.each([
    [2, 32],
    [4, 1.65],
    [8, 1.19],
    [100, 1.02],
  ])("needs more of them with %d blocks an arm, because those must say how much they scatter, and has the power then", (blocks, atMost) => {
    const question = { gain: 0.05, ...USUAL };
    const needed = sharesPerArm(question, blocks);
    expect(needed / sharesByLuckAlone(question)).toBeGreaterThan(1);
    expect(needed / sharesByLuckAlone(question)).toBeLessThan(atMost);
    expect(powerOfArms(needed, question, blocks)).toBeGreaterThan(0.795);
    expect(powerOfArms(needed, question, blocks)).toBeLessThan(0.82);
  });

  const seconds = (1.1 * sharesPerArm(CLAIM, BLOCKS / 2)) / (BLOCKS / 2);
  /** Shares of 1000 experiments whose interval leaves out zero. */
  function shown(more: { gain: number; drift?: number; scatter?: number; deadS?: number }, from: number) {
    const verdicts = Array.from({ length: 1000 }, (_, i) => judgeArms(counts({ ratePerS: 1, seconds, seed: from + i, ...more }), CLAIM));
    const share = (is: (verdict: (typeof verdicts)[number]) => boolean) => verdicts.filter(is).length / verdicts.length;
    return {
      up: share(({ gainInterval: [low] }) => low > 0),
      down: share(({ gainInterval: [, high] }) => high < 0),
      reproduced: share(({ answer }) => answer === "reproduced"),
      below: share(({ p }) => p < USUAL.alpha),
    };
  }
  // A share of 0.025 of 1000 and four standard deviations of it; a level of 0.05 likewise.
  const [oneSide, level] = [0.025 + 0.02, 0.05 + 0.028];

  it.each([
    ["nothing but luck", {}, 10_000],
    ["a dead time", { deadS: 0.1 }, 20_000],
    ["a rate that rises by a third while it runs", { drift: 0.3 }, 30_000],
    ["blocks of which each has a rate of its own", { scatter: 0.1 }, 40_000],
    ["both", { drift: 0.3, scatter: 0.1 }, 50_000],
  ])("has no more false alarms than its level with %s", { timeout: 60_000 }, (_, how, from) => {
    const { up, down, reproduced, below } = shown({ gain: 0, ...how }, from);
    expect(up).toBeLessThan(oneSide);
    expect(down).toBeLessThan(oneSide);
    expect(reproduced).toBeLessThanOrEqual(up);
    expect(below).toBeLessThan(level);
  });

  it("has the power that it promises", { timeout: 60_000 }, () => {
    expect(shown({ gain: 0.25 }, 60_000).reproduced).toBeGreaterThan(0.8 - 0.05);
    expect(shown({ gain: 0.25, drift: 0.3 }, 70_000).reproduced).toBeGreaterThan(0.8 - 0.05);
  });

  it("takes turns, from A on, without gaps, with time enough", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        fc.double({ min: 0, max: 60, noNaN: true }),
        (ratePerS, blocksPerArm, settleS) => {
          const plan = planArms({ ...CLAIM, ratePerS, blocksPerArm, settleS });
          expect(plan.blocks.map(({ arm }) => arm).join("")).toBe("AB".repeat(blocksPerArm));
          for (const [i, block] of plan.blocks.entries()) expect(block.startS).toBeCloseTo(i * block.seconds, 6);
          const useful = plan.blocks.filter(({ arm }) => arm === "A").reduce((sum, { seconds, settleS: left }) => sum + seconds - left, 0);
          expect(useful * ratePerS).toBeGreaterThanOrEqual(plan.sharesPerArm);
        },
      ),
    );
  });

  it.each([
    { gain: 0 },
    { gain: -1 },
    { gain: Number.NaN },
    { alpha: 0 },
    { power: 1 },
    { ratePerS: 0 },
    { blocksPerArm: 1 },
    { settleS: -1 },
  ])("refuses %j", (wrong) => {
    expect(() => planArms({ ...CLAIM, ratePerS: 1, blocksPerArm: 2, settleS: 0, ...wrong })).toThrow(
      expect.objectContaining({ code: "BAD_DESIGN" }),
    );
  });
});

describe("the verdict on a claimed gain of 25 %", () => {
  const run = { ratePerS: 1, seconds: 200, seed: 5 };

  it("is refuted when there is none, and reproduced when it is there", () => {
    expect(judgeArms(counts({ ...run, gain: 0 }), CLAIM)).toMatchObject({ answer: "refuted" });
    expect(judgeArms(counts({ ...run, gain: 0.25 }), CLAIM)).toMatchObject({ answer: "reproduced" });
  });

  it("is not testable with too few shares, though it is refuted by many of a gain that is real and small", () => {
    const few = judgeArms(counts({ ...run, gain: 0.1, seconds: 5 }), CLAIM);
    expect(few.answer).toBe("not testable with these data");
    expect(few.because).toContain(`${few.sharesNeeded}`);
    expect(few.power).toBeLessThan(0.5);
    const small = judgeArms(counts({ ...run, gain: 0.06, seconds: 3000 }), CLAIM);
    expect(small.answer).toBe("refuted");
    expect(small.gainInterval[0]).toBeGreaterThan(0);
  });

  it("is trivially true when A had lost as much to its own job changes", () => {
    const lost = { gain: 0.25, interval: [0.15, 0.35] as const };
    expect(judgeArms(counts({ ...run, gain: 0.25 }), CLAIM, lost)).toMatchObject({ answer: "trivially true", handOverGain: 0.25 });
    // Hand-over that costs nothing explains no gain.
    expect(judgeArms(counts({ ...run, gain: 0.25 }), CLAIM, { gain: 0, interval: [-0.02, 0.02] }).answer).toBe("reproduced");
    // Nor does one that costs far less than was gained.
    expect(judgeArms(counts({ ...run, gain: 0.5 }), CLAIM, { gain: 0.02, interval: [0.01, 0.03] }).answer).toBe("reproduced");
  });

  it("has a wider interval where the blocks of an arm differ by more than luck, and none where their rate drifts", () => {
    const width = ({ gainInterval: [low, high] }: { gainInterval: readonly [number, number] }) => high - low;
    const steady = judgeArms(counts({ ...run, gain: 0 }), CLAIM);
    const drifting = judgeArms(counts({ ...run, gain: 0, drift: 0.5 }), CLAIM);
    const scattered = judgeArms(counts({ ...run, gain: 0, scatter: 0.3 }), CLAIM);
    for (const { dispersionP } of [steady, drifting]) expect(dispersionP).toBeGreaterThan(0.01);
    expect(scattered.dispersionP).toBeLessThan(0.01);
    expect(width(drifting)).toBeLessThan(1.5 * width(steady));
    expect(width(scattered)).toBeGreaterThan(2 * width(steady));
  });

  it("finds the gain and the trend that counts have without any scatter", () => {
    const blocks = Array.from(
      { length: 8 },
      (_, i): BlockCount => ({
        arm: i % 2 === 0 ? "A" : "B",
        seconds: 100 + i,
        shares: (100 + i) * 1e4 * (i % 2 === 0 ? 1 : 1.2) * Math.exp(0.1 * i),
      }),
    );
    const fit = fitTrend(blocks, 0.05);
    expect(fit?.gain).toBeCloseTo(0.2, 8);
    expect(fit?.dispersion).toBeLessThan(1e-6);
  });

  it("says nothing without a share, and is refused without two blocks of each arm", () => {
    const none = [0, 1, 2, 3].map((i): BlockCount => ({ arm: i % 2 === 0 ? "A" : "B", shares: 0, seconds: 10 }));
    expect(judgeArms(none, CLAIM).answer).toBe("not testable with these data");
    expect(() => judgeArms(none.slice(0, 3), CLAIM)).toThrow(expect.objectContaining({ code: "BAD_DESIGN" }));
    expect(() =>
      judgeArms(
        none.map((block) => ({ ...block, seconds: 0 })),
        CLAIM,
      ),
    ).toThrow(expect.objectContaining({ code: "BAD_DESIGN" }));
  });
});
