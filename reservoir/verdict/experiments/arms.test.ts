import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../common/random.ts";
import { planArms, powerOfArms, sharesPerArm, USUAL } from "./arms-design.ts";
import { type BlockCount, judgeArms } from "./judge-arms.ts";

const CLAIM = { gain: 0.25, ...USUAL };

/** Shares of a Poisson process, of one with a dead time, or of one whose rate drifts. */
function counts({
  gain,
  ratePerS,
  seconds,
  seed,
  deadS = 0,
  drift = 0,
}: Record<"gain" | "ratePerS" | "seconds" | "seed", number> & { deadS?: number; drift?: number }) {
  const random = splitmix64(seed);
  return Array.from({ length: 8 }, (_, i): BlockCount => {
    const arm = i % 2 === 0 ? "A" : "B";
    const rate = ratePerS * (arm === "B" ? 1 + gain : 1) * Math.exp(drift * (i - 3.5));
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
      const needed = sharesPerArm({ gain, ...USUAL });
      expect(needed / said).toBeGreaterThan(0.99);
      expect(needed / said).toBeLessThan(1.15);
      expect(powerOfArms(needed, { gain, alpha: 0.05 })).toBeCloseTo(0.8, 2);
    }
  });

  it("has the power it promises, and no more false alarms than its level, when counts are drawn", () => {
    const seconds = sharesPerArm(CLAIM) / 4;
    const shown = (gain: number, from: number) =>
      Array.from({ length: 400 }, (_, i) => judgeArms(counts({ gain, ratePerS: 1, seconds, seed: from + i }), CLAIM)).filter(
        ({ gainInterval: [low, high] }) => low > 0 || high < 0,
      ).length / 400;
    // Four standard deviations of 400 draws, and the exact interval's own caution.
    expect(shown(0.25, 1000)).toBeGreaterThan(0.8 - 0.1);
    expect(shown(0.25, 1000)).toBeLessThan(0.8 + 0.08);
    expect(shown(0, 2000)).toBeLessThan(0.05 + 0.044);
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
  const run = { ratePerS: 1, seconds: 400, seed: 5 };

  it("is refuted when there is none, and reproduced when it is there", () => {
    expect(judgeArms(counts({ ...run, gain: 0 }), CLAIM)).toMatchObject({ answer: "refuted" });
    expect(judgeArms(counts({ ...run, gain: 0.25 }), CLAIM)).toMatchObject({ answer: "reproduced" });
  });

  it("is not testable with too few shares, though it is refuted by many of a gain that is real and small", () => {
    const few = judgeArms(counts({ ...run, gain: 0.1, seconds: 20 }), CLAIM);
    expect(few.answer).toBe("not testable with these data");
    expect(few.because).toContain(`${few.sharesNeeded}`);
    expect(few.power).toBeLessThan(0.5);
    const small = judgeArms(counts({ ...run, gain: 0.06, seconds: 6000 }), CLAIM);
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

  it("has a wider interval where the blocks of an arm differ by more than luck", () => {
    const width = ({ gainInterval: [low, high] }: { gainInterval: readonly [number, number] }) => high - low;
    const steady = judgeArms(counts({ ...run, gain: 0 }), CLAIM);
    const drifting = judgeArms(counts({ ...run, gain: 0, drift: 0.15 }), CLAIM);
    expect(steady.dispersionP).toBeGreaterThan(0.01);
    expect(drifting.dispersionP).toBeLessThan(0.01);
    expect(width(drifting)).toBeGreaterThan(2 * width(steady));
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
