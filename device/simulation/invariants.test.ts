import { describe, expect, it } from "vitest";
import { DEVICE_STATES } from "../../telemetry/messages.ts";
import { BROUGHT_UP_AGAIN } from "../stations/until-cleared.ts";
import { Invariants, LEGAL_NEXT, type Sight } from "./invariants.ts";

const RUNNING: Sight = { truth: { running: true, supplyOn: true }, canAct: true, canSwitchSupply: true };
const OFF: Sight = { ...RUNNING, truth: { running: false, supplyOn: false } };
const WAY_UP = ["identified", "limits-verified", "armed", "energised", "running"] as const;

/** Invariants on a clock in seconds that the test sets. */
function watched(hasWatchdog = false) {
  let nowNs = 0;
  const invariants = new Invariants(() => nowNs, hasWatchdog);
  return {
    invariants,
    at(seconds: number) {
      nowNs = seconds * 1e9;
      return invariants;
    },
    rules: () => invariants.violations.map(({ rule }) => rule),
    /** Looks every tenth of a second, with the sentinel passing the board until `passesUntil`. */
    live(fromS: number, toS: number, sight: Sight, passesUntilS = Number.POSITIVE_INFINITY) {
      for (let s = fromS; s < toS; s += 0.1) {
        nowNs = s * 1e9;
        if (s < passesUntilS) invariants.passed();
        invariants.look(sight);
      }
    },
  };
}

function up(bench: ReturnType<typeof watched>) {
  for (const state of WAY_UP) bench.invariants.entered(state, "test");
}

describe("a run in which all is well", () => {
  it("breaks no rule", () => {
    const bench = watched(true);
    bench.live(0, 2, OFF);
    up(bench);
    bench.live(2, 60, RUNNING);
    bench.invariants.jobSent();
    bench.invariants.entered("cooling", "stopped");
    bench.live(60, 65, OFF);
    bench.invariants.entered("cold", "stopped");
    bench.invariants.ended(OFF.truth, true);
    expect(bench.rules()).toEqual([]);
  });
});

describe("what is caught", () => {
  it("every step from one state to another that the design does not have", () => {
    for (const from of DEVICE_STATES) {
      for (const to of DEVICE_STATES) {
        const { invariants, rules } = watched();
        for (const state of wayTo(from)) invariants.entered(state, "test");
        invariants.entered(to, "test");
        const saidAgain = from === "cold" && to === "cold";
        expect(rules(), `${from} -> ${to}`).toEqual(saidAgain || LEGAL_NEXT[from].includes(to) ? [] : ["legal-transitions"]);
      }
    }
  });

  it("a fault that is left without the word that it was cleared; with it, another rig begins", () => {
    const silent = watched();
    for (const [state, reason] of [
      ["fault", "hot"],
      ["cold", "on again"],
    ] as const)
      silent.invariants.entered(state, reason);
    expect(silent.rules()).toEqual(["legal-transitions"]);
    const cleared = watched();
    for (const [state, reason] of [
      ["fault", "hot"],
      ["cold", BROUGHT_UP_AGAIN],
      ["identified", "there"],
    ] as const)
      cleared.invariants.entered(state, reason);
    cleared.invariants.look(RUNNING);
    expect(cleared.rules()).toEqual(["not-energised-unseen"]);
  });

  it("chips let run when the sentinel never looked, or long ago", () => {
    const never = watched();
    never.invariants.look(RUNNING);
    expect(never.rules()).toEqual(["not-energised-unseen"]);
    const old = watched();
    old.invariants.passed();
    old.at(5.1).look(RUNNING);
    expect(old.rules()).toEqual(["not-energised-unseen"]);
  });

  it("but not when their supply came back by itself and the daemon could not reach the board; once it can, they must stop", () => {
    const bench = watched();
    bench.invariants.look({ ...RUNNING, canAct: false });
    bench.live(1, 8, { ...RUNNING, canAct: false }, 0);
    expect(bench.rules()).toEqual([]);
    bench.live(9, 20, RUNNING, 0);
    expect(bench.rules()).toEqual(["lease"]);
  });

  it("chips that run on when the sentinel has stopped passing them", () => {
    const bench = watched();
    bench.live(0, 9, RUNNING, 1);
    expect(bench.rules()).toEqual([]);
    bench.live(9, 20, RUNNING, 1);
    expect(bench.rules()).toEqual(["lease"]);
  });

  it("but not when the daemon could do nothing about it", () => {
    const bench = watched();
    bench.live(0, 60, { ...RUNNING, canAct: false }, 1);
    expect(bench.rules()).toEqual([]);
  });

  it("a watchdog of the board's own that does not bite", () => {
    const bench = watched(true);
    bench.live(0, 25, { ...RUNNING, canAct: false }, 1);
    expect(bench.rules()).toEqual(["watchdog"]);
  });

  it("a job that leaves without a lease", () => {
    const bench = watched();
    bench.invariants.passed();
    bench.at(4.9).jobSent();
    expect(bench.rules()).toEqual([]);
    bench.at(5.1).jobSent();
    expect(bench.rules()).toEqual(["no-output-without-lease"]);
  });

  it.each([
    ["chips out of reset", { running: true, supplyOn: false }],
    ["a supply that is on", { running: false, supplyOn: true }],
  ])("%s four seconds after a fault", (_, truth) => {
    const bench = watched();
    bench.live(0, 10, RUNNING);
    up(bench);
    bench.invariants.entered("fault", "test");
    bench.live(10, 13.5, { ...RUNNING, truth });
    expect(bench.rules()).toEqual([]);
    bench.live(13.5, 20, { ...RUNNING, truth });
    expect(bench.rules()).toEqual(["safe-after-fault"]);
  });

  it("an S9's supply only when its PIC has not cut it either", () => {
    const bench = watched(true);
    up(bench);
    bench.invariants.entered("fault", "test");
    bench.live(0, 11.9, { ...RUNNING, truth: { running: false, supplyOn: true } });
    expect(bench.rules()).toEqual([]);
    bench.live(11.9, 13, { ...RUNNING, truth: { running: false, supplyOn: true } });
    expect(bench.rules()).toEqual(["safe-after-fault"]);
  });

  it("a daemon that ends in between, without a reason, or with chips that run", () => {
    const between = watched();
    up(between);
    between.invariants.ended(OFF.truth, true);
    expect(between.rules()).toEqual(["legal-end"]);
    const silent = watched();
    silent.invariants.entered("fault", "");
    silent.invariants.ended(OFF.truth, true);
    expect(silent.rules()).toEqual(["legal-end"]);
    const hot = watched();
    up(hot);
    hot.invariants.entered("cooling", "test");
    hot.invariants.entered("cold", "test");
    hot.invariants.ended(RUNNING.truth, true);
    expect(hot.rules()).toEqual(["safe-at-the-end"]);
  });
});

describe("the time to safety", () => {
  it("counts from the fault to the first moment the board is off", () => {
    const bench = watched();
    up(bench);
    bench.at(10).entered("fault", "test");
    bench.at(10.2).look(RUNNING);
    expect(bench.invariants.msToSafe).toBeNull();
    bench.at(10.5).look(OFF);
    bench.at(11).look(OFF);
    expect(bench.invariants.msToSafe).toBeCloseTo(500);
  });
});

function wayTo(state: (typeof DEVICE_STATES)[number]) {
  if (state === "cold") return [];
  if (state === "fault") return ["fault"] as const;
  if (state === "cooling") return ["identified", "cooling"] as const;
  return WAY_UP.slice(0, WAY_UP.indexOf(state) + 1);
}

describe("a board of several", () => {
  it("with which nothing is wrong must not go into fault; one that was harmed may", () => {
    const quiet = new Invariants(() => 0, false);
    quiet.mustGoOn();
    quiet.entered("fault", "LINK_LOST: gone");
    expect(quiet.violations.map(({ rule }) => rule)).toEqual(["neighbour-goes-on"]);
    const harmed = new Invariants(() => 0, false);
    harmed.mustGoOn();
    harmed.harmed();
    harmed.entered("fault", "LINK_LOST: gone");
    expect(harmed.violations).toEqual([]);
  });

  it("that is waited for may say anew for what", () => {
    const board = new Invariants(() => 0, false);
    board.entered("cold", "waiting for a/data");
    expect(board.violations).toEqual([]);
  });
});

it.each([
  [{ maxCoreVoltageMv: 1190 }, true],
  [{ maxCoreVoltageMv: 1200, maxFrequencyMhz: 485 }, false],
  [{ minFrequencyMhz: 500 }, true],
] as const)("a set-point outside of limits that were taken is seen: %o", (limits, broken) => {
  const board = new Invariants(() => 0, false);
  board.limited(limits);
  board.moved({ coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 256 });
  expect(board.violations.map(({ rule }) => rule)).toEqual(broken ? ["within-limits"] : []);
});
