import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_LIMITS } from "../../drivers/boards/s9-limits.ts";
import { decide, mayEnergise } from "./decide.ts";
import { CONDITIONS, type Condition, type SentinelLimits, STALE_MS, sentinelLimits } from "./limits.ts";
import { initialState, noteSupply, observe, type SentinelState } from "./observe.ts";
import { BITAXE_LIMITS, ms, NOW, readings } from "./readings.test-support.ts";

const LIMITS = BITAXE_LIMITS;
const BLIND_MS = 10_000;
const BOARD = { sensesUnpowered: true, blindMs: BLIND_MS };

/** Energised a minute ago, at 1200 mV and 485 MHz since. */
const RUNNING: SentinelState = {
  ...noteSupply(initialState(BOARD), NOW - ms(60_000)),
  coreVoltageSet: { mv: 1200, atNs: NOW - ms(50_000) },
  frequencyMhz: 485,
  fanPercent: 60,
};

type Reading = Parameters<typeof readings>[0];

/** The same reading ten times a second for so long, the last of them at NOW. */
function lasting(change: Reading, forMs: number, state: SentinelState = RUNNING, limits = LIMITS): SentinelState {
  let seen = state;
  for (let backMs = forMs; backMs >= 0; backMs -= 100) seen = observe(seen, readings({ ...change, atNs: NOW - ms(backMs) }), limits);
  return seen;
}

const decided = (state: SentinelState, limits = LIMITS, nowNs = NOW) => {
  const { action, rule } = decide(state, limits, nowNs);
  return [action, rule];
};

describe("each condition switches off when it has lasted, and not before", () => {
  const cases: [Condition, Reading, Partial<SentinelState>][] = [
    ["over-temperature-chip", { chipTempC: 75.1 }, {}],
    ["over-temperature-regulator", { regulatorTempC: 105.5 }, {}],
    ["over-temperature-board", { boardTempC: 90.5 }, {}],
    ["over-power", { powerMw: 25_001 }, {}],
    ["over-current", { inputCurrentMa: 5_600 }, {}],
    ["core-voltage-max", { coreVoltageMv: 1431 }, { coreVoltageSet: null }],
    ["core-voltage-high", { coreVoltageMv: 1321 }, {}],
    ["core-voltage-low", { coreVoltageMv: 1079 }, {}],
    ["set-point-envelope", {}, { frequencyMhz: 590 }],
    ["sensor-implausible", { chipTempC: -31 }, {}],
    ["fan-stopped", { fanRpm: 82 }, {}],
  ];
  it.each(cases)("%s", (condition, change, state) => {
    const debounceMs = LIMITS.debounceMs[condition];
    const from = { ...RUNNING, ...state };
    expect(decided(lasting(change, debounceMs, from))).toEqual(["power-off", condition]);
    expect(decided(lasting(change, debounceMs - 100, from))[0]).not.toBe("power-off");
    const over = observe(lasting(change, debounceMs, from), readings({ regulatorTempC: 60, atNs: NOW }), LIMITS);
    if (condition !== "set-point-envelope") expect(decided(over), "and it is over when the reading is good again").toEqual(["none", "ok"]);
    expect(decide(lasting(change, debounceMs, from), LIMITS, NOW).reason).toMatch(/\d/);
  });

  it("has a case for every condition but the rise, which has its own", () => {
    expect([...cases.map(([name]) => name), "heating-too-fast"].sort()).toEqual([...CONDITIONS].sort());
  });

  it("at the limit itself nothing happens", () => {
    const atLimit = { chipTempC: 75, regulatorTempC: 105, boardTempC: 90, powerMw: 25_000, inputCurrentMa: 5_560, coreVoltageMv: 1320 };
    expect(decided(lasting(atLimit, 20_000))).toEqual(["none", "ok"]);
    expect(decided(lasting({ coreVoltageMv: 1080, fanRpm: 100 }, 20_000))).toEqual(["none", "ok"]);
  });

  it("one reading with a flipped bit is none", () => {
    const flipped = observe(lasting({}, 1000), readings({ chipTempC: 183, powerMw: 99_000, atNs: NOW }), LIMITS);
    expect(decided(flipped)[0]).toBe("none");
    expect(decided(observe(flipped, readings({ atNs: NOW + ms(100) }), LIMITS), LIMITS, NOW + ms(100))).toEqual(["none", "ok"]);
  });

  it("what was above a limit counts on while nobody can look", () => {
    const hot = observe(RUNNING, readings({ chipTempC: 80, atNs: NOW - ms(5000) }), LIMITS);
    expect(decided(hot)).toEqual(["power-off", "over-temperature-chip"]);
    const thenUnknown = observe(hot, readings({ chipTempC: null, atNs: NOW - ms(4900) }), LIMITS);
    expect(decided(thenUnknown)).toEqual(["power-off", "over-temperature-chip"]);
  });

  it("heat and current count with the supply off too; the rest does not", () => {
    const off = { ...RUNNING, energisedNs: null };
    expect(decided(lasting({ chipTempC: 80 }, 1000, off))).toEqual(["power-off", "over-temperature-chip"]);
    expect(decided(lasting({ fanRpm: 0, coreVoltageMv: 500 }, 20_000, off))).toEqual(["none", "ok"]);
    const since = noteSupply(lasting({ fanRpm: 0, chipTempC: 80 }, 1000), null).since;
    expect([since["fan-stopped"], since["over-temperature-chip"]]).toEqual([null, NOW - ms(1000)]);
  });
});

describe("core voltage against its set-point", () => {
  it("says nothing while the regulator follows, or is being told", () => {
    expect(decided(lasting({ coreVoltageMv: 1400 }, 1000, { ...RUNNING, coreVoltageSet: { mv: 1200, atNs: NOW - ms(99) } }))).toEqual([
      "none",
      "ok",
    ]);
    expect(decided(lasting({ coreVoltageMv: 1400 }, 1000, { ...RUNNING, coreVoltageSet: null }))).toEqual(["none", "ok"]);
  });

  it("above what the board may ever have it counts all the same", () => {
    const moving = { ...RUNNING, coreVoltageSet: { mv: 1300, atNs: NOW } };
    expect(decided(lasting({ coreVoltageMv: 1500 }, 300, moving))).toEqual(["power-off", "core-voltage-max"]);
  });
});

describe("the frequency-voltage envelope", () => {
  const limits = sentinelLimits(S9_LIMITS, "s9-hashboard");
  const at = (mv: number, frequencyMhz: number) =>
    decided(
      lasting({ coreVoltageMv: null }, 1000, { ...RUNNING, coreVoltageSet: { mv, atNs: NOW - ms(9000) }, frequencyMhz }, limits),
      limits,
    )[1];
  it("caps the voltage from each of an S9's frequencies on, a crystal's inexactness aside", () => {
    expect([at(9300, 581), at(9300, 600), at(9301, 600), at(8700, 690), at(8701, 690), at(9400, 500)]).toEqual([
      "ok",
      "ok",
      "set-point-envelope",
      "ok",
      "set-point-envelope",
      "ok",
    ]);
  });
});

describe("a chip that warms too fast", () => {
  const warming = (slopeCPerS: number, forMs: number, everyMs = 100) => {
    let seen = RUNNING;
    for (let backMs = forMs; backMs >= 0; backMs -= everyMs)
      seen = observe(seen, readings({ chipTempC: 40 + (slopeCPerS * (forMs - backMs)) / 1000, atNs: NOW - ms(backMs) }), LIMITS);
    return seen;
  };
  it("is switched off long before it is too hot", () => {
    expect(decided(warming(9, 2_400))).toEqual(["power-off", "heating-too-fast"]);
    expect(decided(warming(9, 3_000, 1_000)), "readings once a second").toEqual(["power-off", "heating-too-fast"]);
    expect(decided(warming(7, 4_000))).toEqual(["none", "ok"]);
    expect(decided(warming(9, 1_000)), "too little is known").toEqual(["none", "ok"]);
  });

  it("is not one whose reading jumps, once", () => {
    let seen = lasting({ chipTempC: 40 }, 3_000);
    for (let step = 1; step <= 30; step++) {
      seen = observe(seen, readings({ chipTempC: 65, atNs: NOW + ms(step * 100) }), LIMITS);
      expect(decided(seen, LIMITS, NOW + ms(step * 100))).toEqual(["none", "ok"]);
    }
  });
});

describe("what is unknown is not what has failed", () => {
  const cases: [string, SentinelState, string, string][] = [
    ["readings are stale", lasting({ atNs: NOW }, 0, observe(RUNNING, readings({ atNs: NOW - ms(STALE_MS + 1) }), LIMITS)), "none", "ok"],
    ["readings are stale", observe(RUNNING, readings({ atNs: NOW - ms(STALE_MS + 1) }), LIMITS), "fan-full", "readings-stale"],
    ["the temperature is missing for a moment", lasting({ chipTempC: null }, 300, lasting({}, 400)), "fan-full", "temperature-missing"],
    [
      "the temperature is missing for too long",
      { ...lasting({ chipTempC: null }, 300), chipTempKnownNs: NOW - ms(BLIND_MS + 1) },
      "power-off",
      "temperature-unknown",
    ],
    [
      "a die sensor has not woken up yet",
      { ...lasting({ chipTempC: null }, 300), energisedNs: NOW - ms(BLIND_MS), chipTempKnownNs: NOW - ms(90_000) },
      "fan-full",
      "temperature-missing",
    ],
    ["no temperature was ever known", lasting({ chipTempC: null }, 300), "power-off", "temperature-unknown"],
    ["there was never a reading", RUNNING, "power-off", "temperature-unknown"],
    ["with the supply off nothing known is nothing to do", { ...RUNNING, energisedNs: null }, "none", "ok"],
    ["a fan that does not turn yet gets all there is", lasting({ fanRpm: 0 }, 500), "fan-full", "fan-slow-to-start"],
    ["a tachometer that says nothing is no fan that stands", lasting({ fanRpm: null }, 20_000), "none", "ok"],
  ];
  it.each(cases)("%s", (_, state, action, rule) => {
    expect(decided(state)).toEqual([action, rule]);
    expect(decide(state, LIMITS, NOW).reason).not.toBe("");
  });
});

const RANK = { none: 0, "fan-full": 1, "power-off": 2 } as const;

describe("over all histories", () => {
  const temp = fc.option(fc.double({ min: -30, max: 150, noNaN: true }), { nil: null });
  const anyReading = fc.record({
    chipTempC: temp,
    boardTempC: temp,
    regulatorTempC: temp,
    powerMw: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: null }),
    coreVoltageMv: fc.option(fc.integer({ min: 0, max: 1600 }), { nil: null }),
    inputCurrentMa: fc.option(fc.integer({ min: 0, max: 9000 }), { nil: null }),
    fanRpm: fc.option(fc.integer({ min: 0, max: 6000 }), { nil: null }),
  });
  const history = fc.array(fc.record({ reading: anyReading, gapMs: fc.integer({ min: 1, max: 3000 }) }), { minLength: 1, maxLength: 30 });

  function replay(steps: { reading: Reading; gapMs: number }[], limits: SentinelLimits = LIMITS) {
    let nowNs = NOW;
    let state = RUNNING;
    for (const { reading, gapMs } of steps) {
      nowNs += ms(gapMs);
      state = observe(state, readings({ ...reading, atNs: nowNs }), limits);
    }
    return { state, nowNs };
  }

  it("a hotter last reading never yields a milder action, now or later", () => {
    fc.assert(
      fc.property(history, fc.double({ min: 0, max: 100, noNaN: true }), fc.integer({ min: 0, max: 15_000 }), (steps, more, laterMs) => {
        const last = steps.at(-1) as (typeof steps)[number];
        const hotter = (value: number | null) => (value === null ? null : value + more);
        const { chipTempC, boardTempC, regulatorTempC } = last.reading;
        const heated = {
          ...last.reading,
          chipTempC: hotter(chipTempC),
          boardTempC: hotter(boardTempC),
          regulatorTempC: hotter(regulatorTempC),
        };
        const mild = replay(steps);
        const hot = replay([...steps.slice(0, -1), { ...last, reading: heated }]);
        const nowNs = mild.nowNs + ms(laterMs);
        expect(RANK[decide(hot.state, LIMITS, nowNs).action]).toBeGreaterThanOrEqual(RANK[decide(mild.state, LIMITS, nowNs).action]);
      }),
      { numRuns: 2000 },
    );
  });

  it("time alone never makes an action milder", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }), (steps, aMs, bMs) => {
        const { state, nowNs } = replay(steps);
        const [early, late] = [Math.min(aMs, bMs), Math.max(aMs, bMs)].map((laterMs) => decide(state, LIMITS, nowNs + ms(laterMs)).action);
        expect(RANK[late as keyof typeof RANK]).toBeGreaterThanOrEqual(RANK[early as keyof typeof RANK]);
      }),
      { numRuns: 1000 },
    );
  });

  it("a board above a limit for a second is off, whatever else is true", () => {
    fc.assert(
      fc.property(history, anyReading, (steps, reading) => {
        const over = (reading.chipTempC ?? 0) > 75 || (reading.regulatorTempC ?? 0) > 105 || (reading.powerMw ?? 0) > 25_000;
        const { state, nowNs } = replay([...steps, ...Array.from({ length: 11 }, () => ({ reading, gapMs: 100 }))]);
        if (over) expect(decide(state, LIMITS, nowNs).action).toBe("power-off");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("switching the supply on", () => {
  const off = { ...RUNNING, energisedNs: null, coreVoltageSet: null };
  const may = (state: SentinelState) => {
    const { action, rule } = mayEnergise(state, LIMITS, NOW);
    return action === "power-off" ? rule : action;
  };
  it("needs a fresh, cool reading", () => {
    expect(may(lasting({}, 0, off))).toBe("none");
    expect(may({ ...off, sensesUnpowered: false }), "all sensors behind the chips").toBe("none");
    expect(may(off)).toBe("readings-stale");
    expect(may(observe(off, readings({ atNs: NOW - ms(STALE_MS + 1) }), LIMITS))).toBe("readings-stale");
    expect(may(lasting({ chipTempC: null, boardTempC: null }, 0, off))).toBe("temperature-unknown");
    expect(may(lasting({ chipTempC: null }, 0, off)), "a die sensor is blind until powered").toBe("none");
    expect(may(lasting({ boardTempC: -31 }, 0, off))).toBe("sensor-implausible");
  });

  it("waits for no debounce: one hot reading refuses", () => {
    expect(may(lasting({ chipTempC: 90 }, 0, off))).toBe("over-temperature-chip");
    expect(may(lasting({ powerMw: 26_000 }, 0, off))).toBe("over-power");
  });
});

it("margins are limit minus reading, and unknown stays unknown", () => {
  const { margins } = decide(lasting({}, 0), LIMITS, NOW);
  expect(margins.map(({ name, value }) => [name, value])).toEqual([
    ["chip temperature", 20],
    ["regulator temperature", null],
    ["board temperature", 40],
    ["input power", 13.5],
    ["input current", expect.closeTo(3.26, 6)],
  ]);
});
