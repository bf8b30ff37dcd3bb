import { describe, expect, it } from "vitest";
import type { Readings } from "../../../messages.ts";
import { HISTORY_MS, ReadingsHistory } from "./history.ts";

const readings = (wallMs: number, powerW: number | null): Readings => ({
  wallMs,
  powerW,
  coreVoltageMv: null,
  inputVoltageMv: null,
  inputCurrentMa: null,
  chipTempC: null,
  boardTempC: null,
  regulatorTempC: null,
  fanRpm: null,
  fanPercent: null,
  hashRateGhs: null,
  expectedGhs: null,
});

describe("readings history", () => {
  it("shows unknown as a break, never as zero", () => {
    const history = new ReadingsHistory();
    history.push(readings(1000, 5));
    history.push(readings(2000, null));
    expect(history.series(["powerW"], 2000)).toEqual([
      [1, 2],
      [5, null],
    ]);
  });

  it("breaks the line where readings stopped for more than five seconds", () => {
    const history = new ReadingsHistory();
    history.push(readings(1000, 5));
    history.push(readings(6000, 6));
    history.push(readings(60_000, 7));
    expect(history.series(["powerW"], 60_000)[1]).toEqual([5, 6, null, 7]);
  });

  it("shows all there is, from one minute up to ten", () => {
    const history = new ReadingsHistory();
    expect(history.spanMs(5000)).toBe(60_000);
    history.push(readings(1000, 5));
    expect(history.spanMs(11_000)).toBe(60_000);
    expect(history.spanMs(181_000)).toBe(180_000);
    expect(history.spanMs(10 * HISTORY_MS)).toBe(HISTORY_MS);
  });

  it("takes no reading twice and none from the past", () => {
    const history = new ReadingsHistory();
    expect(history.push(readings(5000, 1))).toBe(true);
    expect(history.push(readings(5000, 2))).toBe(false);
    expect(history.push(readings(4000, 3))).toBe(false);
    expect(history.series(["powerW"], 5000)[1]).toEqual([1]);
  });

  it("shows the last ten minutes only", () => {
    const history = new ReadingsHistory();
    for (let wallMs = 1000; wallMs <= HISTORY_MS + 10_000; wallMs += 1000) history.push(readings(wallMs, wallMs));
    const [times] = history.series(["powerW"], HISTORY_MS + 10_000);
    expect(times[0]).toBe(10);
    expect(times.at(-1)).toBe((HISTORY_MS + 10_000) / 1000);
  });
});
