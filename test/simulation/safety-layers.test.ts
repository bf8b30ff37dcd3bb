/** The layers that keep a board safe, one taken away at a time: the others still catch the fault. docs/safety.md */
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { FaultSpec } from "../../twin/index.ts";

/** What the sentinel's own table says, when it is taken away. */
const sentinel = vi.hoisted(() => ({ removed: false }));
vi.mock("../../device/sentinel/decide.ts", async (original) => {
  const real = await original<typeof import("../../device/sentinel/decide.ts")>();
  const decide: typeof real.decide = (...given) => {
    const decision = real.decide(...given);
    return sentinel.removed ? { ...decision, action: "none", rule: "ok", reason: "nobody looks" } : decision;
  };
  return { ...real, decide };
});
afterEach(() => {
  sentinel.removed = false;
});

const TIMEOUT_MS = 240_000;
/** When chips run, on the twins of these seeds; before an S9's cores are open. */
const FAULT_S = { "bitaxe-ultra": 7, s9: 7 } as const;
const BLOCKED_S = 30;

interface Outcome {
  /** From the fault to a board that is off, s; null when it never was before the simulation's end. */
  readonly toSafeS: number | null;
  /** The daemon's loop was blocked at that moment. */
  readonly whileBlocked: boolean;
  /** The fault's rule or code, as the daemon said it. */
  readonly said: string;
}

async function strike(board: Scenario["board"], fault: Omit<FaultSpec, "atMs">, withoutWatchdog: boolean): Promise<Outcome> {
  const atS = FAULT_S[board];
  const scenario: Scenario = {
    ...scenarioOf(5, { board, minutes: 0.75 }),
    variant: "207",
    plan: [],
    faults: [{ ...fault, atMs: atS * 1000 }],
    emergencyOffAtMs: null,
  };
  let offNs: number | null = null;
  let whileBlocked = false;
  let said = "";
  await simulate(scenario, {
    withoutWatchdog,
    write: (line) => {
      said ||= /hub state fault: (.*)/.exec(line)?.[1] ?? "";
    },
    meddle: ({ time, board: bench, process }) => {
      const look = () => {
        bench.advance();
        const { running, supplyOn } = bench.truth();
        if (offNs === null && !running && !supplyOn) {
          offNs = time.nowNs;
          whileBlocked = process().blocked;
        }
        time.after(50, look);
      };
      time.at(atS * 1e9, () => {
        const { running, supplyOn } = bench.truth();
        expect(running || supplyOn, "it was on").toBe(true);
        look();
      });
    },
  });
  return { toSafeS: offNs === null ? null : offNs / 1e9 - atS, whileBlocked, said };
}

const blocked = { name: "event-loop-blocked", value: BLOCKED_S * 1000 } as const;
const hot = { name: "over-temperature", value: 150 } as const;

describe("a main loop that hangs", { timeout: TIMEOUT_MS }, () => {
  it("is caught by the watchdog while it hangs", async () => {
    const { toSafeS, whileBlocked } = await strike("bitaxe-ultra", blocked, false);
    expect(whileBlocked).toBe(true);
    expect(toSafeS).toBeLessThan(8);
  });

  it("without a watchdog, by the lease as soon as it wakes, before it goes on with anything", async () => {
    const { toSafeS, said } = await strike("bitaxe-ultra", blocked, true);
    expect(toSafeS).toBeGreaterThan(BLOCKED_S);
    expect(toSafeS).toBeLessThan(BLOCKED_S + 4);
    expect(said).toMatch(/LEASE_EXPIRED/);
  });

  it("on an S9 without a watchdog, by the PIC, which hears no heartbeat", async () => {
    const { toSafeS, whileBlocked } = await strike("s9", blocked, true);
    expect(whileBlocked).toBe(true);
    expect(toSafeS).toBeLessThan(12);
  });
});

describe("a chip that gets too hot", { timeout: TIMEOUT_MS }, () => {
  it("is caught by the sentinel, without a watchdog too", async () => {
    const { toSafeS, said } = await strike("bitaxe-ultra", hot, true);
    expect(said).toMatch(/SENTINEL/);
    expect(toSafeS).not.toBeNull();
  });

  it("without the sentinel, by the watchdog's own table", async () => {
    sentinel.removed = true;
    const { toSafeS, said } = await strike("bitaxe-ultra", hot, false);
    expect(said).toMatch(/WATCHDOG/);
    expect(toSafeS).not.toBeNull();
  });

  it("without both, by nobody: the two tests above test something", async () => {
    sentinel.removed = true;
    const { said } = await strike("bitaxe-ultra", hot, true);
    expect(said).toBe("");
  });
});
