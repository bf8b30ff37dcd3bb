import { expect, it } from "vitest";
import { drawOrders, ORDERS } from "./operator-order.ts";
import { scenarioOf } from "./scenario.ts";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

it("orders of many seeds are of every kind, at times and at moments, for every board, and no later than the run", () => {
  const all = SEEDS.flatMap((seed) => drawOrders(seed, 60_000, 3));
  expect(new Set(all.map(({ name }) => name))).toEqual(new Set(ORDERS));
  expect(new Set(all.map(({ board }) => board))).toEqual(new Set([0, 1, 2]));
  expect(all.some(({ moment }) => moment === null) && all.some(({ moment }) => moment !== null)).toBe(true);
  expect(Math.max(...all.map(({ afterMs }) => afterMs))).toBeLessThan(60_000 + 300);
});

it("a seed's faults stay what they were, whatever is drawn beside them", () => {
  for (const seed of SEEDS.slice(0, 40))
    for (const strike of ["clock", "moment"] as const) {
      const plain = scenarioOf(seed, { board: null, minutes: 1, strike });
      const { neighbours, orders, ...same } = scenarioOf(seed, { board: null, minutes: 1, strike, boards: 3, orders: true });
      expect(same).toEqual(plain);
      expect([neighbours?.length, orders === undefined]).toEqual([2, false]);
    }
});

it("some of a rig's other boards have nothing wrong with them, and none has what is the host's", () => {
  const others = SEEDS.flatMap((seed) => scenarioOf(seed, { board: null, minutes: 1, boards: 3 }).neighbours ?? []);
  const untouched = others.filter(({ faults }) => faults.length === 0);
  expect(untouched.length / others.length).toBeGreaterThan(0.4);
  expect(untouched.length / others.length).toBeLessThan(0.6);
  expect(others.flatMap(({ faults }) => faults.map(({ name }) => name))).not.toContain("disk-full");
});
