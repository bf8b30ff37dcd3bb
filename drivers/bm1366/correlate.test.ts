import { describe, expect, test } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { NO_JOB, NONCE_STATUSES, type NonceBatch } from "../../common/nonce-batch.ts";
import { crc5, crc5OfBits } from "../bm13xx/crc.ts";
import { SeenNonces } from "../bm13xx/seen-nonces.ts";
import { frameBatch } from "../bm13xx/testing/frame-batch.ts";
import { nonceResponse, registerResponse } from "../bm13xx/testing/responses.ts";
import { haveVectors, number, vectorNamed, vectors } from "../bm13xx/testing/vectors.ts";
import { verifyByNode } from "../bm13xx/testing/verify.ts";
import { type Correlation, correlate } from "./correlate.ts";
import { decodeJob } from "./job.ts";
import { JobRegistry } from "./job-registry.ts";

function correlation(jobs: JobRegistry): Correlation {
  return { verify: verifyByNode, jobs, seen: new SeenNonces(), chips: 1 };
}

function recordOf(name: string, rest: Partial<JobRecord>): JobRecord {
  const job = decodeJob(vectorNamed(name).bytes);
  if ("refused" in job) throw new Error(job.refused);
  return {
    ...job.fields,
    jobSeq: 0,
    wireId: job.wireId,
    ticketLog2: 0,
    workScale: 0,
    sentNs: 0n,
    frequencyMhz: 50,
    hashCountingNumber: null,
    ...rest,
  };
}

const statuses = (nonces: NonceBatch) => [...nonces.status].map((status) => NONCE_STATUSES[status]);
const at = (list: readonly Uint8Array[], index: number) => list[index] ?? expect.fail("no such frame");

/** Puts jobs until `wireId` is the next id, each hashing to nothing we know. */
function putOthers(jobs: JobRegistry, count: number): void {
  for (let n = 0; n < count; n++) {
    const other = { version: 0, prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32).fill(n), ntime: 0, nbits: 0 };
    jobs.put({ ...other, ...jobs.next, ticketLog2: 0, workScale: 0, sentNs: 0n, frequencyMhz: 50, hashCountingNumber: null }, false);
  }
}

/** Job 28 of the 2023 capture, as the fifth job of a run, so that its id is the one recorded. */
function capture(options: { fresh?: boolean; started?: boolean } & Partial<JobRecord> = {}) {
  const { fresh = false, started = true, ...rest } = options;
  const jobs = new JobRegistry();
  putOthers(jobs, 4);
  expect(jobs.next.wireId).toBe(0x28);
  const record = recordOf("bm1366_capture_job28", { ...rest, ...jobs.next });
  jobs.put(record, fresh);
  if (started) jobs.started(record, 0n, 0n);
  return { jobs, record };
}

const captured = vectors.filter((vector) => vector.name.startsWith("bm1366_capture_nonce")).map((vector) => vector.bytes);
const block = vectors.filter((vector) => vector.name.startsWith("block839900_addr00"));

describe.skipIf(!haveVectors)("real nonces", () => {
  test("of the 2023 capture are valid, with the core, version and difficulty recorded", () => {
    const { nonces, damagedFrames } = correlate(frameBatch(captured), correlation(capture().jobs));
    expect(nonces.length).toBe(6);
    expect(damagedFrames).toBe(0);
    expect(new Set(statuses(nonces))).toEqual(new Set(["valid"]));
    captured.forEach((_, row) => {
      const { decoded } = vectorNamed(`bm1366_capture_nonce_${row + 1}`);
      expect(nonces.core[row]).toBe(decoded.core);
      expect(nonces.nonce[row]).toBe(number(decoded.nonce_header));
      expect(nonces.versionBits[row]).toBe(number(decoded.version_bits));
      expect(2 ** (nonces.difficultyLog2[row] ?? 0)).toBeCloseTo(number(decoded.difficulty), 3);
      expect(nonces.jobSeq[row]).toBe(4);
      expect(nonces.chip[row]).toBe(0);
    });
  });

  test("of block 839900 are valid at ticket 1024, and their residuals stay within 10 ms once the job's start is fitted", () => {
    const jobs = new JobRegistry();
    const record = recordOf("block839900_job_id08", { ticketLog2: 10, frequencyMhz: 550, hashCountingNumber: 0xfffff, ...jobs.next });
    jobs.put(record, false);
    jobs.started(record, 0n, 1_689_000_000n);
    const times = block.map(({ decoded }) => BigInt(number(decoded.log_ms)) * 1_000_000n);
    const { nonces } = correlate(
      frameBatch(
        block.map((vector) => vector.bytes),
        times,
      ),
      correlation(jobs),
    );
    expect(nonces.length).toBeGreaterThan(20);
    expect(new Set(statuses(nonces))).toEqual(new Set(["valid"]));
    const residualsMs = [...nonces.residualNs].map((ns) => ns / 1e6);
    const mean = residualsMs.reduce((sum, value) => sum + value, 0) / residualsMs.length;
    expect(Math.abs(mean)).toBeLessThan(20);
    for (const residual of residualsMs) expect(Math.abs(residual - mean)).toBeLessThan(10);
  });

  test("any flipped bit makes a frame no valid nonce: it is dropped as damaged", () => {
    const { jobs } = capture();
    const frame = at(captured, 0);
    const damaged = Array.from({ length: frame.length * 8 }, (_, bit) =>
      frame.map((byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte)),
    );
    const { nonces, damagedFrames } = correlate(frameBatch(damaged), correlation(jobs));
    expect(nonces.length).toBe(0);
    expect(damagedFrames).toBe(88);
  });

  test("damage that CRC5 lets through is caught by the hash or the id", () => {
    const { jobs } = capture();
    const original = at(captured, 0);
    // Every bit that means something (byte 6 is a hint nobody relies on), with the checksum made to fit.
    const bits = Array.from({ length: 64 }, (_, bit) => bit + 16).filter((bit) => bit >> 3 !== 6 && !(bit >> 3 === 7 && (bit & 7) >= 5));
    const forged = bits.map((bit) => {
      const bytes = original.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      bytes[10] = 0x80 | crc5OfBits([1, 0, 0], crc5(bytes.subarray(2, 10)));
      return bytes;
    });
    const { nonces, damagedFrames } = correlate(frameBatch(forged), correlation(jobs));
    expect(damagedFrames).toBe(0);
    expect(nonces.length).toBe(forged.length);
    expect(statuses(nonces).filter((status) => status !== "invalid" && status !== "unknown-job")).toEqual([]);
  });

  test("a nonce below the ticket in force is invalid, and valid again once the ticket was lowered under the job", () => {
    const { jobs } = capture({ ticketLog2: 5 });
    expect(statuses(correlate(frameBatch(captured), correlation(jobs)).nonces)).toEqual(Array(6).fill("invalid"));
    jobs.lowerTicket(0);
    expect(statuses(correlate(frameBatch(captured), correlation(jobs)).nonces)).toEqual(Array(6).fill("valid"));
  });

  test("a twin's work scale lowers what a hash must have", () => {
    const { jobs } = capture({ ticketLog2: 5, workScale: 5 });
    expect(statuses(correlate(frameBatch(captured), correlation(jobs)).nonces)).toEqual(Array(6).fill("valid"));
  });

  test("the same nonce twice is a duplicate; for the same job sent anew it is not", () => {
    const { jobs, record } = capture();
    const rules = correlation(jobs);
    const twice = frameBatch([at(captured, 0), at(captured, 0)]);
    expect(statuses(correlate(twice, rules).nonces)).toEqual(["valid", "duplicate"]);
    putOthers(jobs, 15);
    jobs.put({ ...record, ...jobs.next }, false);
    expect(statuses(correlate(twice, rules).nonces)).toEqual(["valid", "duplicate"]);
  });

  test("late nonces of the job just before are valid, of older ones stale", () => {
    const { jobs } = capture();
    const rules = correlation(jobs);
    putOthers(jobs, 1);
    expect(statuses(correlate(frameBatch([at(captured, 0)]), rules).nonces)).toEqual(["valid"]);
    putOthers(jobs, 1);
    expect(statuses(correlate(frameBatch([at(captured, 1)]), rules).nonces)).toEqual(["stale"]);
  });

  test("after a fresh job, late nonces of the one before are stale at once", () => {
    const { jobs, record } = capture();
    jobs.put({ ...record, merkleRoot: new Uint8Array(32), ...jobs.next }, true);
    expect(statuses(correlate(frameBatch([at(captured, 0)]), correlation(jobs)).nonces)).toEqual(["stale"]);
  });

  test("a late nonce finds its own job after its id was given to another", () => {
    const { jobs } = capture();
    putOthers(jobs, 16);
    expect(jobs.sentUnder(0x28).map((job) => job.record.jobSeq)).toEqual([20, 4]);
    const { nonces } = correlate(frameBatch([at(captured, 0)]), correlation(jobs));
    expect(statuses(nonces)).toEqual(["stale"]);
    expect(nonces.jobSeq[0]).toBe(4);
    putOthers(jobs, 18);
    expect(statuses(correlate(frameBatch([at(captured, 0)]), correlation(jobs)).nonces)).toEqual(["unknown-job"]);
  });

  test("base version bits inside the mask are replaced, not added to", () => {
    const { jobs } = capture({ version: 0x3fff_e000 });
    const { nonces } = correlate(frameBatch(captured), correlation(jobs));
    expect(statuses(nonces)).toEqual(Array(6).fill("valid"));
  });

  test("residuals: at 50 MHz and HCN never written, time less position / f; none after a change of clock or before the start is known", () => {
    const found = [1_000_000_000n];
    const frame = [at(captured, 0)];
    const steady = correlate(frameBatch(frame, found), correlation(capture().jobs)).nonces;
    expect(steady.residualNs[0]).toBeCloseTo(1e9 - (0x0839_28a9 & 0x1ff_ffff) * 20, 0);
    const { jobs } = capture();
    jobs.disturbSweeps();
    expect(correlate(frameBatch(frame, found), correlation(jobs)).nonces.residualNs[0]).toBeNaN();
    expect(correlate(frameBatch(frame, found), correlation(capture({ started: false }).jobs)).nonces.residualNs[0]).toBeNaN();
  });
});

test("a nonce before any job belongs to none, and has neither difficulty nor residual", () => {
  const { nonces } = correlate(frameBatch([nonceResponse(1, 0, 8, 0)]), correlation(new JobRegistry()));
  expect(statuses(nonces)).toEqual(["unknown-job"]);
  expect(nonces.jobSeq[0]).toBe(NO_JOB);
  expect(nonces.difficultyLog2[0]).toBeNaN();
  expect(nonces.residualNs[0]).toBeNaN();
});

test("a hash that fails is invalid while its job is live; later nothing says whose it was", () => {
  const jobs = new JobRegistry();
  putOthers(jobs, 1);
  const rules = correlation(jobs);
  const frame = frameBatch([nonceResponse(1, 0, 8, 0)]);
  expect(statuses(correlate(frame, rules).nonces)).toEqual(["invalid"]);
  expect(correlate(frame, rules).nonces.jobSeq[0]).toBe(0);
  putOthers(jobs, 2);
  expect(statuses(correlate(frame, rules).nonces)).toEqual(["unknown-job"]);
  expect(correlate(frame, rules).nonces.jobSeq[0]).toBe(NO_JOB);
});

test("register answers come out beside nonces, with their times", () => {
  const batch = frameBatch([registerResponse(0x65, 3, 0x8c), nonceResponse(1, 0, 8, 0), registerResponse(1, 2, 0x4c)], [5n, 6n, 7n]);
  const { nonces, registers } = correlate(batch, correlation(new JobRegistry()));
  expect(registers).toEqual([
    { tNs: 5n, address: 3, register: 0x8c, value: 0x65 },
    { tNs: 7n, address: 2, register: 0x4c, value: 1 },
  ]);
  expect([...nonces.tNs]).toEqual([6n]);
});
