import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exact,
  formatAge,
  formatBefore,
  formatClock,
  formatCount,
  formatFixed,
  formatHashRate,
  formatPercent,
  formatPValue,
  UNKNOWN,
} from "./format.ts";

describe("unknown", () => {
  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])("%s is an en dash in every format, never 0", (value) => {
    expect(formatFixed(value, 2)).toBe("–");
    expect(formatCount(value)).toBe(UNKNOWN);
    expect(formatPercent(value)).toBe(UNKNOWN);
    expect(formatHashRate(value)).toEqual({ text: UNKNOWN, unit: "GH/s" });
    expect(formatAge(value)).toBe(UNKNOWN);
    expect(formatBefore(value)).toBe(UNKNOWN);
    expect(formatClock(value)).toBe(UNKNOWN);
    expect(formatPValue(value)).toBe("p –");
    expect(exact(value)).toBe("");
  });
});

describe("numbers", () => {
  it("zero is a number", () => {
    expect([formatFixed(0, 1), formatCount(0), formatPercent(0), exact(0)]).toEqual(["0.0", "0", "0", "0"]);
  });

  it("groups digits from five on and never loses one", () => {
    expect(formatCount(1234)).toBe("1234");
    expect(formatCount(1_234_567).replaceAll("\u202f", "_")).toBe("1_234_567");
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(Number(formatCount(value).replaceAll("\u202f", "").replace("−", "-"))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("has no negative zero", () => {
    expect(formatFixed(-0.001, 1)).toBe("0.0");
    expect(formatFixed(-1.5, 1)).toBe("−1.5");
  });

  it("a small rate of errors is not shown as none", () => {
    expect(formatPercent(1e-6)).toBe("< 0.01");
    expect(formatPercent(0.01234)).toBe("1.23");
    expect(formatPercent(1)).toBe("100.0");
  });

  it("hash rate changes to TH/s at 10 TH/s", () => {
    expect(formatHashRate(469.2)).toEqual({ text: "469", unit: "GH/s" });
    expect(formatHashRate(13_900)).toEqual({ text: "13.90", unit: "TH/s" });
  });

  it("a p-value below a thousandth is a bound", () => {
    expect([formatPValue(1e-12), formatPValue(0.0342)]).toEqual(["p < 0.001", "p = 0.034"]);
  });
});

describe("ages", () => {
  it.each([
    [-5, "0 s"],
    [12_900, "12 s"],
    [60_000, "1 min"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });
});

it.each([
  [0, "now"],
  [0.4, "now"],
  [15, "−15 s"],
  [90, "−90 s"],
  [150, "−2.5 min"],
  [600, "−10 min"],
])("%s s before now is %s on an axis", (seconds, text) => {
  expect(formatBefore(seconds)).toBe(text);
});
