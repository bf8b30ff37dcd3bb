import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chipAsSource, chipTemperatures, type HeatPath } from "./heat-path.ts";

const PATH: HeatPath = { junctionJPerK: 0.02, junctionWPerK: 2, packageJPerK: 0.3, packageWPerK: 0.5 };
const temp = fc.double({ min: -20, max: 150, noNaN: true });

describe("the way of the heat", () => {
  it("keeps every joule: what the die makes is stored in the two masses or enters the sink", () => {
    fc.assert(
      fc.property(
        temp,
        temp,
        temp,
        fc.double({ min: 0, max: 50, noNaN: true }),
        fc.double({ min: 1e-4, max: 10, noNaN: true }),
        (j, p, s, w, dt) => {
          const source = chipAsSource(PATH, j, p, w, dt);
          const after = chipTemperatures(PATH, j, p, w, s, dt);
          const storedJ = PATH.junctionJPerK * (after.junctionC - j) + PATH.packageJPerK * (after.packageC - p);
          const toSinkJ = source.wPerK * (source.sourceC - s) * dt;
          expect(Math.abs(w * dt - storedJ - toSinkJ)).toBeLessThan(1e-9 * (1 + Math.abs(toSinkJ) + Math.abs(storedJ)));
        },
      ),
    );
  });

  it("settles at power times the two resistances above the sink", () => {
    let [j, p] = [25, 25];
    for (let i = 0; i < 2000; i++) ({ junctionC: j, packageC: p } = chipTemperatures(PATH, j, p, 5, 60, 0.01));
    expect(p).toBeCloseTo(60 + 5 / 0.5, 6);
    expect(j).toBeCloseTo(60 + 5 / 0.5 + 5 / 2, 6);
  });

  it("has the two time constants of a die on a package: the die follows in 10 ms, the package in 0.6 s", () => {
    const at = (seconds: number) => {
      let [j, p] = [25, 25];
      for (let i = 0; i < seconds / 1e-4; i++) ({ junctionC: j, packageC: p } = chipTemperatures(PATH, j, p, 5, 25, 1e-4));
      return { die: j - p, packageRise: p - 25 };
    };
    expect(at(0.01).die / (5 / 2)).toBeCloseTo(1 - 1 / Math.E, 1);
    expect(at(0.6).packageRise / (5 / 0.5)).toBeCloseTo(1 - 1 / Math.E, 1);
  });
});
