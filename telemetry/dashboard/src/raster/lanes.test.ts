import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lanesFor, rows } from "../../../lanes.ts";
import { divisions, laneOf, laneTicks, tallestDot } from "./lanes.ts";

const boardOf = (chips: number, chipId: string) => ({ model: "m", regulator: "r", chips, chipId });
const bm1366 = lanesFor(boardOf(1, "1366"));
const bm1387 = lanesFor(boardOf(1, "1387"));
const s9 = lanesFor(boardOf(63, "1387"));
const HEIGHT = 336;

describe("lanes of the raster", () => {
  it("one chip is shown by core, several by chip", () => {
    expect([bm1366.axis, rows(bm1366)]).toEqual(["core", 112]);
    expect([bm1387.axis, rows(bm1387), bm1387.absentCores]).toEqual(["core", 121, "57–63"]);
    expect([s9.axis, rows(s9)]).toEqual(["chip", 63]);
    expect(lanesFor(boardOf(6, "1366"))).toEqual({ axis: "chip", chips: 6, cores: 112, absentCores: null });
  });

  it("an unknown board or chip leaves room for every core number there can be", () => {
    for (const board of [null, boardOf(0, ""), boardOf(1, "1370")])
      expect(lanesFor(board)).toMatchObject({ axis: "core", chips: 1, cores: 128 });
  });

  it("core 0 of one chip is at the bottom and every core has its own lane inside the plot", () => {
    for (const lanes of [bm1366, bm1387]) {
      const at = Array.from({ length: lanes.cores }, (_, core) => laneOf(lanes, 0, core, 3 * lanes.cores));
      expect(at.every((y) => y > 0 && y < 3 * lanes.cores)).toBe(true);
      expect(at).toEqual([...at].sort((a, b) => b - a));
      expect(new Set(at.map(Math.floor)).size).toBe(lanes.cores);
    }
  });

  it("every chip's nonces stay in its own band, chip 0 at the bottom, higher cores higher", () => {
    const anyChain = fc.record({ chips: fc.integer({ min: 2, max: 256 }), chipId: fc.constantFrom("1366", "1387", "9999") });
    fc.assert(
      fc.property(
        anyChain,
        fc.nat(),
        fc.integer({ min: 0, max: 127 }),
        fc.integer({ min: 0, max: 127 }),
        ({ chips, chipId }, some, a, b) => {
          const lanes = lanesFor(boardOf(chips, chipId));
          const chip = some % chips;
          const band = HEIGHT / chips;
          const y = laneOf(lanes, chip, a, HEIGHT);
          expect(y).toBeLessThan(HEIGHT - chip * band);
          expect(y).toBeGreaterThan(HEIGHT - (chip + 1) * band);
          if (a < b && b < lanes.cores) expect(laneOf(lanes, chip, b, HEIGHT)).toBeLessThan(y);
        },
      ),
    );
  });

  it("a core that does not exist stays at its chip's edge, a chip that does not exist at the edge of the plot", () => {
    expect(laneOf(bm1366, 0, 127, HEIGHT)).toBe(0);
    expect(laneOf(s9, 63, 5, HEIGHT)).toBe(0);
    expect(laneOf(s9, 62, 127, HEIGHT)).toBeGreaterThan(0);
  });

  it("the chip number of a single chip does not matter: it has the whole plot", () => {
    expect(laneOf(bm1366, 7, 40, HEIGHT)).toBe(laneOf(bm1366, 0, 40, HEIGHT));
  });

  it("labels run from the first to the last number: all of a few, quarters of many", () => {
    expect(laneTicks(bm1366)).toEqual([0, 28, 56, 84, 111]);
    expect(laneTicks(bm1387)).toEqual([0, 30, 60, 90, 120]);
    expect(laneTicks(s9)).toEqual([0, 15, 31, 47, 62]);
    const hex = lanesFor(boardOf(6, "1366"));
    expect(laneTicks(hex)).toEqual([0, 1, 2, 3, 4, 5]);
    expect([divisions(hex), divisions(s9), divisions(bm1366)]).toEqual([6, 4, 4]);
  });

  it("a dot never fills the band of its chip", () => {
    expect(tallestDot(s9, HEIGHT)).toBeLessThan(HEIGHT / 63);
    expect(tallestDot(bm1366, HEIGHT)).toBe(Number.POSITIVE_INFINITY);
  });
});
