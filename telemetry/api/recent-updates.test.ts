import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentUpdates } from "./recent-updates.ts";

test("what follows any number is given whole or not at all, and never more is kept than allowed", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 60 }),
      fc.integer({ min: -2, max: 70 }),
      fc.integer({ min: 1, max: 200 }),
      (texts, seq, most) => {
        const recent = new RecentUpdates(most);
        for (const [at, text] of texts.entries()) {
          recent.add(at + 1, text);
          expect(recent.bytes).toBeLessThanOrEqual(most);
        }
        const after = recent.after(seq, texts.length);
        if (seq > texts.length || seq < 0) expect(after).toBeNull();
        else if (after !== null) expect(after).toEqual(texts.slice(seq));
        else expect(texts.slice(seq).join("").length).toBeGreaterThan(most);
      },
    ),
  );
});

test("numbers that leave one out forget what was before", () => {
  const recent = new RecentUpdates(100);
  recent.add(1, "a");
  recent.add(2, "b");
  recent.add(5, "e");
  expect(recent.after(1, 5)).toBeNull();
  expect(recent.after(4, 5)).toEqual(["e"]);
});
