import fc from "fast-check";
import { expect, test } from "vitest";
import { newRun, numberedNonces } from "./rows.test-support.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

test("rows of a run are found across its chunks, whatever their sizes, and none beyond the last", async () => {
  const store = await openForTest({ path: `${temporaryFolder()}/t.db` });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }), fc.nat(150), fc.nat(150), async (sizes, from, count) => {
      const runId = await store.startRun(newRun);
      let rows = 0;
      for (const size of sizes) {
        store.addNonces(runId, numberedNonces(rows, size));
        await store.flush();
        rows += size;
      }
      const first = Math.min(from, rows);
      expect(await store.nonceRows(runId, from, count)).toEqual(numberedNonces(first, Math.min(rows, from + count) - first));
    }),
    { numRuns: 40 },
  );
});
