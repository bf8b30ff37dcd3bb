import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { Bm1366 } from "./bm1366.ts";
import { medianSilicon } from "./silicon.ts";

describe("supply and heat of a BM1366", () => {
  const chip = () => new Bm1366({ silicon: medianSilicon(), workScale: 24, random: splitmix64(1) });
  const answers = (one: Bm1366) => one.handle({ kind: "read", address: null, register: 0 }, 1e9) !== null;

  it("are followed however slowly they drift: 2 uV at a time down to where it falls silent", () => {
    const one = chip();
    let coreV = 0.9;
    for (; coreV > 0.7; coreV -= 2e-6) one.setConditions(0, coreV, 60);
    expect(answers(one)).toBe(false);
    for (; coreV < 0.9; coreV += 2e-6) one.setConditions(0, coreV, 60);
    expect(answers(one)).toBe(true);
  });

  it("are followed however slowly it warms up: 1 mK at a time", () => {
    const one = chip();
    for (let junctionC = 20; junctionC < 150; junctionC += 0.001) one.setConditions(0, 0.78, junctionC);
    expect(answers(one)).toBe(false);
  });
});
