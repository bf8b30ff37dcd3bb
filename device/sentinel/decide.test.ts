import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BoardLimits, BoardReadings } from "../../drivers/boards/board.ts";
import { decide, mayEnergise, type SentinelState, STALE_MS } from "./decide.ts";

const LIMITS: BoardLimits = {
  coreVoltageMv: { min: 1100, max: 1300 },
  frequencyMhz: { min: 50, max: 575 },
  maxPowerMw: 25_000,
  maxChipTempC: 75,
  maxRegulatorTempC: 105,
  maxBoardTempC: 90,
};
const NOW = 100_000_000_000n;
const BLIND_MS = 10_000;
const ms = (n: number) => BigInt(n) * 1_000_000n;

function readings(change: Partial<BoardReadings> = {}): BoardReadings {
  return {
    atNs: NOW - ms(100),
    coreVoltageMv: 1200,
    inputVoltageMv: 5000,
    inputCurrentMa: 2300,
    powerMw: 11_500,
    chipTempC: 55,
    boardTempC: 50,
    regulatorTempC: null,
    fanRpm: 4000,
    ...change,
  };
}
function state(change: Partial<SentinelState> = {}): SentinelState {
  return {
    readings: readings(),
    chipTempKnownNs: NOW - ms(100),
    sensesUnpowered: true,
    blindMs: BLIND_MS,
    energisedNs: NOW - ms(60_000),
    coreVoltageSet: { mv: 1200, atNs: NOW - ms(50_000) },
    ...change,
  };
}

describe("the sentinel's table of cases", () => {
  const cases: [string, Partial<SentinelState>, string, string][] = [
    ["all is well", {}, "none", "ok"],
    ["a temperature exactly at its limit is still allowed", { readings: readings({ chipTempC: 75 }) }, "none", "ok"],
    ["the chip is too hot", { readings: readings({ chipTempC: 75.1 }) }, "power-off", "over-temperature-chip"],
    ["the regulator is too hot", { readings: readings({ regulatorTempC: 105.5 }) }, "power-off", "over-temperature-regulator"],
    ["a board with a limit of its own is too hot", { readings: readings({ boardTempC: 90.5 }) }, "power-off", "over-temperature-board"],
    ["the board draws too much", { readings: readings({ powerMw: 25_001 }) }, "power-off", "over-power"],
    ["the core voltage is far above its set-point", { readings: readings({ coreVoltageMv: 1321 }) }, "power-off", "core-voltage-high"],
    [
      "an old hot reading still counts",
      { readings: readings({ chipTempC: 80, atNs: NOW - ms(9000) }) },
      "power-off",
      "over-temperature-chip",
    ],
    [
      "a hot chip counts with the supply off too",
      { readings: readings({ chipTempC: 80 }), energisedNs: null },
      "power-off",
      "over-temperature-chip",
    ],
    ["readings are stale", { readings: readings({ atNs: NOW - ms(STALE_MS + 1) }) }, "fan-full", "readings-stale"],
    ["the temperature is missing for a moment", { readings: readings({ chipTempC: null }) }, "fan-full", "temperature-missing"],
    [
      "the temperature is missing for too long",
      { readings: readings({ chipTempC: null }), chipTempKnownNs: NOW - ms(BLIND_MS + 1) },
      "power-off",
      "temperature-unknown",
    ],
    [
      "a die sensor has not woken up yet",
      { readings: readings({ chipTempC: null }), chipTempKnownNs: null, energisedNs: NOW - ms(BLIND_MS) },
      "fan-full",
      "temperature-missing",
    ],
    [
      "no temperature was ever known",
      { readings: readings({ chipTempC: null }), chipTempKnownNs: null },
      "power-off",
      "temperature-unknown",
    ],
    ["there was never a reading", { readings: null, chipTempKnownNs: null }, "power-off", "temperature-unknown"],
    ["with the supply off nothing known is nothing to do", { readings: null, chipTempKnownNs: null, energisedNs: null }, "none", "ok"],
  ];
  it.each(cases)("%s", (_, change, action, rule) => {
    const decision = decide(state(change), LIMITS, NOW);
    expect([decision.action, decision.rule]).toEqual([action, rule]);
    expect(decision.reason).not.toBe("");
  });

  it("never lets an energised board above a limit go on, whatever else is true", () => {
    const temp = fc.option(fc.double({ min: -40, max: 150, noNaN: true }), { nil: null });
    fc.assert(
      fc.property(
        temp,
        temp,
        fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: null }),
        fc.integer({ min: 0, max: 20_000 }),
        (chipTempC, regulatorTempC, powerMw, ageMs) => {
          const at = NOW - ms(ageMs);
          const known = chipTempC === null ? null : at;
          const decision = decide(
            state({ readings: readings({ chipTempC, regulatorTempC, powerMw, atNs: at }), chipTempKnownNs: known }),
            LIMITS,
            NOW,
          );
          const over =
            (chipTempC ?? 0) > 75 || (regulatorTempC ?? 0) > 105 || (powerMw ?? 0) > 25_000 || chipTempC === null || ageMs > BLIND_MS;
          expect(decision.action === "power-off").toBe(over);
        },
      ),
    );
  });

  it("margins are limit minus reading, and unknown stays unknown", () => {
    const { margins } = decide(state(), LIMITS, NOW);
    expect(margins.map((m) => m.value)).toEqual([20, null, 40, 13.5]);
  });
});

describe("switching the supply on", () => {
  it("needs a fresh, cool reading of the chip", () => {
    const off = { energisedNs: null, coreVoltageSet: null };
    expect(mayEnergise(state(off), LIMITS, NOW).action).toBe("none");
    expect(mayEnergise(state({ ...off, readings: null, sensesUnpowered: false }), LIMITS, NOW).action, "all sensors behind the chips").toBe(
      "none",
    );
    expect(mayEnergise(state({ ...off, readings: null }), LIMITS, NOW).rule).toBe("readings-stale");
    expect(mayEnergise(state({ ...off, readings: readings({ atNs: NOW - ms(STALE_MS + 1) }) }), LIMITS, NOW).rule).toBe("readings-stale");
    expect(mayEnergise(state({ ...off, readings: readings({ chipTempC: null, boardTempC: null }) }), LIMITS, NOW).rule).toBe(
      "temperature-unknown",
    );
    expect(
      mayEnergise(state({ ...off, readings: readings({ chipTempC: null }) }), LIMITS, NOW).action,
      "a die sensor is blind until powered",
    ).toBe("none");
    expect(mayEnergise(state({ ...off, readings: readings({ chipTempC: 90 }) }), LIMITS, NOW).rule).toBe("over-temperature-chip");
  });
});
