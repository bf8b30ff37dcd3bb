import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOf, type TwinBoard } from "../../twin/index.ts";
import { scenarioOf } from "./scenario.ts";
import { drawStrikes, MOMENTS } from "./strikes.ts";

const boards = fc.constantFrom<TwinBoard>("bitaxe-ultra", "s9");
const seeds = fc.integer({ min: 0, max: 1e6 });

describe("strikes that wait for a moment", () => {
  it("are the same for the same seed, exist on the board, and last", () => {
    fc.assert(
      fc.property(seeds, boards, (seed, board) => {
        const chips = board === "s9" ? 3 : 1;
        const strikes = drawStrikes({ seed, board, chips });
        expect(drawStrikes({ seed, board, chips })).toEqual(strikes);
        expect(strikes.length).toBeGreaterThan(0);
        for (const { name, chip = 0, nth, forMs } of strikes) {
          expect(faultOf(name).boards).toContain(board);
          expect(chip).toBeLessThan(chips);
          expect(nth).toBeGreaterThanOrEqual(1);
          expect(forMs).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("come in every moment, two upon one another, and again and again", () => {
    const all = Array.from({ length: 400 }, (_, seed) => drawStrikes({ seed, board: "s9", chips: 3 }));
    for (const moment of MOMENTS) expect(all.flat().filter((strike) => strike.moment === moment).length).toBeGreaterThan(20);
    const overlapping = all.filter((strikes) =>
      strikes.some((a) =>
        strikes.some(
          (b) => a.name !== b.name && a.moment === b.moment && a.nth === b.nth && b.afterMs >= a.afterMs && b.afterMs < a.afterMs + a.forMs,
        ),
      ),
    );
    expect(overlapping.length).toBeGreaterThan(40);
    const again = all.filter((strikes) => new Set(strikes.map(({ name }) => name)).size < strikes.length);
    expect(again.length).toBeGreaterThan(40);
  });

  it("take the place of those at a time, on the same board with the same plan", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { faults, ...byClock } = scenarioOf(seed, { board: null, minutes: 1 });
        const { strikes = [], person, ...byMoment } = scenarioOf(seed, { board: null, minutes: 1, strike: "moment" });
        expect(byMoment).toEqual({ ...byClock, faults: [] });
        expect(faults.length).toBeGreaterThan(0);
        expect(strikes.length).toBeGreaterThan(0);
        expect(person?.afterMs).toBeGreaterThan(0);
      }),
    );
  });
});
