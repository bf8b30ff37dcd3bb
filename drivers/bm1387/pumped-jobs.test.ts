import { expect, test } from "vitest";
import type { PumpedJobs } from "../native/work-pump.ts";
import { JobRegistry } from "./job-registry.ts";
import { adoptPumpedJobs } from "./pumped-jobs.ts";

/** Jobs `from`.. of four midstates as the pump reports them. */
function pumped(from: number, settled: readonly boolean[]): PumpedJobs {
  const count = settled.length;
  const seqs = settled.map((_, at) => from + at);
  return {
    count,
    jobSeq: Uint32Array.from(seqs),
    wireId: Uint8Array.from(seqs, (seq) => (seq * 4) % 128),
    sentNs: BigInt64Array.from(seqs, (seq) => BigInt(seq) * 3_000_000n),
    lineEndNs: BigInt64Array.from(seqs, (seq) => BigInt(seq) * 3_000_000n + 960_000n),
    extranonce2: new BigUint64Array(count),
    generation: new Uint32Array(count),
    ntime: new Uint32Array(count).fill(11),
    nbits: new Uint32Array(count).fill(12),
    versions: Uint32Array.from(seqs.flatMap(() => [0x2040_0000, 0x2040_2000, 0x2040_4000, 0x2040_6000])),
    prevHash: new Uint8Array(32 * count).fill(1),
    merkleRoot: Uint8Array.from(seqs.flatMap((seq) => Array<number>(32).fill(seq))),
    settled: Uint8Array.from(settled, Number),
  };
}

const conditions = { frequenciesMhz: [600, 650], ticketLog2: 6, workScale: 3, baud: 1_562_500 };

test("jobs the pump sent stand in the registry under its numbers, with all that verifies their nonces", () => {
  const jobs = new JobRegistry(4, 40);
  const records = adoptPumpedJobs(pumped(40, [true, true]), jobs, conditions);
  expect(records).toMatchObject([
    {
      jobSeq: 40,
      wireId: 32,
      version: 0x2000_0000,
      ntime: 11,
      nbits: 12,
      ticketLog2: 6,
      workScale: 3,
      frequencyMhz: 650,
      sentNs: 120_000_000n,
    },
    { jobSeq: 41, wireId: 36 },
  ]);
  const [job] = jobs.candidates(36, 130_000_000n);
  expect(job?.versionBits).toEqual([0x40_0000, 0x40_2000, 0x40_4000, 0x40_6000]);
  expect(job?.record.merkleRoot).toEqual(new Uint8Array(32).fill(41));
  // The end of the frame on the line, and one byte of an answer.
  expect(job?.startNs).toBe(41n * 3_000_000n + 960_000n + 6_400n);
  expect(jobs.next.jobSeq).toBe(42);
});

test("a job that is being written is known, and completed when it comes again; what was reported before is not reported anew", () => {
  const jobs = new JobRegistry(4);
  expect(adoptPumpedJobs(pumped(0, [true, false]), jobs, conditions).map((record) => record.jobSeq)).toEqual([0]);
  expect([jobs.has(1), jobs.candidates(4, 9_000_000n)[0]?.startNs]).toEqual([true, null]);
  expect(adoptPumpedJobs(pumped(0, [true, true]), jobs, conditions).map((record) => record.jobSeq)).toEqual([1]);
  expect(adoptPumpedJobs(pumped(2, []), jobs, conditions)).toEqual([]);
});

test("a job that was written ahead counts as sent when its turn on the line came", () => {
  const jobs = pumped(7, [true]);
  jobs.lineEndNs[0] = (jobs.sentNs[0] ?? 0n) + 40_000_000n;
  const [record] = adoptPumpedJobs(jobs, new JobRegistry(4, 7), conditions);
  // 150 bytes of 6.4 us before its end.
  expect(record?.sentNs).toBe((jobs.lineEndNs[0] ?? 0n) - 960_000n);
});
