import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFaults } from "./draw.ts";
import { FAULT_LAYERS, TWIN_BOARDS } from "./fault.ts";
import { FAULTS, type FaultName, faultNames, faultOf, faultsOf } from "./names.ts";
import { checkTwinFault, type FaultSpec } from "./spec.ts";
import { FaultTable } from "./table.ts";

const names = faultNames();

describe("the table of faults", () => {
  it("has at least 40, in every layer, each with a default inside its range", () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    expect([...new Set(names.map((name) => FAULTS[name].layer))]).toEqual([...FAULT_LAYERS]);
    for (const name of names) {
      const { value, boards, shows } = faultOf(name);
      expect(value.default, name).toBeGreaterThanOrEqual(value.min);
      expect(value.default, name).toBeLessThanOrEqual(value.max);
      expect(boards.length, name).toBeGreaterThan(0);
      expect(shows.length, name).toBeGreaterThan(20);
    }
  });

  it("refuses names, numbers and values that are none", () => {
    const of = (spec: object) => () => new FaultTable([spec as FaultSpec]);
    expect(of({ name: "chip-ded" })).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
    expect(of({ name: "toString" })).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
    expect(of({ name: "drop-byte", value: Number.NaN })).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
    expect(of({ name: "drop-byte", value: 1.5 })).toThrow(expect.objectContaining({ code: "FAULT_OUT_OF_RANGE" }));
  });

  it("tells a twin what is a simulation's, and what another board's", () => {
    for (const name of faultsOf("s9", ["host", "network"])) {
      expect(() => checkTwinFault({ name }, "s9")).toThrow(
        expect.objectContaining({ code: "FAULT_OF_SIMULATION", hint: expect.stringMatching(/simulate/) }),
      );
      expect(() => new FaultTable([], "s9").set({ name })).toThrow(expect.objectContaining({ code: "FAULT_OF_SIMULATION" }));
    }
    expect(() => new FaultTable([{ name: "pic-silent" }], "bitaxe-ultra")).toThrow(expect.objectContaining({ code: "FAULT_NOT_ON_BOARD" }));
  });
});

describe("a table in use", () => {
  it("adds up specifications of one name to a schedule, the later given first", () => {
    const table = new FaultTable([
      { name: "chip-dead", value: 1, atMs: 10, untilMs: 40 },
      { name: "chip-dead", value: 2, atMs: 20, untilMs: 30, chip: 5 },
    ]);
    expect([5, 10, 20, 29.9, 30, 40].map((ms) => table.value("chip-dead", ms * 1e6))).toEqual([null, 1, 2, 2, 1, null]);
    expect(table.holding("chip-dead", 25e6)).toEqual({ value: 2, chip: 5, sinceNs: 20e6 });
    table.set({ name: "chip-dead", value: 7 });
    expect([5, 25].map((ms) => table.value("chip-dead", ms * 1e6))).toEqual([7, 7]);
    table.clear("chip-dead");
    expect(table.value("chip-dead", 25e6)).toBeNull();
  });
});

describe("a schedule drawn by a seed", () => {
  const anything = fc.record({
    seed: fc.nat(),
    board: fc.constantFrom(...TWIN_BOARDS),
    durationMs: fc.integer({ min: 100, max: 1e7 }),
    count: fc.integer({ min: 0, max: 200 }),
  });

  it("is one a table takes, in order of time, inside the duration, and the same for the same seed", () => {
    fc.assert(
      fc.property(anything, ({ seed, board, durationMs, count }) => {
        const drawn = drawFaults(seed, board, durationMs, count);
        expect(drawn).toHaveLength(count);
        expect(drawFaults(seed, board, durationMs, count)).toEqual(drawn);
        new FaultTable(drawn);
        for (const { name, atMs = -1, untilMs = -1 } of drawn) {
          expect(faultOf(name).boards).toContain(board);
          expect(atMs).toBeGreaterThanOrEqual(0);
          expect(untilMs).toBeGreaterThan(atMs);
          expect(untilMs).toBeLessThanOrEqual(durationMs);
        }
        expect(drawn.map(({ atMs }) => atMs)).toEqual(drawn.map(({ atMs }) => atMs).sort((a = 0, b = 0) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it("uses every name before one comes again, and only the layers asked for", () => {
    const possible = faultsOf("s9", FAULT_LAYERS);
    const drawn = drawFaults(3, "s9", 60_000, possible.length).map(({ name }) => name);
    expect([...drawn].sort()).toEqual([...possible].sort());
    const link: FaultName[] = faultsOf("s9", ["link"]);
    for (const { name } of drawFaults(4, "s9", 60_000, 30, ["link"])) expect(link).toContain(name);
  });

  it("names no chip that the board does not have", () => {
    for (const { name, value = 0, chip = 0 } of drawFaults(5, "s9", 60_000, 400, ["chip"], 8)) {
      expect(chip).toBeLessThan(8);
      if (faultOf(name).value.unit === "chip") expect(value).toBeLessThan(8);
    }
    const single = drawFaults(6, "bitaxe-ultra", 60_000, 200);
    expect(single.map(({ name }) => name)).not.toContain("address-collision");
    for (const { name, value } of single) if (faultOf(name).value.unit === "chip") expect(value).toBe(0);
  });
});
