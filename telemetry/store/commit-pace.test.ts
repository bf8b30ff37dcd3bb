import fc from "fast-check";
import { expect, test } from "vitest";
import { CommitPace } from "./commit-pace.ts";

const overruns = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 40 });

test("a commit that takes as long as any of the last ones is done within the interval, if half of it is enough", () => {
  fc.assert(
    fc.property(overruns, (list) => {
      const pace = new CommitPace(1000);
      for (const overrunMs of list) pace.note(overrunMs);
      const worst = Math.max(0, ...list.slice(-16));
      expect(pace.periodMs).toBe(1000 - Math.min(worst, 500));
    }),
  );
});
