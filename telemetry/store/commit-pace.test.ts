import fc from "fast-check";
import { expect, test } from "vitest";
import { CommitPace } from "./commit-pace.ts";

const overruns = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 100 });

test("a commit may take twice as long as the worst of the last ones and is done within the interval, if half of it is enough; a quarter is always kept", () => {
  fc.assert(
    fc.property(overruns, (list) => {
      const pace = new CommitPace(1000);
      for (const overrunMs of list) pace.note(overrunMs);
      const worst = Math.max(0, ...list.slice(-64));
      expect(pace.periodMs + Math.min(Math.max(2 * worst, 250), 500)).toBeCloseTo(1000, 9);
      expect(pace.periodMs).toBeGreaterThanOrEqual(500);
    }),
  );
});
