import { describe, expect, it } from "vitest";
import { allocateNonces, concatNonces, countByStatus, NONCE_COLUMN_NAMES, sliceNonces } from "./nonce-batch.ts";

function numbered(n: number, from: number) {
  const batch = allocateNonces(n);
  for (const name of NONCE_COLUMN_NAMES) {
    for (let i = 0; i < n; i++) batch[name][i] = name === "tNs" ? BigInt(from + i) : (from + i) % 5;
  }
  return batch;
}

describe("nonce batches", () => {
  it("joined and cut again are what they were, in every column", () => {
    const first = numbered(3, 0);
    const second = numbered(4, 3);
    const joined = concatNonces([first, allocateNonces(0), second]);
    expect(joined.length).toBe(7);
    for (const name of NONCE_COLUMN_NAMES) {
      expect([...sliceNonces(joined, 0, 3)[name]]).toEqual([...first[name]]);
      expect([...sliceNonces(joined, 3, 7)[name]]).toEqual([...second[name]]);
    }
  });

  it("counts each status by its name", () => {
    const batch = allocateNonces(6);
    batch.status.set([0, 0, 1, 2, 3, 4]);
    expect(countByStatus(batch)).toEqual({ valid: 2, invalid: 1, stale: 1, duplicate: 1, "unknown-job": 1 });
  });
});
