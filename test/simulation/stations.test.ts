/** Two boards in one daemon, in virtual time: what happens to one does not reach the other. docs/rig.md */
import { describe, expect, it } from "vitest";
import { controlPath } from "../../device/latches.ts";
import { type RigBenchOutcome, runRigBench } from "../../device/simulation/rig-bench.ts";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import type { DeviceState } from "../../telemetry/messages.ts";
import type { FaultSpec } from "../../twin/index.ts";

const TIMEOUT_MS = 240_000;
/** An S9 of three chips hashes by then; a Bitaxe after 8.4 s. */
const UP_MS = 19_000;

const bench = (ofBitaxe: readonly FaultSpec[], ofS9: readonly FaultSpec[] = []) => ({
  left: { board: "bitaxe-ultra", variant: "207", chips: 1, workScale: 24, faults: ofBitaxe } as const,
  right: { board: "s9", variant: "207", chips: 3, workScale: 28, faults: ofS9 } as const,
});

function statesOf({ updates }: RigBenchOutcome, name: string): { atMs: number; state: DeviceState; reason: string }[] {
  return (updates[name] ?? []).flatMap(({ atMs, update }) =>
    update.topic === "state" ? [{ atMs, state: update.value.state, reason: update.value.stateReason }] : [],
  );
}

function stateAt(outcome: RigBenchOutcome, name: string, atMs: number): string {
  return statesOf(outcome, name).findLast((entry) => entry.atMs <= atMs)?.state ?? "cold";
}

/** Times at which the board was on, in a stretch of time. */
function onShare({ seen }: RigBenchOutcome, name: string, fromMs: number, toMs: number): number {
  const looks = (seen[name] ?? []).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return looks.filter(({ running, supplyOn }) => running || supplyOn).length / looks.length;
}

function clear(storePath: string, rig: string): void {
  const control = openControlStore(controlPath(storePath));
  for (const { id } of control.latches(rig)) control.clear(rig, id, "looked at it", 0);
  control.close();
}

function latchedId(storePath: string, rig: string): number {
  const control = openControlStore(controlPath(storePath));
  const [{ id } = { id: 0 }] = control.latches(rig);
  control.close();
  return id;
}

describe("two boards in one daemon", { timeout: TIMEOUT_MS }, () => {
  it("both run, and both are off at the end", async () => {
    const outcome = await runRigBench({ boards: bench([]), durationMs: 24_000 });
    expect(outcome.errors).toEqual([]);
    expect(stateAt(outcome, "left", 23_900)).toBe("running");
    expect(stateAt(outcome, "right", 23_900)).toBe("running");
    expect(outcome.outcomes.map(({ fault }) => fault)).toEqual([null, null]);
    for (const name of ["left", "right"]) expect(outcome.seen[name]?.at(-1)).toMatchObject({ running: false, supplyOn: false });
  });

  it.each([
    ["whose supply fails", "left", { name: "regulator-dead", atMs: UP_MS }],
    ["whose bridge goes silent", "left", { name: "control-half-open", atMs: UP_MS, untilMs: UP_MS + 15_000 }],
    ["whose chip is silent from the start", "left", { name: "chip-dead", value: 0, atMs: 0 }],
    ["whose cable is pulled", "right", { name: "link-cut", atMs: UP_MS, untilMs: UP_MS + 2_000 }],
    ["whose PIC goes silent", "right", { name: "pic-silent", atMs: UP_MS }],
  ] as const)("one %s goes off, and the other runs on", async (_, failing, fault) => {
    const other = failing === "left" ? "right" : "left";
    const outcome = await runRigBench({ boards: failing === "left" ? bench([fault]) : bench([], [fault]), durationMs: 42_000 });
    expect(outcome.errors).toEqual([]);
    expect(stateAt(outcome, failing, 41_900)).toBe("fault");
    expect(onShare(outcome, failing, 41_000, 42_000)).toBe(0);
    expect(statesOf(outcome, other).map(({ state }) => state)).not.toContain("fault");
    expect(stateAt(outcome, other, 41_900)).toBe("running");
    expect(onShare(outcome, other, UP_MS, 42_000)).toBe(1);
    // For a service manager the daemon lives as long as one board is looked after.
    for (let second = UP_MS / 1000; second < 42; second++)
      expect(
        outcome.passedAtMs.some((atMs) => Math.floor(atMs / 1000) === second),
        `${second} s`,
      ).toBe(true);
    const faults = outcome.outcomes.map(({ fault: found }) => found !== null);
    expect(faults).toEqual(failing === "left" ? [true, false] : [false, true]);
  });

  it("one that is not plugged in is waited for, and comes up when it is; the other does not wait", async () => {
    const outcome = await runRigBench({ boards: bench([{ name: "link-cut", atMs: 0, untilMs: 12_000 }]), durationMs: 25_000 });
    expect(outcome.errors).toEqual([]);
    expect(statesOf(outcome, "left")[0]?.reason).toMatch(/waiting for left\/control and left\/data: plug the board in/);
    expect(stateAt(outcome, "left", 11_900)).toBe("cold");
    expect(stateAt(outcome, "left", 24_900)).toBe("running");
    expect(stateAt(outcome, "right", 24_900)).toBe("running");
  });

  it("one that was pulled stays off when it is back until a person clears it, and then comes up without a restart", async () => {
    const cut: FaultSpec = { name: "link-cut", atMs: 12_000, untilMs: 15_000 };
    const outcome = await runRigBench({
      boards: bench([cut]),
      durationMs: 45_000,
      at: [{ ms: 28_000, run: ({ storePath }) => clear(storePath, "bench-left") }],
    });
    expect(outcome.errors).toEqual([]);
    expect(stateAt(outcome, "left", 27_900)).toBe("fault");
    expect(onShare(outcome, "left", 19_000, 28_000)).toBe(0);
    expect(stateAt(outcome, "left", 44_900)).toBe("running");
    expect(statesOf(outcome, "right").map(({ state }) => state)).not.toContain("fault");
    expect(outcome.outcomes.map(({ fault }) => fault)).toEqual([null, null]);
  });

  it("emergency-off switches both off at once, also one that is still waited for", async () => {
    const outcome = await runRigBench({
      boards: bench([{ name: "link-cut", atMs: 0, untilMs: 24_000 }]),
      durationMs: 40_000,
      at: [{ ms: 20_000, run: ({ host }) => host.pressEmergencyOff() }],
    });
    expect(outcome.errors).toEqual([]);
    expect(stateAt(outcome, "right", 20_100)).toBe("fault");
    expect(onShare(outcome, "right", 21_500, 40_000)).toBe(0);
    expect(onShare(outcome, "left", 0, 40_000)).toBe(0);
    expect(statesOf(outcome, "left").at(-1)?.reason).toMatch(/EMERGENCY_OFF/);
  });

  it("emergency-off with a name is for that board alone; through the API its fault is then cleared, and it comes up again", async () => {
    let id = 0;
    const outcome = await runRigBench({
      boards: bench([]),
      durationMs: 60_000,
      at: [
        { ms: 20_000, run: ({ host }) => host.pressEmergencyOff("bench-left") },
        { ms: 30_000, run: ({ storePath }) => (id = latchedId(storePath, "bench-left")) },
        { ms: 31_000, run: ({ host }) => host.post(`/api/v1/faults/${id}/clear?reason=pressed+by+mistake`) },
      ],
    });
    expect(outcome.errors).toEqual([]);
    expect(stateAt(outcome, "left", 20_100)).toBe("fault");
    expect(onShare(outcome, "left", 21_500, 31_000)).toBe(0);
    expect(stateAt(outcome, "left", 59_900)).toBe("running");
    expect(statesOf(outcome, "right").map(({ state }) => state)).not.toContain("fault");
    expect(onShare(outcome, "right", UP_MS, 59_000)).toBe(1);
  });

  it("with --once each ends when it is done; one that is not there is no reason to wait", async () => {
    const outcome = await runRigBench({
      boards: bench([{ name: "link-cut", atMs: 0, untilMs: 24_000 }]),
      once: true,
      durationMs: 120_000,
    });
    expect(outcome.errors).toEqual([]);
    const [left, right] = outcome.outcomes;
    expect(left?.fault).toMatchObject({ code: "PORT_MISSING" });
    expect(right?.fault).toBeNull();
    const last = outcome.seen.right?.at(-1);
    expect(last).toMatchObject({ running: false, supplyOn: false });
    expect(last?.atMs).toBeLessThan(60_000);
  });
});
