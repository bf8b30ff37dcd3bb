import { describe, expect, test } from "vitest";
import { decide, type SeedScore } from "./decide.ts";

const rule = { rule: "beats", than: "taps-30", alpha: 0.01, mostInvalidShare: 0.05 } as const;
const score = (seed: number, changes: Partial<SeedScore> = {}): SeedScore => ({
  seed,
  nrmse: 0.2,
  than: "taps-30",
  thanNrmse: 0.4,
  pValue: 1e-6,
  beats: true,
  controls: [{ name: "shuffled", nrmse: 1 }],
  steps: 1000,
  invalidSteps: 10,
  ...changes,
});

describe("the rule", () => {
  test("says yes when every seed wins, and with fewer when so many were asked for", () => {
    expect(decide(rule, [], [score(1), score(2)]).answer).toBe("yes");
    expect(decide(rule, [], [score(1), score(2, { beats: false })]).answer).toBe("no");
    expect(decide({ ...rule, seeds: 1 }, [], [score(1), score(2, { beats: false })]).answer).toBe("yes");
  });

  test("counts a seed only below its alpha and below every control that was asked for", () => {
    expect(decide({ ...rule, alpha: 1e-7 }, [], [score(1)]).answer).toBe("no");
    expect(decide(rule, ["shuffled"], [score(1, { controls: [{ name: "shuffled", nrmse: 0.1 }] })]).answer).toBe("no");
    expect(decide(rule, [], [score(1, { controls: [{ name: "shuffled", nrmse: 0.1 }] })]).answer).toBe("yes");
  });

  test("has no answer with too many invalid steps, or without a control that was asked for", () => {
    expect(decide(rule, [], [score(1, { invalidSteps: 51 })])).toMatchObject({
      answer: "not testable",
      sentence: expect.stringContaining("51 of 1000"),
    });
    expect(decide(rule, ["host alone"], [score(1)]).answer).toBe("not testable");
  });
});
