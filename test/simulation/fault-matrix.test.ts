/** Cells of the fault matrix with their outcome (docs/fault-matrix.md has all of them): one of each way a fault ends. */
import { describe, expect, it } from "vitest";
import { cellOf, type Kind, type StruckState } from "../../device/simulation/matrix/cells.ts";
import { runCell } from "../../device/simulation/matrix/run-cell.ts";
import type { FaultName } from "../../twin/index.ts";

const TIMEOUT_MS = 240_000;

const run = (kind: Kind, fault: FaultName, state: StruckState) => runCell(cellOf(kind, fault, state));

describe("a fault that a board cannot live with", { timeout: TIMEOUT_MS }, () => {
  it.each([
    ["bitaxe-207", "event-loop-blocked", "running", "WATCHDOG", 8_000],
    ["bitaxe-207", "fan-stall", "armed", "SENTINEL", 15_000],
    ["bitaxe-207", "regulator-dead", "running", "SENTINEL", 5_000],
    ["s9", "pic-silent", "running", "HEARTBEAT_LOST", 12_000],
    // Its nonces of before are read half a minute late, and belong to jobs of that time all the same.
    ["s9", "event-loop-blocked", "running", "HEARTBEAT_LOST", 12_000],
  ] as const)("%s, %s while it is %s: off within its time, latched and explained", async (kind, fault, state, code, withinMs) => {
    const result = await run(kind, fault, state);
    expect(result).toMatchObject({ struckIn: state, wasOn: true, ended: "fault", latched: [code], broken: [] });
    expect(result.why).toMatch(new RegExp(`^${code}: `));
    expect(result.offMs).toBeLessThan(withinMs);
  });

  it("that needs no person to look at it does not latch: a Bitaxe whose cable is out is off when the cable is back", async () => {
    const result = await run("bitaxe-207", "link-cut", "running");
    expect(result).toMatchObject({ ended: "fault", latched: [], broken: [] });
    expect(result.offMs).toBeGreaterThan(15_000);
    expect(result.offMs).toBeLessThan(19_000);
    // Nothing reaches it through a cable that is out, not even what was written at the last moment.
    expect(result.chipsOffMs).toBeGreaterThan(15_000);
  });

  it.each(["cold", "identified"] as const)("and that strikes while it is %s never lets it have supply", async (state) => {
    expect(await run("bitaxe-207", "i2c-nak", state)).toMatchObject({ wasOn: false, ended: "fault", offMs: null, broken: [] });
  });

  it("and that takes the PIC away while it cools down leaves the rest to the PIC", async () => {
    const result = await run("s9", "pic-silent", "cooling");
    expect(result).toMatchObject({ ended: "cold", onAtEnd: false, broken: [] });
    expect(result.offMs).toBeLessThan(12_000);
  });

  it("and that strikes while it cools down lets it end off", async () => {
    const result = await run("s9", "bridge-slow", "cooling");
    expect(result).toMatchObject({ struckIn: "cooling", broken: [] });
    expect(result.offMs).not.toBeNull();
  });
});

it("a fault of the network leaves a board running", { timeout: TIMEOUT_MS }, async () => {
  expect(await run("bitaxe-207", "broker-gone", "running")).toMatchObject({ ended: "running", why: null, offMs: null, broken: [] });
});

it("chips that fall silent while they should hash are told of", { timeout: TIMEOUT_MS }, async () => {
  expect(await run("bitaxe-207", "chip-dead", "running")).toMatchObject({ ended: "running", why: null, noticed: true, broken: [] });
});

it("a daemon that is killed and started again finds the board on, and resets it first", { timeout: TIMEOUT_MS }, async () => {
  const result = await run("bitaxe-207", "killed", "running");
  expect(result).toMatchObject({ ended: "running", why: null, broken: [] });
  expect(result.offMs).toBeGreaterThan(10_000);
  expect(result.offMs).toBeLessThan(11_000);
});
