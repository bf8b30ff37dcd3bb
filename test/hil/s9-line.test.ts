import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { lineOf } from "./s9-line.ts";

const LINE = { baud: 1_500_000, midstates: 4, workMs: 3, nbits: 0x1703_4219 };
const job = (tMs: number, id: number, nbits = "19420317") =>
  `${tMs.toFixed(3)} -> 2196${id.toString(16).padStart(2, "0")}0400000000${nbits}${"00".repeat(138)}  job`;
const nonce = (tMs: number, id: number, word = "7203ea83") => `${tMs.toFixed(3)} <- ${word}01${id.toString(16).padStart(2, "0")}9f  nonce`;

function read(lines: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "s9-line-"));
  try {
    writeFileSync(path.join(folder, "wire.log"), `${lines.join("\n")}\n`);
    return lineOf(path.join(folder, "wire.log"), LINE);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("jobs that were written at once leave one after the other, a millisecond each: no gap until the line has been idle for a job's time", () => {
  const queued = [0, 4, 8, 12].map((id) => job(100, id));
  expect(read([...queued, job(105.9, 16)])).toMatchObject({ jobs: 5, gaps: 0 });
  expect(read([...queued, job(106.1, 16)])).toMatchObject({ jobs: 5, gaps: 1 });
});

test("an answer that is repeated needs a job that ran out; one to another job does not excuse it", () => {
  const onTime = [job(100, 0), job(102, 4), job(104, 8), job(110, 12), job(111, 16)];
  expect(read([...onTime, nonce(106, 9), nonce(109, 9)])).toMatchObject({ gaps: 1, nonces: 2, duplicates: 1, unexplained: [] });
  const innocent = read([...onTime, nonce(104, 5), nonce(109, 5)]);
  expect([innocent.duplicates, innocent.unexplained.length]).toEqual([1, 1]);
  expect(read([...onTime, nonce(104, 5), nonce(109, 5, "7203ea84")]).duplicates).toBe(0);
});

test("works that open and test the cores are left too long on purpose: they do not count, nor do answers before the first of the others", () => {
  const opening = [job(10, 0, "ffff001d"), nonce(20, 1), nonce(30, 1), nonce(40, 1)];
  expect(read(opening)).toMatchObject({ jobs: 0, nonces: 0, duplicates: 0 });
  expect(read([...opening, job(100, 0), nonce(101.5, 1)])).toMatchObject({ jobs: 1, gaps: 0, nonces: 1, duplicates: 0 });
});

test("the last job is followed by none: chips that go on with it answer again, and no other job does", () => {
  const ending = [job(100, 0), job(102, 4)];
  expect(read([...ending, nonce(104, 5), nonce(109, 5)])).toMatchObject({ gaps: 0, duplicates: 1, ofLastJob: 1, unexplained: [] });
  const other = read([...ending, nonce(102, 1), nonce(109, 1)]);
  expect([other.duplicates, other.ofLastJob, other.unexplained.length]).toEqual([1, 0, 1]);
  const early = read([...ending, nonce(103.5, 5), nonce(104.2, 5)]);
  expect([early.ofLastJob, early.unexplained.length]).toEqual([0, 1]);
});
