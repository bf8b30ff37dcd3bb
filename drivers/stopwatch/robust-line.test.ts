import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { medianInPlace, robustLine } from "./robust-line.ts";
import { studentQuantile975 } from "./student.ts";

const each = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

describe("robustLine", () => {
  it("finds any exact line", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        number,
        number,
        fc.uniqueArray(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 8, maxLength: 60 }),
        (a, b, xs) => {
          const x = Float64Array.from(xs);
          const line = robustLine(
            x,
            x.map((value) => a + b * value),
            each(x.length),
          );
          const size = Math.abs(a) + Math.abs(b) * 1e4 + 1;
          expect(Math.abs((line?.slope ?? Number.NaN) - b)).toBeLessThan(1e-9 * size);
          expect(Math.abs((line?.offset ?? Number.NaN) - a)).toBeLessThan(1e-6 * size);
        },
      ),
    );
  });

  it("is moved by less than a standard error when a tenth of the points come milliseconds late", () => {
    const noise = gaussian(splitmix64(11));
    const random = splitmix64(12);
    const x = Float64Array.from({ length: 1000 }, () => random.next() * 2e9);
    const y = x.map((value) => 500 + 20e-6 * value + 20_000 * noise());
    const clean = robustLine(x, y, each(1000));
    const late = robustLine(
      x,
      y.map((value, i) => (i % 10 === 0 ? value + 5e6 : value)),
      each(1000),
    );
    expect(late?.outliers).toBe(100);
    expect(Math.abs((late?.slope ?? 0) - (clean?.slope ?? 0))).toBeLessThan(clean?.slopeSe ?? 0);
  });

  /** How often the 95 % interval of the slope holds the true one, over 400 series with errors shared within groups of `size`. */
  function coverage(size: number, grouped: boolean): number {
    let held = 0;
    for (let seed = 0; seed < 400; seed++) {
      const random = splitmix64(1000 + seed);
      const noise = gaussian(random);
      const n = 40 * size;
      const shared = Float64Array.from({ length: 40 }, () => 3 * noise());
      const x = Float64Array.from({ length: n }, (_, i) => Math.floor(i / size) + random.next());
      const y = x.map((value, i) => {
        const group = Math.floor(i / size);
        return 2 * value + noise() + (size > 1 ? (shared[group] as number) : 0);
      });
      const line = robustLine(x, y, grouped ? each(n).map((i) => Math.floor(i / size)) : each(n));
      if (!line) throw new Error("no line");
      if (Math.abs(line.slope - 2) <= studentQuantile975(line.groups - 1) * line.slopeSe) held++;
    }
    return held / 400;
  }

  it("its intervals hold the true slope in 95 of 100 cases, errors shared within groups or not", () => {
    // Two standard errors of 400 draws are 0.022; robust weights and few groups cost a little more.
    expect(coverage(1, true)).toBeGreaterThan(0.91);
    expect(coverage(5, true)).toBeGreaterThan(0.91);
    expect(coverage(5, false)).toBeLessThan(0.85);
  });

  it("refuses what cannot carry a line", () => {
    const ramp = Float64Array.from({ length: 7 }, (_, i) => i);
    expect(robustLine(ramp, ramp, each(7))).toBeNull();
    const flat = new Float64Array(20);
    expect(robustLine(flat, flat, each(20))).toBeNull();
    const x = Float64Array.from({ length: 20 }, (_, i) => i);
    expect(robustLine(x, x, new Uint32Array(20))).toBeNull();
  });

  it("median of nothing is not a number", () => {
    expect(medianInPlace(new Float64Array(0))).toBeNaN();
    expect(medianInPlace(Float64Array.of(3, 1, 2, 10))).toBe(2.5);
  });
});
