import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SweepPoint } from "../../../messages.ts";
import { difficulties, layoutSweep, move, operatingPlace } from "./layout.ts";
import { colourOf, describe as describePoint, domainOf, quantityOf, valueText } from "./quantity.ts";

const done: SweepPoint = {
  index: 0,
  total: 4,
  status: "done",
  reason: null,
  seconds: 2,
  coreVoltageMv: 1200,
  frequencyMhz: 485,
  ticketDifficulty: 256,
  nonces: { valid: 98, invalid: 2, stale: 0, duplicate: 0, "unknown-job": 0 },
  hashRateGhs: 430,
  expectedGhs: 434,
  powerW: 12,
  chipTempC: 55,
  joulesPerTerahash: 27.9,
  cv: 1.02,
  cvBand: [0.85, 1.16],
};
const at = (index: number, coreVoltageMv: number, frequencyMhz: number, more: Partial<SweepPoint> = {}): SweepPoint => ({
  ...done,
  index,
  coreVoltageMv,
  frequencyMhz,
  ...more,
});

describe("operating point", () => {
  const grid = layoutSweep([at(0, 1200, 485), at(1, 1250, 485), at(2, 1200, 525)], 256);
  const now = (coreVoltageMv: number, frequencyMhz: number, ticketDifficulty = 256) => ({ coreVoltageMv, frequencyMhz, ticketDifficulty });

  it("is the cell that is nearest, within half a step", () => {
    expect(operatingPlace(grid, 256, now(1251, 484.4))).toEqual({ row: 0, column: 0 });
    expect(operatingPlace(grid, 256, now(1200, 525))).toEqual({ row: 1, column: 1 });
  });

  it("is nowhere beyond the map, at another difficulty, or when there is no set-point", () => {
    expect(operatingPlace(grid, 256, now(1300, 485))).toBeNull();
    expect(operatingPlace(grid, 256, now(1200, 485, 512))).toBeNull();
    expect(operatingPlace(grid, 256, null)).toBeNull();
  });
});

describe("regimes", () => {
  it("are written out, ordered from dead to healthy, and a point without one has no colour", () => {
    const of = (regime: SweepPoint["regime"]) => at(0, 1200, 485, { regime: regime ?? null });
    const levels = (["dead", "edge", "marginal", "healthy"] as const).map((regime) => quantityOf("regime", of(regime)));
    expect(levels).toEqual([0, 1, 2, 3]);
    expect(levels.map((level) => valueText("regime", level))).toEqual(["dead", "edge", "marginal", "healthy"]);
    expect(colourOf("regime", of(null), domainOf("regime", []))).toBeNull();
    expect(describePoint(at(0, 1, 1, { regime: null, regimeReason: "too few nonces" })).join()).toContain("no regime: too few nonces");
  });
});

describe("sweep layout", () => {
  it("has every point in the row of its voltage and the column of its frequency, whatever the order of arrival", () => {
    const setPoint = fc.record({ v: fc.integer({ min: 1000, max: 1005 }), f: fc.integer({ min: 400, max: 405 }) });
    fc.assert(
      fc.property(fc.uniqueArray(setPoint, { selector: ({ v, f }) => `${v}/${f}` }), (points) => {
        const grid = layoutSweep(
          points.map(({ v, f }, index) => at(index, v, f)),
          256,
        );
        expect(grid.voltagesMv).toEqual([...grid.voltagesMv].sort((a, b) => b - a));
        expect(grid.frequenciesMhz).toEqual([...grid.frequenciesMhz].sort((a, b) => a - b));
        const cells = grid.rows.flatMap((row, r) => row.map((point, c) => ({ point, r, c }))).filter(({ point }) => point !== null);
        expect(cells).toHaveLength(points.length);
        for (const { point, r, c } of cells) {
          expect([point?.coreVoltageMv, point?.frequencyMhz]).toEqual([grid.voltagesMv[r], grid.frequenciesMhz[c]]);
        }
      }),
    );
  });

  it("shows the latest of two points at one place, in whichever order they come", () => {
    const [first, second] = [at(1, 1200, 485), at(5, 1200, 485)];
    expect(layoutSweep([first, second], 256).rows).toEqual([[second]]);
    expect(layoutSweep([second, first], 256).rows).toEqual([[second]]);
  });

  it("keeps difficulties on maps of their own", () => {
    const points = [at(0, 1200, 485), at(1, 1200, 485, { ticketDifficulty: 512 })];
    expect(difficulties(points)).toEqual([256, 512]);
    expect(layoutSweep(points, 512).rows.flat()).toEqual([points[1]]);
  });

  it("arrow keys stop at the edges and other keys do nothing", () => {
    expect(move({ row: 0, column: 0 }, "ArrowUp", 2, 3)).toEqual({ row: 0, column: 0 });
    expect(move({ row: 0, column: 2 }, "ArrowRight", 2, 3)).toEqual({ row: 0, column: 2 });
    expect(move({ row: 0, column: 1 }, "ArrowDown", 2, 3)).toEqual({ row: 1, column: 1 });
    expect(move({ row: 1, column: 1 }, "End", 2, 3)).toEqual({ row: 1, column: 2 });
    expect(move({ row: 1, column: 1 }, "a", 2, 3)).toBeNull();
  });
});

describe("sweep quantities", () => {
  it("are unknown, not zero, where nothing was counted or measured", () => {
    const silent = at(0, 1200, 485, {
      hashRateGhs: null,
      joulesPerTerahash: null,
      cv: null,
      nonces: { ...done.nonces, valid: 0, invalid: 0 },
    });
    for (const quantity of ["rate", "invalid", "energy", "cv"] as const) {
      expect(quantityOf(quantity, silent)).toBeNull();
      expect(valueText(quantity, quantityOf(quantity, silent))).toBe("–");
      expect(colourOf(quantity, silent, [0, 1])).toBeNull();
    }
  });

  it("a CV without its band has no colour: nothing to judge it by", () => {
    expect(colourOf("cv", at(0, 1200, 485, { cvBand: null }), [0, 2])).toBeNull();
    expect(colourOf("cv", done, [0, 2])).not.toBeNull();
  });

  it("bright is the good end: full rate, no errors, little energy", () => {
    const domain = { rate: [0, 1], invalid: [0, 0.1], energy: [20, 60] } as const;
    const good = at(0, 0, 0, { hashRateGhs: 434, joulesPerTerahash: 20, nonces: { ...done.nonces, invalid: 0 } });
    const bad = at(0, 0, 0, { hashRateGhs: 10, joulesPerTerahash: 60, nonces: { ...done.nonces, invalid: 50 } });
    for (const quantity of ["rate", "invalid", "energy"] as const) {
      const red = (point: SweepPoint): number => colourOf(quantity, point, domain[quantity])?.[0] ?? Number.NaN;
      expect(red(good), quantity).toBeGreaterThan(red(bad));
    }
  });

  it("one point that hardly hashes does not flatten the energy scale", () => {
    const points = [20, 22, 25, 900_000].map((joulesPerTerahash, index) => at(index, 1200, 400 + index, { joulesPerTerahash }));
    const [low, high] = domainOf("energy", points);
    expect(low).toBe(20);
    expect(high).toBeLessThan(100);
  });

  it("invalid points shape no scale and tell their reason", () => {
    const bad = at(1, 1200, 500, { status: "invalid", reason: "read-back 1100 mV", joulesPerTerahash: 1 });
    expect(domainOf("energy", [done, bad])[0]).toBe(27.9);
    expect(describePoint(bad).join(" ")).toContain("read-back 1100 mV");
  });
});
