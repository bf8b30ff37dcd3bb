import fc from "fast-check";
import { expect, test } from "vitest";
import { clockSteps, rampWords } from "./bring-up.ts";
import { frequencyRamp, RAMP_STEP_MHZ } from "./ramp.ts";
import { mhzOfPllWord, pllWordFor } from "./registers.ts";

test.each([
  [200, 200, []],
  [200, 210, [210]],
  [200, 225, [225]],
  [200, 260, [225, 250, 260]],
  [260, 200, [250, 225, 200]],
  [650, 637.5, [637.5]],
])("from %d to %d MHz", (from, to, steps) => {
  expect(frequencyRamp(from, to)).toEqual(steps);
});

test("any ramp ends at its target, in steps of 25 MHz or less, in one direction", () => {
  const mhz = fc.integer({ min: 100, max: 1175 });
  fc.assert(
    fc.property(mhz, mhz, (from, to) => {
      const way = [from, ...frequencyRamp(from, to)];
      expect(way.at(-1)).toBe(to);
      for (let at = 1; at < way.length; at++) {
        const step = ((way[at] as number) - (way[at - 1] as number)) * Math.sign(to - from);
        expect(step).toBeGreaterThan(0);
        expect(step).toBeLessThanOrEqual(RAMP_STEP_MHZ);
      }
    }),
  );
});

test("chips with different clocks are each taken their own way, and wait for each other at its end", () => {
  const turns = rampWords([200, 600, 300].map(pllWordFor), [250, 600, 275]);
  expect(turns.map((words) => words.map(mhzOfPllWord))).toEqual([
    [225, 600, 275],
    [250, 600, 275],
  ]);
  expect(rampWords([200].map(pllWordFor), [200])).toEqual([]);
});

test("one clock for all is one write to all; else each chip that changes gets its own, with one rest at the end", () => {
  const words = [200, 600].map(pllWordFor);
  expect(clockSteps(words, words)).toEqual([]);
  expect(clockSteps(words, [200, 200].map(pllWordFor))).toMatchObject([{ chip: null, waitMs: 10 }]);
  expect(clockSteps(null, words)).toMatchObject([
    { chip: 0, waitMs: 0 },
    { chip: 1, waitMs: 10 },
  ]);
  expect(clockSteps(words, [200, 625].map(pllWordFor), 7)).toMatchObject([{ chip: 1, waitMs: 7, word: pllWordFor(625) }]);
});
