import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMAND_RATE, CommandGate, MAX_AHEAD_MS } from "./command-gate.ts";
import type { CommandName, CommandRole } from "./command-request.ts";

const BORN = 1_000_000;
const LATER = BORN + 10 * MAX_AHEAD_MS;

function gate(role: CommandRole = "operate") {
  const one = new CommandGate(role, BORN);
  /** "passed" or the code of the refusal. */
  type At = { name?: string; isRetained?: boolean; wallMs?: number; nowMs?: number };
  const pass = (id: string, expiresAtMs: number, { name = "set-point", isRetained = false, wallMs = LATER, nowMs = wallMs }: At = {}) => {
    try {
      one.pass({ name: name as CommandName, id, expiresAtMs, args: {} }, isRetained, { wallMs, nowMs });
      return "passed";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return pass;
}

describe("a command passes", () => {
  test("only before it expires, and only when that is at most a minute away", () => {
    fc.assert(
      fc.property(fc.integer({ min: -3 * MAX_AHEAD_MS, max: 3 * MAX_AHEAD_MS }), (aheadMs) => {
        const expected = aheadMs <= 0 ? "COMMAND_EXPIRED" : aheadMs > MAX_AHEAD_MS ? "COMMAND_EXPIRY_TOO_FAR" : "passed";
        expect(gate()("a", LATER + aheadMs)).toBe(expected);
      }),
    );
  });

  test("once, whatever comes in between and however often it is tried", () => {
    const attempt = fc.record({ id: fc.constantFrom("a", "b", "c"), afterMs: fc.integer({ min: 0, max: 2 * MAX_AHEAD_MS }) });
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 60 }), (attempts) => {
        const pass = gate();
        const expiry = { a: LATER + 1000, b: LATER + 30_000, c: LATER + MAX_AHEAD_MS };
        const sorted = attempts.toSorted((one, other) => one.afterMs - other.afterMs);
        const passed = sorted.filter(({ id, afterMs }) => pass(id, expiry[id], { wallMs: LATER + afterMs }) === "passed");
        expect(new Set(passed.map(({ id }) => id)).size).toBe(passed.length);
      }),
    );
    const pass = gate();
    expect([pass("a", LATER + 1000), pass("a", LATER + 1000), pass("a", LATER + 2000)]).toEqual([
      "passed",
      "COMMAND_REPLAYED",
      "COMMAND_REPLAYED",
    ]);
  });

  test("not from among what the broker keeps, emergency-off no more than others", () => {
    for (const name of ["emergency-off", "set-point"])
      expect(gate()("a", LATER + 1000, { name, isRetained: true })).toBe("COMMAND_RETAINED");
  });

  test("that moves the rig only for role operate, and not while it could be one from before the gate was made", () => {
    expect(gate("safe")("a", LATER + 1000)).toBe("COMMAND_FORBIDDEN");
    expect(gate("safe")("a", LATER + 1000, { name: "stop-plan" })).toBe("passed");
    const early = { wallMs: BORN + 10 };
    expect(gate()("a", BORN + MAX_AHEAD_MS, early)).toBe("COMMAND_TOO_EARLY");
    expect(gate()("a", BORN + MAX_AHEAD_MS + 1, early)).toBe("passed");
    expect(gate()("a", BORN + 1000, { ...early, name: "emergency-off" })).toBe("passed");
  });

  test("after the wall clock was set back as before: once, and at its rate by a clock that goes on", () => {
    const pass = gate();
    for (let i = 0; i < COMMAND_RATE.burst; i++) expect(pass(`a${i}`, LATER + 1000, { nowMs: 0 })).toBe("passed");
    const after = { wallMs: LATER + 2000, nowMs: 2 * COMMAND_RATE.everyMs };
    expect(pass("b", LATER + 3000, after)).toBe("passed");
    const back = { wallMs: LATER - 500, nowMs: 4 * COMMAND_RATE.everyMs };
    expect(pass("a0", LATER + 1000, back)).toBe("COMMAND_REPLAYED");
    expect(pass("c", LATER + 1000, back)).toBe("passed");
  });

  test("at its rate, except emergency-off, which no flood keeps out", () => {
    const pass = gate();
    const codes = Array.from({ length: COMMAND_RATE.burst + 1 }, (_, i) => pass(`a${i}`, LATER + 1000));
    expect(codes.filter((code) => code === "passed")).toHaveLength(COMMAND_RATE.burst);
    expect(codes.at(-1)).toBe("COMMAND_TOO_OFTEN");
    for (let i = 0; i < 3000; i++) expect(pass(`off${i}`, LATER + 1000, { name: "emergency-off" })).toBe("passed");
    // More ids than are remembered: what would have to be remembered is refused instead of forgetting another.
    expect(pass("b", LATER + MAX_AHEAD_MS, { wallMs: LATER + 900, name: "stop-plan" })).toBe("COMMAND_TOO_OFTEN");
    expect(pass("a0", LATER + 1000)).toBe("COMMAND_REPLAYED");
  });
});
