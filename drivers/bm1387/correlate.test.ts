import { describe, expect, test } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { headerBytes } from "../../common/block-header.ts";
import { NO_JOB, NONCE_STATUSES, type NonceBatch } from "../../common/nonce-batch.ts";
import { crc5, crc5OfBits } from "../bm13xx/crc.ts";
import { SeenNonces } from "../bm13xx/seen-nonces.ts";
import { frameBatch } from "../bm13xx/testing/frame-batch.ts";
import { verifyByNode } from "../bm13xx/testing/verify.ts";
import { correlate } from "./correlate.ts";
import { decodeHostFrame } from "./frames.ts";
import type { MidstateCount } from "./job.ts";
import { JobRegistry } from "./job-registry.ts";
import { verifyFromMidstates } from "./testing/midstate-verify.ts";
import { nonceResponse, registerResponse } from "./testing/responses.ts";
import { haveVectors, vectorNamed } from "./testing/vectors.ts";
import { VERSION_MASK, versionVariants } from "./versions.ts";

const statuses = (nonces: NonceBatch) => [...nonces.status].map((status) => NONCE_STATUSES[status]);
const us = (microseconds: number) => BigInt(Math.round(microseconds * 1000));

/** A recorded job, as job number `jobSeq` of a run so that its id is the one recorded, on 63 chips at 650 MHz; it started at 1 s. */
function recorded(name: string, jobSeq: number, options: Partial<JobRecord> = {}) {
  const frame = decodeHostFrame(vectorNamed(name).bytes);
  if ("refused" in frame || frame.kind !== "job") throw new Error(name);
  const { work } = frame;
  const midstates = work.midstates.length as MidstateCount;
  const versionBits = versionVariants(VERSION_MASK, midstates);
  const merkleRoot = new Uint8Array(32);
  merkleRoot.set(work.merkleTail, 28);
  const base = { version: 0x2000_0000, prevHash: new Uint8Array(32), merkleRoot, ntime: work.ntime, nbits: work.nbits };
  const record: JobRecord = {
    ...base,
    jobSeq,
    wireId: work.wireId,
    ticketLog2: 0,
    workScale: 0,
    sentNs: 0n,
    frequencyMhz: 650,
    hashCountingNumber: null,
    ...options,
  };
  const jobs = new JobRegistry(midstates, jobSeq);
  expect(jobs.next).toEqual({ jobSeq, wireId: work.wireId });
  const frequenciesMhz = Array<number>(63).fill(650);
  jobs.put(record, versionBits, false);
  jobs.started(jobSeq, { sentNs: 0n, startNs: us(1e6), frequenciesMhz });
  const verify = verifyFromMidstates(
    (version) => work.midstates[versionBits.indexOf(version & VERSION_MASK)] ?? new Uint8Array(32).fill(0xee),
  );
  /** Another job, with which nothing verifies. */
  const putOther = (startNs: bigint, fresh = false) => {
    const { next } = jobs;
    jobs.put({ ...record, ...next, merkleRoot: new Uint8Array(32).fill(1) }, versionBits, fresh);
    jobs.started(next.jobSeq, { sentNs: startNs, startNs, frequenciesMhz });
  };
  return { jobs, putOther, rules: { verify, jobs, seen: new SeenNonces(), chips: 63 }, wireId: work.wireId };
}

const nonceOf = (hex: string, id: number) => {
  const be = Number.parseInt(hex, 16);
  return nonceResponse(be >>> 7, be & 0x7f, id);
};

describe.skipIf(!haveVectors)("real jobs and nonces", () => {
  test("a main-net block's: three nonces, in midstates 1, 1 and 2, found when the sweep model says", () => {
    const { rules } = recorded("job4_blk_48", 18);
    const frames = [vectorNamed("nonce_block_20aad8e0").bytes, nonceOf("3dfa2a76", 0x49), nonceOf("c4d29768", 0x4a)];
    const times = [538.295, 1594.806, 663.52].map((after) => us(1e6 + after));
    const { nonces, damagedFrames, impossibleCores } = correlate(frameBatch(frames, times), rules);
    expect([damagedFrames, impossibleCores]).toEqual([0, 0]);
    expect(statuses(nonces)).toEqual(["valid", "valid", "valid"]);
    expect([...nonces.chip]).toEqual([8, 15, 49]);
    expect([...nonces.core]).toEqual([96, 118, 104]);
    expect([...nonces.versionBits]).toEqual([0x2000, 0x2000, 0x4000]);
    expect([...nonces.jobSeq]).toEqual([18, 18, 18]);
    expect(nonces.nonce[0]).toBe(0xe0d8_aa20);
    // Hash 0000000000000000000a76db..., a block at difficulty 7.4 million million.
    expect(nonces.difficultyLog2[0]).toBeGreaterThan(Math.log2(7e12));
    for (const residual of nonces.residualNs) expect(Math.abs(residual)).toBeLessThan(100);
  });

  test("a ticket of 64 would have dropped two of the three", () => {
    const { rules } = recorded("job4_blk_48", 18, { ticketLog2: 6 });
    const frames = [vectorNamed("nonce_block_20aad8e0").bytes, nonceOf("3dfa2a76", 0x49), nonceOf("c4d29768", 0x4a)];
    expect(statuses(correlate(frameBatch(frames, us(1e6 + 2000)), rules).nonces)).toEqual(["valid", "invalid", "invalid"]);
    const scaled = recorded("job4_blk_48", 18, { ticketLog2: 6, workScale: 6 });
    expect(statuses(correlate(frameBatch(frames, us(1e6 + 2000)), scaled.rules).nonces)).toEqual(["valid", "valid", "valid"]);
  });

  test.each([
    ["job1_skot_74", 0x74, "5f275ce0", 23, 96],
    ["job1_skot_75", 0x75, "0b683c06", 2, 6],
    ["job1_busy_id6f", 0x6f, "7203ea83", 28, 3],
    ["job1_busy_id6f", 0x6f, "e16bf809", 56, 9],
  ])("%s: %x %s is valid, of chip %i, core %i", (name, id, hex, chip, core) => {
    const { rules } = recorded(name, id);
    const { nonces } = correlate(frameBatch([nonceOf(hex, id)], us(1e6 + 800)), rules);
    expect(statuses(nonces)).toEqual(["valid"]);
    expect([nonces.chip[0], nonces.core[0], nonces.versionBits[0]]).toEqual([chip, core, 0]);
  });

  test("a nonce that hashes although no BM1387 has its core is valid, and told; one that does not is nobody's", () => {
    const { rules } = recorded("job4_blk_48", 18);
    const found = correlate(frameBatch([nonceOf("d829c63c", 0x4a), nonceOf("d829c63c", 0x49)], us(1e6 + 900)), rules);
    expect(found.impossibleCores).toBe(2);
    expect(statuses(found.nonces)).toEqual(["valid", "unknown-job"]);
    expect([...found.nonces.jobSeq]).toEqual([18, NO_JOB]);
  });

  test("every flipped bit: dropped as damaged, or, with a checksum made to fit, caught by hash or id", () => {
    const { rules } = recorded("job4_blk_48", 18);
    const frame = vectorNamed("nonce_block_20aad8e0").bytes;
    const flipped = Array.from({ length: 56 }, (_, bit) =>
      frame.map((byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte)),
    );
    const damaged = correlate(frameBatch(flipped, us(1e6 + 900)), rules);
    expect([damaged.damagedFrames, damaged.nonces.length]).toEqual([56, 0]);
    // Byte 4 is opaque, and bit 7 of byte 5 makes the frame malformed.
    const forged = flipped
      .filter((_, bit) => bit < 32 || (bit > 40 && bit < 48))
      .map((bytes) => {
        const sealed = bytes.slice();
        sealed[6] = 0x80 | crc5OfBits([1, 0, 0], crc5(sealed.subarray(0, 6)));
        return sealed;
      });
    const { nonces, damagedFrames } = correlate(frameBatch(forged, us(1e6 + 900)), rules);
    expect(damagedFrames).toBe(0);
    expect(statuses(nonces).filter((status) => status !== "invalid" && status !== "unknown-job")).toEqual([]);
  });

  test("the same nonce twice is a duplicate", () => {
    const { rules } = recorded("job1_skot_74", 0x74);
    const twice = frameBatch([nonceOf("5f275ce0", 0x74), nonceOf("5f275ce0", 0x74)], us(1e6 + 800));
    expect(statuses(correlate(twice, rules).nonces)).toEqual(["valid", "duplicate"]);
  });

  test("work that lasts too long: the chip before finds its neighbour's nonce again, later by its own way, and is named", () => {
    const { rules } = recorded("job1_skot_74", 0x74);
    const counts = (0x5f275ce0 >>> 7) - 23 * 2 ** 19;
    const own = us(1e6 + counts / 650);
    const neighbours = us(1e6 + (counts + 2 ** 19) / 650);
    const twoBefore = us(1e6 + (counts + 2 ** 20) / 650);
    const frame = nonceOf("5f275ce0", 0x74);
    const { nonces } = correlate(frameBatch([frame, frame, frame], [own, neighbours, twoBefore]), rules);
    expect(statuses(nonces)).toEqual(["valid", "duplicate", "duplicate"]);
    expect([...nonces.chip]).toEqual([23, 22, 21]);
    for (const residual of nonces.residualNs) expect(Math.abs(residual)).toBeLessThan(1);
  });

  test("the counter wraps over the top: chip 62 runs through the empty slot into chip 0's slice", () => {
    const { rules } = recorded("job1_skot_75", 0x75);
    const counts = 0x0b683c06 >>> 7;
    const round = (counts - 62 * 2 ** 19 + 2 ** 25) % 2 ** 25;
    const { nonces } = correlate(frameBatch([nonceOf("0b683c06", 0x75)], us(1e6 + round / 650)), rules);
    expect([nonces.chip[0], Math.round(nonces.residualNs[0] ?? Number.NaN)]).toEqual([62, 0]);
  });

  test("an answer that comes late on work that was on time stays with its own chip", () => {
    const { rules, putOther } = recorded("job1_skot_74", 0x74);
    putOther(us(1e6 + 726));
    const { nonces } = correlate(frameBatch([nonceOf("5f275ce0", 0x74)], us(1e6 + 5000)), rules);
    expect([nonces.chip[0], statuses(nonces)[0]]).toEqual([23, "valid"]);
    expect(nonces.residualNs[0]).toBeGreaterThan(4e6);
  });

  test("an answer counts for a second after its job was replaced, then it is stale", () => {
    const { rules, putOther } = recorded("job4_blk_48", 18);
    const frame = (at: number) => correlate(frameBatch([nonceOf("3dfa2a76", 0x49)], us(1e6 + at)), { ...rules, seen: new SeenNonces() });
    expect(statuses(frame(1e6).nonces)).toEqual(["valid"]);
    for (let n = 1; n <= 100; n++) putOther(us(1e6 + n * 2904));
    expect(statuses(frame(2904 + 999_999).nonces)).toEqual(["valid"]);
    expect(statuses(frame(2904 + 1_000_001).nonces)).toEqual(["stale"]);
    // Frames that waited while this thread was blocked are judged by when they came.
    expect(statuses(frame(2000).nonces)).toEqual(["valid"]);
  });

  test("a late nonce finds its own job however often its id was given to others, as long as its job is kept", () => {
    const { rules, putOther, jobs } = recorded("job4_blk_48", 18);
    for (let n = 1; n <= 32; n++) putOther(us(1e6 + n * 2904));
    expect(jobs.candidates(0x48, us(1e6 + 33 * 2904)).map((job) => job.record.jobSeq)).toEqual([50, 18]);
    const frame = frameBatch([nonceOf("3dfa2a76", 0x49)], us(1e6 + 33 * 2904));
    expect([statuses(correlate(frame, rules).nonces)[0], correlate(frame, rules).nonces.jobSeq[0]]).toEqual(["valid", 18]);
    const lateBy = (jobs: number) => {
      const seen = correlate(frameBatch([nonceOf("3dfa2a76", 0x49)], us(1e6 + jobs * 2904)), { ...rules, seen: new SeenNonces() }).nonces;
      return [statuses(seen)[0], seen.jobSeq[0]];
    };
    for (let n = 33; n < 128 * 32; n++) putOther(us(1e6 + n * 2904));
    expect(lateBy(128 * 32)).toEqual(["stale", 18]);
    // One that came in time and was only looked at late.
    const intime = correlate(frameBatch([nonceOf("3dfa2a76", 0x49)], us(1e6 + 1600)), { ...rules, seen: new SeenNonces() }).nonces;
    expect([statuses(intime)[0], intime.jobSeq[0]]).toEqual(["valid", 18]);
    putOther(us(1e6 + 128 * 32 * 2904));
    expect(lateBy(128 * 32 + 1)).toEqual(["invalid", 18 + 128 * 32]);
  });

  test("a stored nonce verifies from its job and its version bits alone", () => {
    const merkleRoot = new Uint8Array(32).fill(3);
    const jobs = new JobRegistry(4);
    const versionBits = versionVariants(VERSION_MASK, 4);
    const fields = { version: 0x2000_0000, prevHash: new Uint8Array(32).fill(9), merkleRoot, ntime: 5, nbits: 6 };
    const record: JobRecord = {
      ...fields,
      ...jobs.next,
      ticketLog2: 0,
      workScale: 24,
      sentNs: 0n,
      frequencyMhz: 650,
      hashCountingNumber: null,
    };
    jobs.put(record, versionBits, false);
    jobs.started(0, { sentNs: 0n, startNs: 0n, frequenciesMhz: [650] });
    const frames: Uint8Array[] = [];
    for (let nonceBe = 0; frames.length < 4; nonceBe++) {
      const nonce = Buffer.from(Uint32Array.of(nonceBe).buffer).readUInt32BE(0);
      versionBits.forEach((bits, midstate) => {
        const { zeroBits } = verifyByNode(headerBytes({ ...record, version: record.version | bits }, nonce));
        if ((zeroBits[0] ?? 0) >= 8) frames.push(nonceResponse(nonceBe >>> 7, nonceBe & 0x7f, midstate));
      });
    }
    const { nonces } = correlate(frameBatch(frames, 1000n), { verify: verifyByNode, jobs, seen: new SeenNonces(), chips: 1 });
    expect(new Set(statuses(nonces))).toEqual(new Set(["valid"]));
    for (let row = 0; row < nonces.length; row++) {
      const version = record.version | (nonces.versionBits[row] ?? 0);
      expect(verifyByNode(headerBytes({ ...record, version }, nonces.nonce[row] ?? 0)).zeroBits[0]).toBeGreaterThanOrEqual(8);
    }
  });
});

test("values and nonces of ids not used in this run come out beside nonces, with their times", () => {
  const jobs = new JobRegistry(4);
  const rules = { verify: verifyByNode, jobs, seen: new SeenNonces(), chips: 63 };
  const batch = frameBatch([registerResponse(0x65), nonceResponse(1, 0, 8), registerResponse(1)], [5n, 6n, 7n]);
  const found = correlate(batch, rules);
  expect(found.values).toEqual([
    { tNs: 5n, value: 0x65 },
    { tNs: 7n, value: 1 },
  ]);
  expect([found.nonces.length, found.openingNonces]).toEqual([0, 1]);
});
