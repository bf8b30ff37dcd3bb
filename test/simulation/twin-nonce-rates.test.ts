import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { headerJob } from "../../twin/s9-header-jobs.ts";
import { S9VirtualHost, jobFrame as s9JobFrame, write as s9Write } from "../../twin/s9-virtual-host.ts";
import { jobFrame, type TimedFrame, VirtualHost, write } from "../../twin/virtual-host.ts";

/**
 * Nonces per second and chip against f x cores / (2^32 x D), at points and with seeds that were chosen before the first run. Times are
 * such that about a thousand nonces or more are expected.
 */
const SMALL_CORES_1366 = 894;
const CORES_1387 = 114;
const SIGMAS = 3;
const TIMEOUT_MS = 120_000;

/** PLL0 and PLL words. specs/bm1366.md 3.4 (650 MHz from the formula there: 25 x 208 / (2 x 4)), specs/bm1387.md 2.1 */
const PLL_1366 = { 200: 0x40a0_0241, 400: 0x40a0_0240, 485: 0x50c2_0240, 525: 0x40a8_0230, 575: 0x40b8_0230, 650: 0x50d0_0230 } as const;
const PLL_1387 = {
  200: 0x0040_0241,
  300: 0x0060_0241,
  400: 0x0080_0241,
  500: 0x0050_0221,
  600: 0x0060_0221,
  650: 0x0068_0221,
} as const;
/** Ticket masks. specs/bm1366.md 2.2, specs/bm1387.md 2.2 */
const MASK = { 1: 0, 2: 0x80, 4: 0xc0, 16: 0xf0, 64: 0xfc, 256: 0xff } as const;
type Difficulty = keyof typeof MASK;

/** Chi-square of counts that should be equal, as standard deviations from its mean (Wilson and Hilferty 1931). */
function evenness(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  const freedom = counts.length - 1;
  return (Math.cbrt(chiSquare / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
}

function expectPoisson(counts: readonly number[], expected: number): void {
  const total = counts.reduce((sum, count) => sum + count);
  expect(expected).toBeGreaterThan(900);
  expect(Math.abs(total - expected) / Math.sqrt(expected)).toBeLessThan(SIGMAS);
  if (counts.length > 1) expect(Math.abs(evenness(counts))).toBeLessThan(SIGMAS);
}

describe("chi-square over chips", () => {
  it("tells a chip that does 40 % of its work, and counts that are too even, from chance", () => {
    expect(evenness([...Array(62).fill(100), 66])).toBeLessThan(-SIGMAS);
    expect(evenness([110, 103, 96, 99, 88, 107, 95, 40])).toBeGreaterThan(SIGMAS);
    expect(Math.abs(evenness([110, 103, 96, 99, 88, 107, 95, 102]))).toBeLessThan(SIGMAS);
  });
});

describe("a BM1366 finds nonces at f 894 / (2^32 D)", () => {
  it.each([
    [200, 1, 4, 20],
    [400, 4, 2, 40],
    [485, 16, 6, 40],
    [525, 1, 1, 30],
    [575, 64, 9, 60],
    [650, 256, 8, 240],
  ] as const)(
    "%i MHz, D %i, each of %i chips, %i s",
    (mhz, difficulty, chips, seconds) => {
      const host = new VirtualHost({ chips, seed: 4_000 + mhz });
      host.bringUp(485, 1.4);
      host.send(write(0x08, PLL_1366[mhz]), write(0x10, host.countingNumber(mhz)), write(0x14, MASK[difficulty as Difficulty]));
      host.run(10);
      const interval = Math.floor(256 / chips);
      const counts = new Array<number>(chips).fill(0);
      const bytes = (text: string) => new Uint8Array(createHash("sha256").update(`rates ${mhz} ${text}`).digest());
      for (let second = 0; second < seconds; second += 2) {
        const id = (second * 4) & 0x78;
        const hashes = { prevHash: bytes(`${second} previous`), merkleRoot: bytes(`${second} merkle`) };
        host.send(jobFrame({ id, version: 0x2000_0000, ...hashes, ntime: 0x64af_16e0 + second, nbits: 0x1924_95f8 }));
        for (const frame of host.run(2000)) {
          const address = (new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(2) >>> 17) & 0xff;
          counts[Math.floor(address / interval)] = (counts[Math.floor(address / interval)] as number) + 1;
        }
      }
      expectPoisson(counts, (mhz * 1e6 * SMALL_CORES_1366 * chips * seconds) / (2 ** 32 * difficulty));
    },
    TIMEOUT_MS,
  );
});

describe("an S9 board finds nonces at f 114 / (2^32 D) per chip", () => {
  it.each([
    [200, 1, 1, 4],
    [300, 4, 2, 10],
    [400, 16, 4, 30],
    [500, 2, 1, 3],
    [600, 64, 4, 70],
    [650, 256, 4, 250],
  ] as const)(
    "%i MHz, D %i, works of %i midstates, %i s",
    (mhz, difficulty, midstates, seconds) => {
      const host = new S9VirtualHost({ seed: 5_000 + mhz });
      host.bringUp(650);
      host.send(s9Write(0x0c, PLL_1387[mhz]), s9Write(0x18, MASK[difficulty as Difficulty]));
      host.run(200);
      // specs/bm1387.md 3.6: so long, no chip reaches its neighbour's slice.
      const periodMs = (0.9 * midstates * 2 ** 19) / mhz / 1e3;
      const works = Math.ceil((seconds * 1e3) / periodMs);
      const like = headerJob(mhz, midstates);
      const frames: TimedFrame[] = [];
      for (let work = 0; work < works; work++) {
        const tail = like.tail.slice();
        new DataView(tail.buffer).setUint32(4, 0x5d17_465b + work, true);
        host.send(s9JobFrame({ id: (work * midstates) & 0x7f, tail, midstates: like.midstates }));
        frames.push(...host.run(periodMs));
      }
      const counts = new Array<number>(63).fill(0);
      for (const { bytes } of frames) counts[(bytes[0] as number) >> 2] = (counts[(bytes[0] as number) >> 2] as number) + 1;
      expect(frames.length).toBe(counts.reduce((sum, count) => sum + count));
      expectPoisson(counts, (mhz * 1e6 * CORES_1387 * 63 * works * periodMs) / 1e3 / (2 ** 32 * difficulty));
    },
    TIMEOUT_MS,
  );
});

// twin/README.md, workScale: one candidate to a block, so counts are binomial. A statistician should know by how much.
describe("the variance of counts in equal times", () => {
  it.each([
    { workScale: 24, mask: 0, log2: 0, windowMs: 500 },
    { workScale: 32, mask: 0xc0, log2: 2, windowMs: 2000 },
    { workScale: 32, mask: 0x80, log2: 1, windowMs: 1000 },
  ])(
    "is the mean's, less one part in 2^(zero bits): workScale $workScale, D 2^$log2",
    ({ workScale, mask, log2, windowMs }) => {
      const host = new VirtualHost({ workScale, seed: 6_000 });
      host.bringUp(485, 1.3);
      host.send(write(0x14, mask));
      host.run(10);
      const windows = 1000;
      const counts = Array.from({ length: windows }, (_, window) => {
        const bytes = (text: string) => new Uint8Array(createHash("sha256").update(`variance ${window} ${text}`).digest());
        const hashes = { prevHash: bytes("previous"), merkleRoot: bytes("merkle") };
        host.send(jobFrame({ id: (8 * window) & 0x78, version: 0x2000_0000, ...hashes, ntime: window, nbits: 0x1924_95f8 }));
        return host.run(windowMs).length;
      });
      const mean = counts.reduce((sum, count) => sum + count) / windows;
      const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (windows - 1);
      const expected = 1 - 2 ** -(32 + log2 - workScale);
      // The spread of a variance estimated from so many windows.
      expect(Math.abs(variance / mean / expected - 1)).toBeLessThan(SIGMAS * Math.sqrt(2 / windows));
    },
    TIMEOUT_MS,
  );
});
