import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { defaultMode } from "../dispatcher/drive-mode.ts";
import { leastStepMs, s9VoltageMs } from "./step-time.ts";

const bitaxe = { board: { kind: "bitaxe-ultra" } as const, noncesPerSecond: 100, rangeMv: 100 };
const s9 = { board: { kind: "s9-hashboard" } as const, noncesPerSecond: 1000, rangeMv: 400 };

describe("how long a step lasts", () => {
  test("an S9's voltage moves 0.1 V at a time: what the mean of many moves says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 1e6 }), (rangeMv, seed) => {
        const random = splitmix64(seed);
        const draws = 20_000;
        let ms = 0;
        for (let i = 0; i < draws; i++) {
          const settings = Math.max(1, Math.ceil((Math.abs(random.next() - random.next()) * rangeMv) / 100));
          ms += settings * 100 + (settings - 1) * 100;
        }
        expect(Math.abs(s9VoltageMs(rangeMv) / (ms / draws) - 1)).toBeLessThan(0.03);
      }),
      { numRuns: 20 },
    );
  });

  test("is what was asked for where the board is quicker, and the board's own where it is not", () => {
    expect(leastStepMs(bitaxe, defaultMode("monologue"), 80)).toBe(80);
    expect(leastStepMs(s9, defaultMode("monologue"), 80)).toBe(s9VoltageMs(400));
    expect(leastStepMs(s9, defaultMode("constant"), 80)).toBe(100);
    expect(leastStepMs(s9, defaultMode("chorus"), 80)).toBe(80);
    expect(leastStepMs(s9, defaultMode("monologue"), 5000)).toBe(5000);
  });

  test("of a replay is the replay's, after the voltage and what was written ahead", () => {
    expect(leastStepMs(bitaxe, defaultMode("golden"), 80)).toBe(60);
    expect(leastStepMs(s9, defaultMode("golden"), 80)).toBe(s9VoltageMs(400) + 60 + 40);
  });

  test("of a dialogue is its answers'", () => {
    expect(leastStepMs(bitaxe, defaultMode("dialogue"), 80)).toBe(40);
    expect(leastStepMs({ ...bitaxe, noncesPerSecond: 1 }, defaultMode("dialogue"), 80)).toBe(1000);
  });
});
