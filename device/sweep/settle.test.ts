import { describe, expect, test } from "vitest";
import { type SettleReading, settling } from "./settle.ts";

const rule = { leastMs: 500, windowMs: 400, mostMs: 5000, slopeCPerS: 0.5, voltageBandMv: 10 };
/** Ten readings a second until `toMs`. */
const readings = (toMs: number, tempC: (s: number) => number | null, mv: (s: number) => number | null = () => 1200): SettleReading[] =>
  Array.from({ length: Math.floor(toMs / 100) }, (_, i) => ({
    atMs: 100 * (i + 1),
    chipTempC: tempC((i + 1) / 10),
    coreVoltageMv: mv((i + 1) / 10),
  }));

describe("a set-point settles", () => {
  test("when temperature and voltage are steady over the window", () => {
    expect(
      settling(
        readings(1000, () => 50),
        rule,
        1000,
      ),
    ).toMatchObject({ settled: true, slopeCPerS: 0, voltageSpreadMv: 0 });
  });

  test("not while the chip still warms up, and as soon as it no longer does", () => {
    const warming = (s: number) => 60 - 10 * Math.exp(-s / 2);
    expect(settling(readings(1000, warming), rule, 1000)).toMatchObject({ settled: false, why: expect.stringContaining("temperature") });
    expect(settling(readings(9000, warming), rule, 9000).settled).toBe(true);
  });

  test("not while the regulator moves", () => {
    const slewing = (s: number) => 1200 - 100 * s;
    expect(
      settling(
        readings(1000, () => 50, slewing),
        rule,
        1000,
      ),
    ).toMatchObject({ settled: false, why: expect.stringContaining("voltage") });
  });

  test("not before the least wait, nor on readings that do not fill the window", () => {
    expect(
      settling(
        readings(400, () => 50),
        rule,
        400,
      ).settled,
    ).toBe(false);
    expect(settling(readings(1000, () => 50).slice(-2), rule, 1000).settled).toBe(false);
    expect(settling([], rule, 1000).settled).toBe(false);
  });

  test("never on a temperature that is not known", () => {
    expect(
      settling(
        readings(5000, () => null),
        rule,
        5000,
      ),
    ).toMatchObject({ settled: false, slopeCPerS: null });
  });

  test("without a voltage where the board cannot read it back", () => {
    expect(
      settling(
        readings(
          1000,
          () => 50,
          () => null,
        ),
        rule,
        1000,
      ),
    ).toMatchObject({ settled: true, voltageSpreadMv: null });
  });

  test("by the latest window alone: what was before does not count", () => {
    const jump = (s: number) => (s < 0.55 ? 20 : 50);
    expect(settling(readings(1000, jump), rule, 1000).settled).toBe(true);
  });
});
