import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sweepOrder } from "./order.ts";
import { type SweepPlan, sweepSchema } from "./plan-schema.ts";

const home = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 4 };
const planOf = (given: object): SweepPlan =>
  ({
    coreVoltageMv: [1100, 1150],
    frequencyMhz: [400],
    ...sweepSchema.parse(given),
  }) as SweepPlan;

const axis = (least: number) => fc.uniqueArray(fc.integer({ min: least, max: least + 50 }), { minLength: 1, maxLength: 5 });
const grids = fc.record({
  coreVoltageMv: axis(1100),
  frequencyMhz: axis(400),
  ticketDifficulty: fc.uniqueArray(fc.constantFrom(1, 2, 4, 64), { minLength: 1, maxLength: 3 }),
  repeats: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 0, max: 1e6 }),
  order: fc.constantFrom("to-and-fro", "random-blocks"),
});
const key = (point: object) => JSON.stringify(point);

describe("the order of a sweep", () => {
  test("has every set-point as often as there are repeats, and nothing else", () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const order = sweepOrder(planOf(grid), home);
        const counts = new Map<string, number>();
        for (const point of order) counts.set(key(point), (counts.get(key(point)) ?? 0) + 1);
        expect(order).toHaveLength(grid.coreVoltageMv.length * grid.frequencyMhz.length * grid.ticketDifficulty.length * grid.repeats);
        expect(counts.size).toBe(order.length / grid.repeats);
        expect(new Set(counts.values())).toEqual(new Set([grid.repeats]));
      }),
    );
  });

  test("finishes a frequency before the next one begins", () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const changes = sweepOrder(planOf(grid), home).filter(({ frequencyMhz }, at, all) => frequencyMhz !== all[at - 1]?.frequencyMhz);
        expect(changes.length).toBeLessThanOrEqual(grid.frequencyMhz.length * grid.repeats);
        expect(changes.length).toBeGreaterThan((grid.frequencyMhz.length - 1) * grid.repeats);
      }),
    );
  });

  test("is the seed's alone when it is random", () => {
    const plan = { coreVoltageMv: [1, 2, 3, 4, 5], frequencyMhz: [1, 2, 3, 4, 5], order: "random-blocks" };
    expect(sweepOrder(planOf({ ...plan, seed: 3 }), home)).toEqual(sweepOrder(planOf({ ...plan, seed: 3 }), home));
    expect(sweepOrder(planOf({ ...plan, seed: 3 }), home)).not.toEqual(sweepOrder(planOf({ ...plan, seed: 4 }), home));
  });

  test("leaves voltage and time unrelated within a block", () => {
    const voltages = [1, 2, 3, 4, 5, 6];
    let sum = 0;
    for (let seed = 0; seed < 400; seed++) {
      const order = sweepOrder(planOf({ coreVoltageMv: voltages, frequencyMhz: [400], order: "random-blocks", seed }), home);
      sum += order.reduce((total, { coreVoltageMv }, at) => total + (coreVoltageMv - 3.5) * (at - 2.5), 0) / 17.5;
    }
    // Mean correlation of 400 orders of six: standard error 0.022.
    expect(Math.abs(sum / 400)).toBeLessThan(0.09);
  });

  test("goes to and fro with short ramps, at the home's difficulty unless told", () => {
    const order = sweepOrder(planOf({ coreVoltageMv: [1100, 1200], frequencyMhz: [500, 400] }), home);
    expect(order.map(({ coreVoltageMv, frequencyMhz }) => [frequencyMhz, coreVoltageMv])).toEqual([
      [400, 1200],
      [400, 1100],
      [500, 1100],
      [500, 1200],
    ]);
    expect(order[0]?.ticketDifficulty).toBe(4);
  });

  test("of a list is the list's points", () => {
    const points = [
      { coreVoltageMv: 1200, frequencyMhz: 500 },
      { coreVoltageMv: 1100, frequencyMhz: 400, ticketDifficulty: 2 },
    ];
    expect(sweepOrder(planOf({ plan: "list", points }), home)).toEqual([
      { coreVoltageMv: 1100, frequencyMhz: 400, ticketDifficulty: 2 },
      { coreVoltageMv: 1200, frequencyMhz: 500, ticketDifficulty: 4 },
    ]);
  });
});
