import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activityOf, chipDrive, couplingMatrix, couplingSchema } from "./coupling.ts";

const place = { homeMhz: 600, limits: { minMhz: 500, maxMhz: 650 } };

describe("coupling", () => {
  it("nobody hears itself or anyone out of reach, and the ends hear fewer", () => {
    expect(couplingMatrix(4, 1)).toEqual([
      [0, 1, 0, 0],
      [0.5, 0, 0.5, 0],
      [0, 0.5, 0, 0.5],
      [0, 0, 1, 0],
    ]);
    expect(couplingMatrix(2, 0)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("activity is against the chain's mean", () => {
    expect(activityOf([2, 1, 0, 1])).toEqual([1, 0, -1, 0]);
    expect(activityOf([0, 0])).toEqual([0, 0]);
  });

  it("a chip speeds up when its neighbours found more than the others, by the gain", () => {
    const { offsetsMhz, clocksMhz } = chipDrive(0.25, [1, 0, -1, 0], couplingMatrix(4, 1), couplingSchema.parse({ gainMhz: 10 }), place);
    expect(offsetsMhz).toEqual([0, 0, 0, -10]);
    expect(clocksMhz).toEqual([600, 600, 600, 590]);
  });

  it("the input moves all clocks alike", () => {
    const drive = (u: number) => chipDrive(u, [0, 0], couplingMatrix(2, 1), couplingSchema.parse({ spreadMhz: 40 }), place).clocksMhz;
    expect([drive(0), drive(0.25), drive(0.5)]).toEqual([
      [580, 580],
      [600, 600],
      [620, 620],
    ]);
  });

  it("no activity drives a chip out of its limits, or an offset over its clip", () => {
    const activity = fc.array(fc.double({ min: -1, max: 100, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(activity, fc.double({ min: 0, max: 0.5, noNaN: true }), fc.integer({ min: -1000, max: 1000 }), (active, u, gainMhz) => {
        const coupling = couplingSchema.parse({ gainMhz, clipMhz: 30, spreadMhz: 200 });
        const { offsetsMhz, clocksMhz } = chipDrive(u, active, couplingMatrix(5, 2), coupling, place);
        for (const offset of offsetsMhz) expect(Math.abs(offset)).toBeLessThanOrEqual(30);
        for (const clock of clocksMhz) {
          expect(clock).toBeGreaterThanOrEqual(500);
          expect(clock).toBeLessThanOrEqual(650);
        }
      }),
    );
  });
});
