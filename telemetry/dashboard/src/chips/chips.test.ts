import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LaneFigures } from "../../../lane-tally.ts";
import { lanesFor } from "../../../lanes.ts";
import { IN_BAND } from "../colour/scales.ts";
import { gridFor, laneAt, moveTo, placeOf } from "./layout.ts";
import { describeLane, isSilent, laneColour, laneDomain } from "./quantity.ts";

const board = (chips: number, chipId: string) => ({ model: "", chips, chipId, regulator: "" });
const figures = (change: Partial<LaneFigures>): LaneFigures => ({
  valid: 60,
  invalid: 0,
  others: 0,
  perSecond: 1,
  errorShare: 0,
  residual: null,
  ...change,
});

describe("places on the chip map", () => {
  it("an S9 board is 21 domains of three chips, a Bitaxe the cores of its chip", () => {
    expect(gridFor(lanesFor(board(63, "1387")))).toMatchObject({ columns: 21, rows: 3, lanes: 63, columnWord: "domain" });
    expect(gridFor(lanesFor(board(1, "1366")))).toMatchObject({ lanes: 112, columnWord: null });
  });

  it("every lane has a place of its own and is found there again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (chips) => {
        const grid = gridFor(lanesFor(board(chips, "1387")));
        const found = Array.from({ length: grid.lanes }, (_, lane) => {
          const { column, row } = placeOf(grid, lane);
          return laneAt(grid, column, row);
        });
        expect(found).toEqual(Array.from({ length: grid.lanes }, (_, lane) => lane));
      }),
    );
  });

  it("keys never lead off the map", () => {
    const keys = fc.constantFrom("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End");
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 130 }), fc.array(keys), (chips, pressed) => {
        const grid = gridFor(lanesFor(board(chips, "1387")));
        const lane = pressed.reduce((at, key) => moveTo(grid, at, key) as number, 0);
        expect(lane >= 0 && lane < grid.lanes).toBe(true);
      }),
    );
    expect(moveTo(gridFor(lanesFor(board(63, "1387"))), 0, "a")).toBeNull();
  });
});

describe("colours of the chip map", () => {
  it("a residual that chance explains is grey, one that it does not is not", () => {
    const sure = figures({ residual: { ms: 0.01, seMs: 0.001 } });
    const unsure = figures({ residual: { ms: 0.01, seMs: 0.02 } });
    const domain = laneDomain("residual", [sure, unsure]);
    expect(laneColour("residual", unsure, domain)).toBe(IN_BAND);
    expect(laneColour("residual", sure, domain)).not.toEqual(IN_BAND);
  });

  it("one invalid nonce among many does not fill the error scale", () => {
    const [, end] = laneDomain("errors", [figures({ errorShare: 0.001 }), figures({})]);
    expect(end).toBe(0.01);
  });

  it("one lane with many times the rate of the others does not darken them", () => {
    const all = [1, 1, 1, 1, 50].map((perSecond) => figures({ perSecond }));
    expect(laneDomain("rate", all)).toEqual([0, 1.25]);
    expect(laneDomain("rate", [figures({ perSecond: 0 }), figures({ perSecond: 0 })])[1]).toBeGreaterThan(0);
  });

  it("a lane is silent only while others speak", () => {
    const silent = figures({ perSecond: 0, valid: 0 });
    expect(isSilent(silent, [silent, figures({ valid: 50 })])).toBe(true);
    expect(isSilent(silent, [silent, silent])).toBe(false);
  });

  it("a lane that has not had its turn yet is not silent: a page that was opened a second ago has seen a nonce of a few lanes", () => {
    const silent = figures({ perSecond: 0, valid: 0 });
    const few = figures({ perSecond: 3, valid: 3 });
    expect(isSilent(silent, [silent, few, few, few])).toBe(false);
    expect(isSilent(figures({ valid: 0.2 }), [few, figures({ valid: 60 }), figures({ valid: 60 })])).toBe(false);
    const most = Array.from({ length: 40 }, () => silent);
    expect(isSilent(silent, [...most, figures({ valid: 60 }), figures({ valid: 60 })])).toBe(true);
  });

  it("two nonces a minute are not written as none", () => {
    const texts = [0, 0.033, 0.949, 0.951, 23.84, 99.9, 100.4].map((perSecond) => describeLane("chip 3", figures({ perSecond }), 60)[1]);
    expect(texts.map((text) => text?.split(" ")[0])).toEqual(["0.0", "0.03", "0.95", "1.0", "23.8", "99.9", "100"]);
  });

  it("what is not known is said, not shown as 0", () => {
    expect(laneColour("errors", figures({ errorShare: null }), [0, 1])).toBeNull();
    expect(describeLane("chip 3", figures({}), 60).join()).toContain("residual not known");
  });
});
