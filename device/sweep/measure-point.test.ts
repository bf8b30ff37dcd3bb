import { describe, expect, test } from "vitest";
import { enoughFor } from "./measure-point.ts";
import { sequentialTest } from "./sequential.ts";

const detect = { soundShare: 0.001, faultyShare: 0.01, alpha: 0.05, power: 0.9, cvDifference: null, mostMs: 60_000 };

describe("a point is counted", () => {
  test("until a test is decided, whichever way", () => {
    const enough = enoughFor(detect);
    expect(enough({ valid: 50, invalid: 0 }, 1000)).toBeNull();
    expect(enough({ valid: 500, invalid: 0 }, 1000)).toBe("sequential");
    expect(enough({ valid: 50, invalid: 5 }, 1000)).toBe("sequential");
  });

  test("no longer than is allowed, decided or not", () => {
    expect(enoughFor(detect)({ valid: 50, invalid: 0 }, 60_000)).toBe("most");
  });

  test("at the fixed sample at the latest", () => {
    const { mostNonces } = sequentialTest(detect);
    for (let invalid = 0; invalid < 20; invalid++)
      expect(enoughFor(detect)({ valid: mostNonces - invalid, invalid }, 1000)).toMatch(/sample|sequential/);
  });

  test("for as many intervals as a CV takes, though its share has long been decided", () => {
    const enough = enoughFor({ ...detect, cvDifference: 0.05 });
    expect(enough({ valid: 3000, invalid: 0 }, 1000)).toBeNull();
    expect(enough({ valid: 5000, invalid: 0 }, 1000)).not.toBeNull();
  });
});
