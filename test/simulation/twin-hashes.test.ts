import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { headerJob } from "../../twin/s9-header-jobs.ts";
import { S9VirtualHost, jobFrame as s9JobFrame, write as s9Write } from "../../twin/s9-virtual-host.ts";
import { jobFrame, VirtualHost, write } from "../../twin/virtual-host.ts";

/**
 * Twin nonces against node:crypto: the 80-byte header is put together from the bytes that the host sent and the chip answered, and
 * hashed twice. Nothing of the twin's search or codec takes part.
 */
function leadingZeroBits(header: Uint8Array): number {
  const once = createHash("sha256").update(header).digest();
  const hash = createHash("sha256").update(once).digest().reverse();
  const first = hash.findIndex((byte) => byte !== 0);
  return first < 0 ? 256 : 8 * first + Math.clz32(hash[first] as number) - 24;
}

/** All have enough zero bits, and half of them, within four standard deviations, one more. */
function expectSolutions(bits: readonly number[], required: number, atLeast: number): void {
  expect(bits.length).toBeGreaterThan(atLeast);
  expect(bits.filter((each) => each < required)).toEqual([]);
  const more = bits.filter((each) => each > required).length;
  expect(Math.abs(more - bits.length / 2)).toBeLessThan(2 * Math.sqrt(bits.length));
}

/** specs/bm1366.md 4.1: header = version, previous hash and merkle root with their words in reversed order, ntime, nbits, nonce. */
function header1366(job: Uint8Array, answer: Uint8Array): Uint8Array {
  const header = new Uint8Array(80);
  const versionField = ((answer[8] as number) << 8) | (answer[9] as number);
  const version = new DataView(job.buffer, job.byteOffset).getUint32(82, true);
  new DataView(header.buffer).setUint32(0, (version | (versionField << 13)) >>> 0, true);
  for (let word = 0; word < 8; word++) {
    header.set(job.subarray(78 - 4 * word, 82 - 4 * word), 4 + 4 * word);
    header.set(job.subarray(46 - 4 * word, 50 - 4 * word), 36 + 4 * word);
  }
  header.set(job.subarray(14, 18), 68);
  header.set(job.subarray(10, 14), 72);
  header.set(answer.subarray(2, 6), 76);
  return header;
}

describe("answers of a BM1366, hashed by node:crypto", () => {
  it.each([
    { workScale: 20, log2: 0, mask: 0, seconds: 4, chips: 1, atLeast: 250 },
    { workScale: 24, log2: 0, mask: 0, seconds: 10, chips: 4, atLeast: 2500 },
    { workScale: 24, log2: 8, mask: 0xff, seconds: 300, chips: 2, atLeast: 150 },
    { workScale: 28, log2: 4, mask: 0xf0, seconds: 60, chips: 1, atLeast: 250 },
    { workScale: 32, log2: 8, mask: 0xff, seconds: 600, chips: 1, atLeast: 150 },
  ])(
    "workScale $workScale, D 2^$log2: have the zero bits asked for, and say how many more",
    ({ workScale, log2, mask, seconds, chips, atLeast }) => {
      const host = new VirtualHost({ workScale, chips, seed: 31 });
      host.bringUp(485, 1.3);
      host.send(write(0x14, mask));
      host.run(10);
      const required = 32 + log2 - workScale;
      const bits: number[] = [];
      for (let second = 0; second < seconds; second += 2) {
        const bytes = (text: string) => new Uint8Array(createHash("sha256").update(`hashes ${second} ${text}`).digest());
        const job = jobFrame({
          id: (second * 4) & 0x78,
          version: 0x2000_0004,
          prevHash: bytes("previous"),
          merkleRoot: bytes("merkle"),
          ntime: 0x64af_16e0 + second,
          nbits: 0x1703_4219,
        });
        host.send(job);
        for (const { bytes: answer } of host.run(2000)) {
          // One of the job before may still have been on its way.
          if (((answer[7] as number) & 0xf8) !== job[4]) continue;
          const zeros = leadingZeroBits(header1366(job, answer));
          expect(answer[6]).toBe(zeros - required);
          bits.push(zeros);
        }
      }
      expectSolutions(bits, required, atLeast);
    },
    120_000,
  );
});

describe("answers of an S9 board, hashed by node:crypto", () => {
  it.each([
    { workScale: 20, log2: 0, mask: 0, midstates: 4, seconds: 0.4, atLeast: 300 },
    { workScale: 26, log2: 0, mask: 0, midstates: 1, seconds: 1, atLeast: 800 },
    { workScale: 26, log2: 6, mask: 0xfc, midstates: 2, seconds: 20, atLeast: 250 },
    { workScale: 32, log2: 6, mask: 0xfc, midstates: 4, seconds: 20, atLeast: 250 },
  ] as const)(
    "workScale $workScale, D 2^$log2, $midstates midstates: have the zero bits asked for",
    ({ workScale, log2, mask, midstates, seconds, atLeast }) => {
      const host = new S9VirtualHost({ workScale, seed: 32 });
      host.bringUp(650);
      host.send(s9Write(0x18, mask));
      host.run(200);
      const periodMs = (0.9 * midstates * 2 ** 19) / 650 / 1e3;
      const like = headerJob(33, midstates);
      const bits: number[] = [];
      let before: Uint8Array | null = null;
      for (let work = 0; work * periodMs < seconds * 1e3; work++) {
        const tail = like.tail.slice();
        new DataView(tail.buffer).setUint32(4, work, true);
        const frame = s9JobFrame({ id: (work * midstates) & 0x7f, tail, midstates: like.midstates });
        host.send(frame);
        for (const { bytes: answer } of host.run(periodMs)) {
          const midstate = (answer[5] as number) & (midstates - 1);
          const work = (answer[5] as number) - midstate === frame[2] ? frame : before;
          if (work === null) continue;
          const header = (like.headers[midstate] as Uint8Array).slice();
          // specs/bm1387.md 1.6: merkle tail, ntime, nbits stand in the frame in the opposite order.
          header.set(work.subarray(16, 20), 64);
          header.set(work.subarray(12, 16), 68);
          header.set(work.subarray(8, 12), 72);
          header.set(answer.subarray(0, 4), 76);
          bits.push(leadingZeroBits(header));
        }
        before = frame;
      }
      expectSolutions(bits, 32 + log2 - workScale, atLeast);
    },
    120_000,
  );
});
