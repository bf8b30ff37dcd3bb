import { describe, expect, it } from "vitest";
import { clocksText } from "./chip-clocks.ts";

const chip = (ppm: number | null, half = 1) => ({
  chip: 0,
  nonces: 2048,
  ppm,
  ppmInterval: ppm === null ? null : ([ppm - half, ppm + half] as const),
  jitterNs: 1000,
});

describe("chip clocks in words", () => {
  it("one chip has its interval beside it", () => {
    expect(clocksText([chip(3.14)])).toBe("+3.1 ppm (+2.1 to +4.1)");
    expect(clocksText([chip(-0.5)])).toBe("−0.5 ppm (−1.5 to +0.5)");
  });

  it("several give their range and the widest interval, and those unknown are counted", () => {
    expect(clocksText([chip(2), chip(-4, 3), chip(null)])).toBe("2 chips −4.0 to +2.0 ppm, each ± 3.0 at most, 1 unknown");
  });

  it("nothing known is said, not shown as 0", () => {
    expect(clocksText(null)).toBe("not measured");
    expect(clocksText([chip(null)])).toBe("too little to tell");
  });
});
