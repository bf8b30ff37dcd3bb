import fc from "fast-check";
import { expect, test } from "vitest";
import { concatNonces, NONCE_COLUMN_NAMES, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import { nonceBatch } from "./nonce-arbitrary.test-support.ts";
import { Pending } from "./pending.ts";

const BUDGET_BYTES = 2 ** 24;

const plain = (batch: NonceBatch) => NONCE_COLUMN_NAMES.map((name) => [...batch[name]]);

/** Rows handed over, for runs 1 to 3; the columns may be longer than the rows. A commit takes them after each list. */
const added = fc.record({
  runId: fc.integer({ min: 1, max: 3 }),
  columns: nonceBatch({}, 40),
  rows: fc.nat(40),
  times: fc.integer({ min: 1, max: 30 }),
});
const commits = fc.array(fc.array(added, { maxLength: 5 }), { minLength: 1, maxLength: 4 });

test("a commit holds the rows that came since the last one, in order and by run, whatever happens to the batches afterwards", () => {
  fc.assert(
    fc.property(commits, (lists) => {
      const pending = new Pending(BUDGET_BYTES);
      for (const list of lists) {
        const expected = new Map<number, NonceBatch[]>();
        for (const { runId, columns, rows, times } of list) {
          for (let i = 0; i < times; i++) {
            const handedOver = concatNonces([columns]);
            pending.addNonces(runId, { ...handedOver, length: rows });
            for (const name of NONCE_COLUMN_NAMES) new Uint8Array(handedOver[name].buffer).fill(0);
          }
          const copies = Array.from({ length: rows > 0 ? times : 0 }, () => sliceNonces(columns, 0, rows));
          if (copies.length > 0) expected.set(runId, [...(expected.get(runId) ?? []), ...copies]);
        }
        const { nonces } = pending.take().rows;
        expect(nonces.map(({ runId, batch }) => [runId, plain(batch)])).toEqual(
          [...expected].map(([runId, batches]) => [runId, plain(concatNonces(batches))]),
        );
      }
    }),
    { numRuns: 50 },
  );
});

test("columns of different commits are different memory: they move to another thread", () => {
  fc.assert(
    fc.property(nonceBatch({}, 40), (batch) => {
      const pending = new Pending(BUDGET_BYTES);
      const taken = [0, 1].flatMap(() => {
        pending.addNonces(1, batch);
        pending.addNonces(2, batch);
        return pending.take().rows.nonces;
      });
      const buffers = taken.flatMap(({ batch: each }) => NONCE_COLUMN_NAMES.map((name) => each[name].buffer));
      expect(new Set(buffers).size).toBe(4 * NONCE_COLUMN_NAMES.length);
    }),
    { numRuns: 5 },
  );
});
