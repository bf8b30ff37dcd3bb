import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { headerJob } from "../../twin/s9-header-jobs.ts";
import {
  S9VirtualHost,
  chainInactive as s9ChainInactive,
  jobFrame as s9JobFrame,
  setAddress as s9SetAddress,
} from "../../twin/s9-virtual-host.ts";
import { type HostMhz, jobFrame, type TimedFrame, VirtualHost, write } from "../../twin/virtual-host.ts";

/**
 * Stopwatch: emission seen at the wire less the ideal one of the sweep model, which is written here from the specification alone
 * (bm1366.md 4.7, bm1387.md 3.6). Without jitter and with a crystal as marked, nothing may be left but the wait for the line.
 */
interface Emission {
  readonly startNs: number;
  readonly endNs: number;
  readonly idealNs: number;
}

interface Residuals {
  /** Core clocks, rounded, of those that found the line free. */
  readonly ticks: readonly number[];
  /** How many began the moment another frame ended. */
  readonly waited: number;
}

function residuals(emissions: readonly Emission[], mhz: number): Residuals {
  const ticks: number[] = [];
  let waited = 0;
  let freeNs = Number.NEGATIVE_INFINITY;
  for (const { startNs, endNs, idealNs } of emissions) {
    if (Math.abs(startNs - freeNs) < 0.01 && idealNs < startNs) waited++;
    else ticks.push(Math.round(((startNs - idealNs) * mhz) / 1e3));
    freeNs = endNs;
  }
  return { ticks, waited };
}

function expectNothingLeft(emissions: readonly Emission[], mhz: number, atLeast: number): void {
  const { ticks, waited } = residuals(emissions, mhz);
  expect(ticks.length).toBeGreaterThan(atLeast);
  expect(waited).toBeLessThan(ticks.length / 4);
  expect(ticks.filter((tick) => tick !== 0)).toEqual([]);
}

const BATCH_GAP_NS = 5400;
const COUNTING_TICK_NS = 80;
const COUNTERS = 2 ** 25;

interface Nonce1366 extends TimedFrame {
  readonly field: number;
  readonly counter: number;
}

function decode1366(frame: TimedFrame): Nonce1366 {
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset);
  expect((frame.bytes[10] as number) >> 5).toBe(4);
  return { ...frame, field: view.getUint16(8), counter: view.getUint32(2) & 0x1ff_ffff };
}

/** The value whose bits, lowest first, stand where the mask has ones. */
function gathered(field: number, mask: number): number {
  let value = 0;
  let taken = 0;
  for (let bit = 0; bit < 16; bit++) {
    if (((mask >> bit) & 1) === 1) value |= ((field >> bit) & 1) << taken++;
  }
  return value;
}

interface Conditions {
  readonly mhz: number;
  /** Of HASH_COUNTING_NUMBER; null when it was never written. */
  readonly countingNumber: number | null;
  readonly mask: number;
  readonly chips: number;
}

/** ns from the end of the job frame to a nonce, less whole epochs. specs/bm1366.md 4.7 */
function ideal1366({ field, counter }: Nonce1366, { mhz, countingNumber, mask, chips }: Conditions): number {
  const interval = Math.floor(256 / chips);
  const address = Math.floor((counter >>> 17) / interval) * interval;
  const batch = Math.floor(gathered(field, mask) / 8);
  const batchNs = countingNumber === null ? 0 : countingNumber * COUNTING_TICK_NS + BATCH_GAP_NS;
  return batch * batchNs + (((counter - address * 2 ** 17 + COUNTERS) % COUNTERS) * 1e3) / mhz;
}

function job1366(seed: number): Uint8Array {
  const bytes = (text: string) => new Uint8Array(createHash("sha256").update(`stopwatch ${seed} ${text}`).digest());
  return jobFrame({
    id: 0x30,
    version: 0x2000_0000,
    prevHash: bytes("previous"),
    merkleRoot: bytes("merkle"),
    ntime: seed,
    nbits: 0x1924_95f8,
  });
}

function emissions1366(nonces: readonly Nonce1366[], jobNs: number, conditions: Conditions): Emission[] {
  return nonces.map((nonce) => ({ ...nonce, idealNs: jobNs + ideal1366(nonce, conditions) }));
}

describe("the stopwatch of a BM1366 without jitter", () => {
  it("stands at zero in all 8192 version batches, and in those that come again after them", () => {
    const host = new VirtualHost({ seed: 21 });
    host.bringUp(485);
    const countingNumber = host.countingNumber(485);
    const conditions = { mhz: 485, countingNumber, mask: 0xffff, chips: 1 };
    const epochNs = 8192 * (countingNumber * COUNTING_TICK_NS + BATCH_GAP_NS);
    const job = job1366(1);
    const jobNs = host.arrivalNs(job.length);
    host.send(job);
    const inFirst = host.run((jobNs + epochNs - host.bitaxe.nowNs) / 1e6).map(decode1366);
    const inSecond = host.run(20_000).map(decode1366);
    expectNothingLeft(emissions1366(inFirst, jobNs, conditions), 485, 50_000);
    expectNothingLeft(emissions1366(inSecond.slice(1), jobNs + epochNs, conditions), 485, 1500);
    // Seven nonces to a batch on average: one in a thousand has none.
    const batches = new Set(inFirst.map(({ field }) => field >> 3));
    expect(batches.size).toBeGreaterThan(8192 * 0.995);
    expect(Math.max(...batches)).toBeGreaterThan(8185);
    expect(new Set(inFirst.map(({ field }) => field & 7)).size).toBe(8);
  }, 120_000);

  it.each([
    { mhz: 50, countingNumber: null, mask: 0xffff, chips: 1, seconds: 0.67, atLeast: 4 },
    { mhz: 200, countingNumber: 0x0f_ffff, mask: 0xffff, chips: 1, seconds: 20, atLeast: 500 },
    { mhz: 575, countingNumber: 0x0f_ffff, mask: 0xffff, chips: 1, seconds: 20, atLeast: 500 },
    { mhz: 525, countingNumber: 0x06_1861, mask: 0xffff, chips: 2, seconds: 20, atLeast: 1500 },
    { mhz: 400, countingNumber: 0x00_151c, mask: 0xffff, chips: 1, seconds: 3, atLeast: 100 },
    { mhz: 485, countingNumber: 0x0d_3224, mask: 0xf8f0, chips: 1, seconds: 4.4, atLeast: 350 },
  ])("stands at zero: $mhz MHz, HCN $countingNumber, mask $mask, $chips chips", ({ seconds, atLeast, ...conditions }) => {
    const host = new VirtualHost({ chips: conditions.chips, seed: 22 });
    if (conditions.countingNumber === null) {
      host.setCoreVoltage(1.2);
      host.setReset(true);
      host.send(write(0xa4, 0x9000_ffff));
    } else {
      host.bringUp(conditions.mhz as HostMhz, 1.3);
      host.send(write(0x10, conditions.countingNumber), write(0xa4, 0x9000_0000 | conditions.mask));
    }
    host.run(20);
    const job = job1366(conditions.mhz);
    const jobNs = host.arrivalNs(job.length);
    host.send(job);
    const nonces = host.run(seconds * 1e3).map(decode1366);
    expectNothingLeft(emissions1366(nonces, jobNs, conditions), conditions.mhz, atLeast);
  });

  it("shows a crystal that runs 10 ppm fast as 10 ppm", () => {
    const host = new VirtualHost({ seed: 23, crystalPpm: 10 });
    host.bringUp(485);
    const conditions = { mhz: 485, countingNumber: host.countingNumber(485), mask: 0xffff, chips: 1 };
    const job = job1366(3);
    const jobNs = host.arrivalNs(job.length);
    host.send(job);
    const emissions = emissions1366(host.run(10_000).map(decode1366), jobNs, conditions);
    const { ticks } = residuals(emissions, 485);
    expect(ticks.filter((tick) => tick === 0).length).toBeLessThan(20);
    for (const { startNs, idealNs } of emissions.slice(-100)) expect((startNs - idealNs) / (idealNs - jobNs)).toBeCloseTo(-1e-5, 7);
  });
});

interface Nonce1387 extends TimedFrame {
  readonly counter: number;
  readonly midstate: number;
}

function decode1387(frame: TimedFrame, midstates: number): Nonce1387 {
  expect((frame.bytes[6] as number) >> 5).toBe(4);
  const counter = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(0) >>> 7;
  return { ...frame, counter, midstate: (frame.bytes[5] as number) & (midstates - 1) };
}

/** ns from the end of the work's frame. specs/bm1387.md 3.6: every midstate of a counter value, then the next value; one clock each. */
function ideal1387({ counter, midstate }: Nonce1387, address: number, midstates: number, mhz: number): number {
  return ((((counter - address * 2 ** 17 + COUNTERS) % COUNTERS) * midstates + midstate) * 1e3) / mhz;
}

describe("the stopwatch of an S9 board without jitter", () => {
  it.each([
    [650, 1, 1200],
    [650, 2, 600],
    [650, 4, 300],
    [200, 4, 200],
    [500, 1, 900],
  ] as const)("stands at zero on all 63 chips, with each midstate: %i MHz, %i midstates", (mhz, midstates, works) => {
    const host = new S9VirtualHost({ seed: 24 });
    host.bringUp(mhz);
    const periodMs = (0.9 * midstates * 2 ** 19) / mhz / 1e3;
    const like = headerJob(mhz, midstates);
    const sent: { id: number; startNs: number }[] = [];
    const frames: TimedFrame[] = [];
    for (let work = 0; work < works; work++) {
      const tail = like.tail.slice();
      new DataView(tail.buffer).setUint32(4, work, true);
      const id = (work * midstates) & 0x7f;
      const frame = s9JobFrame({ id, tail, midstates: like.midstates });
      sent.push({ id, startNs: host.arrivalNs(frame.length) });
      host.send(frame);
      frames.push(...host.run(periodMs));
    }
    const chips = new Set<number>();
    const lanes = new Set<number>();
    const emissions = frames.map((frame) => {
      const nonce = decode1387(frame, midstates);
      const chip = (frame.bytes[0] as number) >> 2;
      chips.add(chip);
      lanes.add(nonce.midstate);
      const work = sent.findLast(({ id, startNs }) => id === (frame.bytes[5] as number) - nonce.midstate && startNs <= frame.startNs);
      return { ...frame, idealNs: (work?.startNs ?? 0) + ideal1387(nonce, 4 * chip, midstates, mhz) };
    });
    expectNothingLeft(emissions, mhz, 400);
    expect(chips.size).toBe(63);
    expect(lanes.size).toBe(midstates);
  });

  it.each([1, 2, 4] as const)("stands at zero through the wrap of the counter, to the end of its pass: %i midstates", (midstates) => {
    const host = new S9VirtualHost({ chips: 1, seed: 25, workScale: 24 });
    host.bringUp(650);
    host.send(s9ChainInactive(), s9SetAddress(0xf0));
    host.run(1);
    const emissions: Emission[] = [];
    const counters: number[] = [];
    for (let work = 0; work < 60 / midstates; work++) {
      const frame = s9JobFrame(headerJob(100 + work, midstates, (work * midstates) & 0x7f));
      const startNs = host.arrivalNs(frame.length);
      host.send(frame);
      for (const each of host.run(55 * midstates)) {
        const nonce = decode1387(each, midstates);
        counters.push(nonce.counter);
        emissions.push({ ...each, idealNs: startNs + ideal1387(nonce, 0xf0, midstates, 650) });
      }
    }
    expectNothingLeft(emissions, 650, 30);
    expect(Math.min(...counters)).toBeLessThan(0xe0 << 17);
    expect(Math.max(...counters)).toBeGreaterThan(0xf0 << 17);
  });
});
