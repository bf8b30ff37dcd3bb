import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { believed } from "./believed.ts";
import type { TempAt } from "./observe.ts";
import { ms, NOW, readings } from "./readings.test-support.ts";

/** What is believed of temperatures a tenth of a second apart, of a powered board. */
function follow(temps: readonly (number | null)[], energised = true): (number | null)[] {
  let known: readonly TempAt[] = [];
  return temps.map((chipTempC, i) => {
    const look = believed(known, readings({ atNs: NOW + ms(100 * i), chipTempC }), energised);
    known = look.temps;
    return look.readings.chipTempC;
  });
}

const tenths = (n: number, tempC: number): number[] => Array<number>(n).fill(tempC);

describe("the temperature of a powered chip", () => {
  test.each([
    ["a register full of ones", 57, -1],
    ["a bus that is held down", 57, 0],
    ["the same on a chip that is hardly warm", 38, 5],
  ])("is unknown for longer than a chip may be: %s", (_, warmC, deadC) => {
    const after = follow([...tenths(20, warmC), ...tenths(120, deadC)]).slice(20);
    expect(after).toEqual(after.map(() => null));
  });

  test("is known again as soon as it comes back", () => {
    expect(follow([57, 57, 0, 0, 56]).at(-1)).toBe(56);
  });

  test("may fall as a chip's does that is told half of its clock", () => {
    const cooling = Array.from({ length: 300 }, (_, i) => 45 + 25 * Math.exp(-i / 100));
    expect(follow(cooling)).toEqual(cooling);
  });

  test("one reading that is too hot does not make those after it unbelievable", () => {
    expect(follow([...tenths(12, 57), 121, ...tenths(20, 57)])).not.toContain(null);
  });

  test("is never hotter or colder than what was read, and a rise is always believed", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ min: -50, max: 150, noNaN: true }), { nil: null })), (temps) => {
        let warmest = Number.NEGATIVE_INFINITY;
        follow(temps).forEach((tempC, i) => {
          const read = temps[i] ?? null;
          if (tempC !== null || read === null || read >= warmest) expect(tempC).toBe(read);
          if (read !== null) warmest = Math.max(warmest, read);
        });
      }),
    );
  });

  test("of a board that is off may be anything", () => {
    expect(follow([57, 0, 57, -20], false)).toEqual([57, 0, 57, -20]);
  });
});
