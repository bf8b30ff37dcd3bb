import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lcg32 } from "../../common/random.ts";
import { bindReadout } from "./bind.ts";
import { useKernels } from "./kernels.ts";

/** With ASICR_PORTABLE=1 there is no addon to test. */
const KERNELS = process.env.ASICR_PORTABLE === "1" ? (["typescript"] as const) : (["native", "typescript"] as const);

describe.each(KERNELS)("bindReadout with %s kernels", (which) => {
  beforeAll(() => expect(useKernels(which)).toBe(true));
  afterAll(() => useKernels("native"));

  it("writes intercept + weights . input where it was bound to, step after step", () => {
    const random = lcg32(3);
    for (const features of [1, 2, 31, 32, 33, 500])
      for (const targets of [1, 3]) {
        const weights = Float64Array.from({ length: features * targets }, () => random.next() - 0.5);
        const intercepts = Float64Array.from({ length: targets }, () => random.next());
        const { input, output, step } = bindReadout({ weights, intercepts });
        expect([input.length, output.length]).toEqual([features, targets]);
        for (let round = 0; round < 3; round++) {
          for (let i = 0; i < features; i++) input[i] = random.next() - 0.5;
          step();
          for (let t = 0; t < targets; t++) {
            let expected = intercepts[t] as number;
            for (let i = 0; i < features; i++) expected += (weights[t * features + i] as number) * (input[i] as number);
            expect(output[t]).toBeCloseTo(expected, 12);
          }
        }
      }
  });

  it("keeps its own copy of the weights", () => {
    const weights = Float64Array.of(2);
    const { input, output, step } = bindReadout({ weights, intercepts: Float64Array.of(1) });
    weights[0] = 100;
    input[0] = 3;
    step();
    expect(output[0]).toBe(7);
  });

  it("can be called when only its step is left", () => {
    const { step } = bindReadout({ weights: new Float64Array(1000), intercepts: new Float64Array(1) });
    for (let i = 0; i < 1000; i++) bindReadout({ weights: new Float64Array(1000), intercepts: new Float64Array(1) }).step();
    expect(step).not.toThrow();
  });
});
