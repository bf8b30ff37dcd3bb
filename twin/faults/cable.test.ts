import { describe, expect, it } from "vitest";
import { Cable } from "./cable.ts";
import type { FaultSpec } from "./spec.ts";
import { FaultTable } from "./table.ts";

/** What happens each millisecond, as [ms, event]. */
function events(specs: readonly FaultSpec[], untilMs = 100): [number, string][] {
  const cable = new Cable(new FaultTable(specs));
  const seen: [number, string][] = [];
  for (let ms = 0; ms < untilMs; ms++) {
    const event = cable.advance(ms * 1e6);
    if (event !== null) seen.push([ms, event]);
  }
  return seen;
}

describe("the cable", () => {
  it("stays where it is without a fault", () => expect(events([])).toEqual([]));

  it("link-cut: out while the fault holds, then the same board", () => {
    expect(events([{ name: "link-cut", atMs: 10, untilMs: 30 }])).toEqual([
      [10, "unplugged"],
      [30, "same"],
    ]);
  });

  it("reconnect: out once for so long, then a board fresh from power-up, however long the fault holds", () => {
    expect(events([{ name: "reconnect", value: 5, atMs: 10 }])).toEqual([
      [10, "unplugged"],
      [15, "repowered"],
    ]);
  });

  it("reconnect-other: another board until the fault ends, then the own one", () => {
    expect(events([{ name: "reconnect-other", value: 5, atMs: 10, untilMs: 40 }])).toEqual([
      [10, "unplugged"],
      [15, "other"],
      [40, "unplugged"],
      [41, "repowered"],
    ]);
  });

  it("two reconnections of a schedule are two", () => {
    const names = events([
      { name: "reconnect", value: 5, atMs: 10, untilMs: 20 },
      { name: "reconnect", value: 5, atMs: 40, untilMs: 50 },
    ]).map(([ms]) => ms);
    expect(names).toEqual([10, 15, 40, 45]);
  });
});

describe("a table seen from a board switched on later", () => {
  it("holds the same faults at times of its own clock, and follows what is set later", () => {
    const table = new FaultTable([{ name: "fan-stall", atMs: 10, untilMs: 20 }]);
    const seen = table.seenFrom(8e6);
    expect([1.9, 2, 11.9, 12].map((ms) => seen.value("fan-stall", ms * 1e6) !== null)).toEqual([false, true, true, false]);
    expect(seen.holding("fan-stall", 5e6)?.sinceNs).toBe(2e6);
    table.set({ name: "echo", atMs: 30 });
    expect(seen.value("echo", 22e6)).toBe(1);
    expect(seen.seenFrom(2e6).value("echo", 20e6)).toBe(1);
  });
});
