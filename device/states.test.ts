import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEVICE_STATES, type DeviceState } from "../telemetry/messages.ts";
import type { Decision } from "./sentinel/decide.ts";
import { LEGAL_NEXT } from "./simulation/invariants.ts";
import { COLD, issue, move, NEXT, redeem, type Standing, TOKEN_MS } from "./states.ts";

const SAFE: Decision = { action: "none", rule: "ok", reason: "all is well", margins: [] };
const NOW = 1_000_000_000n;
const EXPIRED = NOW + BigInt(TOKEN_MS) * 1_000_000n;
const at = (state: DeviceState): Standing => ({ state, token: null, issued: 0 });
const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("the table of transitions", () => {
  it.each(DEVICE_STATES.flatMap((from) => DEVICE_STATES.map((to) => [from, to] as const)))("%s -> %s", (from, to) => {
    if (from === "fault") expect(move(at(from), to).state).toBe("fault");
    else if (NEXT[from].includes(to)) expect(move(at(from), to).state).toBe(to);
    else expect(codeOf(() => move(at(from), to))).toBe("STATE_ILLEGAL");
  });

  it("is the one that the simulation's observer goes by", () => {
    for (const state of DEVICE_STATES) expect([...NEXT[state]].sort()).toEqual([...LEGAL_NEXT[state]].sort());
  });

  it("leads to energised only through armed, and to fault from everywhere", () => {
    for (const state of DEVICE_STATES) {
      expect(NEXT[state].includes("energised")).toBe(state === "armed");
      if (state !== "fault") expect(NEXT[state]).toContain("fault");
    }
    expect(NEXT.fault).toEqual([]);
  });
});

describe("permission to energise", () => {
  it.each(DEVICE_STATES)("is issued and redeemed only while armed: %s", (state) => {
    const { token } = issue(at("armed"), NOW);
    expect(codeOf(() => issue(at(state), NOW))).toBe(state === "armed" ? null : "NOT_ARMED");
    expect(codeOf(() => redeem({ state, token, issued: 1 }, token, SAFE, NOW))).toBe(state === "armed" ? null : "NOT_ARMED");
  });

  it("is good once, until it expires, and no longer than the state it was issued in", () => {
    const { standing, token } = issue(at("armed"), NOW);
    expect(codeOf(() => redeem(standing, token, SAFE, EXPIRED - 1n))).toBeNull();
    expect(codeOf(() => redeem(standing, token, SAFE, EXPIRED))).toBe("NOT_ARMED");
    expect(codeOf(() => redeem(redeem(standing, token, SAFE, NOW), token, SAFE, NOW))).toBe("NOT_ARMED");
    expect(
      codeOf(() => redeem(issue(standing, NOW).standing, token, SAFE, NOW)),
      "a later one voids it",
    ).toBe("NOT_ARMED");
    const again = move(move(standing, "cooling"), "armed");
    expect(codeOf(() => redeem(again, token, SAFE, NOW))).toBe("NOT_ARMED");
  });

  it.each(["power-off", "fan-full"] as const)("is refused while the sentinel says %s", (action) => {
    const { standing, token } = issue(at("armed"), NOW);
    const unsafe: Decision = { ...SAFE, action, rule: "readings-stale", reason: "no fresh reading" };
    expect(codeOf(() => redeem(standing, token, unsafe, NOW))).toBe("UNSAFE_TO_ENERGISE");
  });

  it("whatever is tried, nothing is energised without a token of its own", () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant("move" as const), to: fc.constantFrom(...DEVICE_STATES) }),
      fc.record({ kind: fc.constant("issue" as const) }),
      fc.record({
        kind: fc.constant("redeem" as const),
        serial: fc.integer({ min: 1, max: 4 }),
        laterMs: fc.integer({ min: 0, max: 100_000 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let standing = COLD;
        let [issued, redeemed] = [0, 0];
        let nowNs = NOW;
        for (const what of acts) {
          try {
            if (what.kind === "move") standing = move(standing, what.to);
            else if (what.kind === "issue") {
              ({ standing } = issue(standing, nowNs));
              issued++;
            } else {
              nowNs += BigInt(what.laterMs) * 1_000_000n;
              const { token } = standing;
              standing = redeem(standing, { serial: what.serial, expiresNs: nowNs + 1n }, SAFE, nowNs);
              redeemed++;
              expect([standing.state, token?.serial, (token?.expiresNs ?? 0n) > nowNs]).toEqual(["armed", what.serial, true]);
            }
          } catch (error) {
            if (!(error instanceof Error && "code" in error)) throw error;
          }
        }
        expect(redeemed).toBeLessThanOrEqual(issued);
      }),
      { numRuns: 2000 },
    );
  });
});
