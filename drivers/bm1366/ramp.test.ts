import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { encodeCommand } from "../bm13xx/frames.ts";
import { haveVectors, vectors } from "../bm13xx/testing/vectors.ts";
import { frequencyRamp } from "./ramp.ts";
import { pllWordFor } from "./registers.ts";

describe.skipIf(!haveVectors)("recorded ramp", () => {
  test("50 to 485 MHz: 70 frames in the recorded order, byte for byte", () => {
    const recorded = vectors.filter((vector) => vector.name.startsWith("pll_ramp_"));
    const ramp = frequencyRamp(50, 485);
    expect(ramp).toHaveLength(70);
    const frames = new Map(
      ramp.map((mhz) => [
        `pll_ramp_${mhz}`,
        toHex(encodeCommand({ kind: "write", address: null, register: 0x08, value: pllWordFor(mhz) })),
      ]),
    );
    expect(recorded.length).toBeGreaterThan(50);
    for (const vector of recorded) expect([vector.name, frames.get(vector.name)]).toEqual([vector.name, toHex(vector.bytes)]);
  });
});

test.each([
  [485, 485, []],
  [485, 485.00001, []],
  [50, 56, [56]],
  [50, 56.25, [56.25]],
  [485, 450, [481.25, 475, 468.75, 462.5, 456.25, 450]],
  [450, 470, [456.25, 462.5, 468.75, 470]],
  [60, 51, [56.25, 51]],
])("from %d to %d MHz", (from, to, steps) => {
  expect(frequencyRamp(from, to)).toEqual(steps);
});

test("a ramp ends at its target, goes one way, and takes no step larger than the grid", () => {
  const mhz = fc.double({ min: 43, max: 1000, noNaN: true });
  fc.assert(
    fc.property(mhz, mhz, (from, to) => {
      const steps = frequencyRamp(from, to);
      fc.pre(steps.length > 0);
      expect(steps.at(-1)).toBeCloseTo(to, 3);
      const path = [from, ...steps];
      for (let at = 1; at < path.length; at++) {
        const step = (path[at] as number) - (path[at - 1] as number);
        expect(Math.sign(step)).toBe(Math.sign(to - from));
        expect(Math.abs(step)).toBeLessThanOrEqual(6.25);
      }
    }),
  );
});
