import { describe, expect, test } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import { idBefore, JobRegistry } from "./job-registry.ts";

const empty = { version: 0, prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32), ntime: 0, nbits: 0 };
const record = (next: { jobSeq: number; wireId: number }): JobRecord => ({
  ...empty,
  ...next,
  ticketLog2: 6,
  workScale: 0,
  sentNs: 0n,
  frequencyMhz: 650,
  hashCountingNumber: null,
});
const start = (atNs: bigint) => ({ sentNs: atNs, startNs: atNs, frequenciesMhz: [650] });

function sent(jobs: JobRegistry, count: number, everyNs = 3_000_000n, fromNs = 0n) {
  for (let n = 0; n < count; n++) {
    const { next } = jobs;
    jobs.put(record(next), [0, 1, 2, 3], false);
    jobs.started(next.jobSeq, start(fromNs + everyNs * BigInt(n)));
  }
}

test.each([
  [1, 128],
  [2, 64],
  [4, 32],
] as const)("with %i midstates ids step by as many, and %i are out before one returns", (midstates, cycle) => {
  const jobs = new JobRegistry(midstates, 5);
  expect(jobs.cycle).toBe(cycle);
  const ids: number[] = [];
  for (let n = 0; n < cycle + 1; n++) {
    const { next } = jobs;
    ids.push(next.wireId);
    jobs.put(record(next), [], false);
    jobs.started(next.jobSeq, start(BigInt(n)));
  }
  expect(new Set(ids).size).toBe(cycle);
  expect(ids[cycle]).toBe(ids[0]);
  expect(ids.every((id) => id % midstates === 0 && id < 128)).toBe(true);
  expect(ids[0]).toBe((5 * midstates) % 128);
  expect(idBefore(5, midstates)).toBe(ids[cycle - 1]);
  expect(idBefore(0, midstates)).toBe(128 - midstates);
});

describe("whose a nonce may be", () => {
  test("the job that had the id at its time comes first, those before follow; last those that seem to have started later", () => {
    const jobs = new JobRegistry(4);
    sent(jobs, 100);
    const under = (tNs: bigint) => jobs.candidates(4, tNs).map((job) => job.record.jobSeq);
    expect(under(98n * 3_000_000n)).toEqual([97, 65, 33, 1]);
    expect(under(70n * 3_000_000n)).toEqual([65, 33, 1, 97]);
    expect(under(35n * 3_000_000n)).toEqual([33, 1, 65, 97]);
    expect(under(2n * 3_000_000n)).toEqual([1, 33, 65, 97]);
    expect(jobs.candidates(5, 0n)).toEqual([]);
  });

  test("a job that is being written comes last, as long as nobody could say when it was", () => {
    const jobs = new JobRegistry(4);
    sent(jobs, 32);
    jobs.put(record(jobs.next), [0, 1, 2, 3], false);
    expect(jobs.candidates(0, 33n * 3_000_000n).map((job) => job.record.jobSeq)).toEqual([0, 32]);
    jobs.started(32, start(32n * 3_000_000n));
    expect(jobs.candidates(0, 33n * 3_000_000n).map((job) => job.record.jobSeq)).toEqual([32, 0]);
  });

  test("jobs keep their history while this thread is blocked for 200 ms, and longer", () => {
    const jobs = new JobRegistry(4);
    sent(jobs, 200, 2_904_000n);
    expect(jobs.candidates(0, 96n * 2_904_000n)[0]?.record.jobSeq).toBe(96);
  });
});

test("what waits to be sent is bounded, and a withdrawn or sent job makes room", () => {
  const jobs = new JobRegistry(4);
  sent(jobs, 1);
  for (let n = 0; n < 128; n++) jobs.put(record(jobs.next), [], false);
  const put = () => jobs.put(record(jobs.next), [], false);
  expect(put).toThrow(DriverError);
  jobs.withdraw(5);
  expect(put).not.toThrow();
  expect(put).toThrow(/wait to be sent/);
  jobs.started(1, start(5n));
  expect(put).not.toThrow();
  // History of the first id is still there.
  expect(jobs.candidates(0, 10n)[0]?.record.jobSeq).toBe(0);
});

test("a job that started is neither started nor withdrawn again, nor is one that is not known", () => {
  const jobs = new JobRegistry(4);
  sent(jobs, 1);
  expect(jobs.started(0, start(9n))).toBeNull();
  expect(jobs.started(7, start(9n))).toBeNull();
  jobs.withdraw(0);
  jobs.withdraw(7);
  expect([jobs.has(0), jobs.knows(0), jobs.knows(4)]).toEqual([true, true, false]);
});

test("a lower ticket and a change of clock reach the jobs already sent; the next ones are not touched", () => {
  const jobs = new JobRegistry(4);
  sent(jobs, 2);
  jobs.lowerTicket(3);
  jobs.lowerTicket(5);
  jobs.disturbSweeps();
  sent(jobs, 1, 1n, 10_000_000n);
  const of = (id: number) => jobs.candidates(id, 50_000_000n)[0];
  expect([of(0)?.lowestTicketLog2, of(0)?.steady, of(0)?.endNs]).toEqual([3, false, 3_000_000n]);
  expect([of(8)?.lowestTicketLog2, of(8)?.steady, of(8)?.endNs]).toEqual([6, true, null]);
});

test("a fresh job retires those before it, not itself", () => {
  const jobs = new JobRegistry(4);
  sent(jobs, 2);
  const old = jobs.candidates(4, 9_000_000n)[0] ?? expect.fail();
  expect(jobs.isLive(old, 9_000_000n)).toBe(true);
  const fresh = jobs.put(record(jobs.next), [], true);
  expect([jobs.isLive(old, 9_000_000n), jobs.isLive(fresh, 9_000_000n)]).toEqual([false, true]);
});
