import { expect, test } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { JobRegistry } from "./job-registry.ts";

function put(jobs: JobRegistry): JobRecord {
  const record: JobRecord = {
    version: 0,
    prevHash: new Uint8Array(32),
    merkleRoot: new Uint8Array(32),
    ntime: 0,
    nbits: 0,
    ...jobs.next,
    ticketLog2: 0,
    workScale: 0,
    sentNs: 0n,
    frequencyMhz: 485,
    hashCountingNumber: 1,
  };
  jobs.put(record, false);
  return record;
}

test("ids go 08, 10 .. 78, 00 and round again; job numbers never do (specs/bm1366.md 4.3)", () => {
  const jobs = new JobRegistry();
  const records = Array.from({ length: 40 }, () => put(jobs));
  expect(records.slice(0, 3).map((record) => record.wireId)).toEqual([0x08, 0x10, 0x18]);
  expect(records[14]?.wireId).toBe(0x78);
  expect(records[15]?.wireId).toBe(0x00);
  expect(records[16]?.wireId).toBe(0x08);
  expect(records.map((record) => record.jobSeq)).toEqual(Array.from({ length: 40 }, (_, n) => n));
});

test("a job that did not reach the line gives its id back to the one before, but not its number", () => {
  const jobs = new JobRegistry();
  for (let n = 0; n < 17; n++) put(jobs);
  expect(jobs.sentUnder(0x08).map((job) => job.record.jobSeq)).toEqual([16, 0]);
  jobs.withdraw(16);
  expect(jobs.sentUnder(0x08).map((job) => job.record.jobSeq)).toEqual([0]);
  expect(jobs.next.jobSeq).toBe(17);
  const [running] = jobs.sentUnder(0x00);
  expect(running && jobs.isLive(running)).toBe(true);
});

test("times and disturbances reach the job wherever it is kept", () => {
  const jobs = new JobRegistry();
  const record = put(jobs);
  expect(jobs.started(record, 5n, 7n).sentNs).toBe(5n);
  for (let n = 0; n < 16; n++) put(jobs);
  jobs.disturbSweeps();
  jobs.lowerTicket(-0);
  expect(jobs.sentUnder(0x08)[1]).toMatchObject({ startNs: 7n, steady: false, record: { sentNs: 5n } });
  expect(jobs.sentUnder(0x48)[0]).toMatchObject({ startNs: null, steady: false });
});
