import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boardsIn, namedBoard, ofBoard } from "./boards.ts";

describe("the boards of a daemon", () => {
  it("are what it lists, with their states; anything else is no list", () => {
    const left = { name: "rig-left", state: "fault", stateReason: "LINK_LOST: gone", board: null };
    expect(boardsIn([left, { name: 7 }, null])).toEqual([{ name: "rig-left", state: "fault", stateReason: "LINK_LOST: gone" }]);
    fc.assert(fc.property(fc.anything(), (value) => void boardsIn(value)));
    for (const value of [null, {}, "x", { name: "a" }]) expect(boardsIn(value)).toBeNull();
  });

  it("are named in the page's address and in what it asks, whatever the name", () => {
    expect(namedBoard("")).toBeNull();
    expect(ofBoard("api/v1/state", null)).toBe("api/v1/state");
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (name) => {
        const asked = new URL(ofBoard("ws", name), "http://daemon/");
        expect(namedBoard(asked.search)).toBe(name);
      }),
    );
  });
});
