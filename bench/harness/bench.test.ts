import fc from "fast-check";
import { expect, test } from "vitest";
import { lessIsBetter, median, moreIsBetter, reportOf, tableOf } from "./bench.ts";

test("a ratio above 1 is better, whether more or less of the unit is", () => {
  expect(moreIsBetter("rate", "/s", 200, 100).ratio).toBe(2);
  expect(lessIsBetter("gap", "us", 50, 100).ratio).toBe(2);
});

test("the worst case stands for the benchmark and comes first", () => {
  const report = reportOf("x", [
    moreIsBetter("good", "/s", 300, 100),
    lessIsBetter("bad", "us", 200, 100),
    moreIsBetter("so-so", "/s", 100, 100),
  ]);
  expect(report).toMatchObject({ bench: "x", ours: 200, peer: 100, ratio: 0.5, unit: "us" });
  expect(report.cases.map((each) => each.case)).toEqual(["bad", "so-so", "good"]);
  expect(tableOf(report).split("\n")[1]).toMatch(/^bad +200 +100 +us +0\.5x$/);
  expect(() => reportOf("x", [])).toThrow("measured nothing");
});

test("half of the values lie on each side of the median", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
      const middle = median(values);
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});
