import fc from "fast-check";
import { expect, test } from "vitest";
import { concatNonces, NONCE_COLUMN_NAMES, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import { packed } from "./packed-batches.ts";
import { NONCE_BYTES } from "./pending.ts";
import { numberedNonces } from "./rows.test-support.ts";

/** As they come from `Pending`: a view of columns with room for more. */
const roomy = (first: number, count: number): NonceBatch => sliceNonces(numberedNonces(first, count + 256), 0, count);

test("all rows in order, in no more memory than theirs, in few batches, and what was there before stays", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 60 }), (counts) => {
      let kept: readonly NonceBatch[] = [];
      let rows = 0;
      for (const count of counts) {
        const before = kept.map(({ length }) => length);
        const next = packed(kept, roomy(rows, count));
        expect(kept.map(({ length }) => length)).toEqual(before);
        kept = next;
        rows += count;
      }
      expect(concatNonces(kept)).toEqual(numberedNonces(0, rows));
      const bytes = kept.reduce((sum, one) => sum + NONCE_COLUMN_NAMES.reduce((own, name) => own + one[name].buffer.byteLength, 0), 0);
      expect(bytes).toBe(rows * NONCE_BYTES);
      expect(kept.length).toBeLessThanOrEqual(Math.floor(Math.log2(rows)) + 1);
    }),
  );
});
