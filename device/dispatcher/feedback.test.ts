import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Feedback, feedbackSchema } from "./feedback.ts";

const means = (delayMs: number) => ({ delayMs, residualUs: 10 * delayMs, difficultyLog2: 2, core: 50 });
const settings = (given: object) => feedbackSchema.parse(given);

describe("feedback", () => {
  it("is the signal of `lag` steps ago, less its offset, times its gain; 0 until there is one", () => {
    const feedback = new Feedback(settings({ signal: "delay", gain: 0.01, offset: 5, lag: 2, clip: 0.5 }));
    const added: number[] = [];
    for (const delayMs of [6, 8, 3, 5]) {
      added.push(feedback.next());
      feedback.tell(means(delayMs));
    }
    added.push(feedback.next());
    const expected = [0, 0, 0.01, 0.03, -0.02];
    added.forEach((value, step) => {
      expect(value).toBeCloseTo(expected[step] as number, 12);
    });
  });

  it.each([
    ["residual", 0.3],
    ["difficulty", 0.02],
    ["core", 0.5],
  ] as const)("takes the %s when told so", (signal, expected) => {
    const feedback = new Feedback(settings({ signal, gain: 0.01, clip: 0.5 }));
    feedback.tell(means(3));
    expect(feedback.next()).toBeCloseTo(expected, 12);
  });

  it("never exceeds its clip, and a step without answers adds nothing", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: false }), fc.double({ min: -10, max: 10, noNaN: true }), (delayMs, gain) => {
        const feedback = new Feedback(settings({ signal: "delay", gain, clip: 0.2 }));
        feedback.tell(means(delayMs));
        const added = feedback.next();
        expect(Math.abs(added)).toBeLessThanOrEqual(0.2);
        if (!Number.isFinite(delayMs)) expect(added).toBe(0);
      }),
    );
  });
});
