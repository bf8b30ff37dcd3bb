import { expect, test } from "vitest";
import { lengthsFor, stepsIn } from "./narma-lengths.ts";
import { narmaForecast } from "./narma-text.ts";

test("a board whose steps are long gets fewer of them, unless a number was asked for", () => {
  expect(stepsIn(lengthsFor({}, null))).toBe(4200);
  expect(stepsIn(lengthsFor({}, 80))).toBe(4200);
  expect(lengthsFor({}, 394)).toEqual({ washout: 50, train: 450, test: 200 });
  expect(lengthsFor({ train: 3000 }, 394)).toEqual({ washout: 50, train: 3000, test: 200 });
});

test("what it takes and what it can find is said beforehand", () => {
  const text = narmaForecast({ washout: 50, train: 450, test: 200 }, 400);
  expect(text).toContain("700 steps of 400 ms: 5 min at the least");
  expect(text).toContain("in at most 1 % of runs; of 200 test steps it finds a squared error 51 % lower");
});
