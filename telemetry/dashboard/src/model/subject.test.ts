import { describe, expect, it } from "vitest";
import { follow, isAnother, type Subject } from "./subject.ts";

const s9 = { model: "Antminer S9 hash board", chips: 63, chipId: "1387", regulator: "PIC16F1704" };
const ultra = { model: "Bitaxe Ultra", chips: 1, chipId: "1366", regulator: "DS4432U" };
const on = (board: Subject["board"]): Subject => ({ origin: "twin", board });
/** As the daemon announces a board whose chips it has not counted. */
const uncounted = { ...s9, chips: 0, chipId: "" };

describe("whose numbers the charts show", () => {
  it("another origin, model, regulator, chip or number of chips is another subject", () => {
    expect(isAnother(on(s9), { origin: "hardware", board: s9 })).toBe(true);
    expect(isAnother(on(s9), on(ultra))).toBe(true);
    for (const change of [{ model: "other" }, { regulator: "other" }, { chipId: "1366" }, { chips: 41 }])
      expect(isAnother(on(s9), on({ ...s9, ...change })), JSON.stringify(change)).toBe(true);
  });

  it("the same board told again, not known, or not counted yet is not another", () => {
    for (const board of [{ ...s9 }, null, uncounted]) {
      expect(isAnother(on(s9), on(board))).toBe(false);
      expect(isAnother(on(board), on(s9))).toBe(false);
    }
  });

  it("remembers a counted board while it is looked for again, so that one put in its place is noticed", () => {
    const later = follow(follow(on(s9), on(null)), on(uncounted));
    expect(later.board).toEqual(s9);
    expect(isAnother(later, on({ ...s9, chips: 62 }))).toBe(true);
  });

  it("keeps nothing of a board whose place another has taken", () => {
    expect(follow(on(s9), on(ultra)).board).toEqual(ultra);
    expect(follow(on(ultra), on(uncounted)).board).toEqual(uncounted);
    expect(follow(on(s9), { origin: "hardware", board: null }).board).toBeNull();
    expect(follow(null, on(null)).board).toBeNull();
  });
});
