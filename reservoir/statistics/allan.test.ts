import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import {
  allanDeviation,
  hadamardDeviation,
  modifiedAllanDeviation,
  octaves,
  overlappingAllanDeviation,
  overlappingHadamardDeviation,
  phaseOf,
  timeDeviation,
  totalDeviation,
} from "./allan.ts";

describe.skipIf(!haveOracle)("the published table of NIST SP 1065", () => {
  const { published, tol } = oracle<{ published: Record<string, Record<string, number>>; tol: number }>("allan_nist_sp1065");
  const y = new Float64Array(1000);
  let n = 1234567890;
  for (let i = 0; i < 1000; i++) {
    y[i] = n / 2147483647;
    n = Number((16807n * BigInt(n)) % 2147483647n);
  }
  const x = phaseOf(y);
  const ours = {
    adev: allanDeviation,
    oadev: overlappingAllanDeviation,
    mdev: modifiedAllanDeviation,
    tdev: timeDeviation,
    hdev: hadamardDeviation,
    ohdev: overlappingHadamardDeviation,
    totdev: totalDeviation,
  };
  it.each(Object.keys(ours) as (keyof typeof ours)[])("%s", (name) => {
    for (const [m, row] of Object.entries(published)) expectRelative(ours[name](x, Number(m)), row[name] as number, Math.max(tol, 2e-7));
  });
});

describe("Allan deviations", () => {
  it("fall as the root of tau for white frequency noise, and as tau^1.5 for white phase noise in MDEV", () => {
    const noise = gaussian(splitmix64(4));
    const white = Float64Array.from({ length: 20_000 }, noise);
    const frequency = phaseOf(white);
    expect(overlappingAllanDeviation(frequency, 64) / overlappingAllanDeviation(frequency, 4)).toBeCloseTo(0.25, 1);
    expect(modifiedAllanDeviation(white, 32) / modifiedAllanDeviation(white, 2)).toBeCloseTo(16 ** -1.5, 2);
  });

  it("do not see a constant frequency, Hadamard's no constant drift either", () => {
    const drifting = Float64Array.from({ length: 200 }, (_, i) => 3 * i + 0.25 * i * i);
    expect(overlappingHadamardDeviation(drifting, 4, 2)).toBeCloseTo(0, 9);
    expect(overlappingAllanDeviation(drifting, 4, 2)).toBeCloseTo((0.5 * 16) / Math.SQRT2 / (4 * 2), 9);
  });

  it("scale with the interval between samples", () => {
    const x = phaseOf(Float64Array.from({ length: 100 }, gaussian(splitmix64(1))));
    expect(allanDeviation(x, 3, 10)).toBeCloseTo(allanDeviation(x, 3) / 10, 12);
  });

  it("are not a number where there are too few samples", () => {
    expect(allanDeviation([1, 2], 1)).toBeNaN();
    expect(modifiedAllanDeviation([1, 2, 3], 2)).toBeNaN();
    expect(octaves(3)).toEqual([]);
    expect(octaves(100)).toEqual([1, 2, 4, 8, 16, 32]);
  });
});
