import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { type HeaderJob, hashOf, headerJob, zeroBits } from "../s9-header-jobs.ts";
import { jobFrame, MISC_RUN, read, S9VirtualHost, setAddress, write } from "../s9-virtual-host.ts";
import type { TimedFrame } from "../virtual-host.ts";

interface Nonce {
  readonly startNs: number;
  readonly endNs: number;
  readonly nonceBe: number;
  readonly chip: number;
  readonly core: number;
  readonly counter: number;
  readonly jobByte: number;
  readonly solution: number;
}

/** specs/bm1387.md 1.5, written again here so that the chip's encoder is not its own judge. */
function decode({ bytes, startNs, endNs }: TimedFrame): Nonce {
  expect(bytes.length).toBe(7);
  expect((bytes[6] as number) & 0xe0).toBe(0x80);
  const nonceBe = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const [chip, jobByte, solution] = [(bytes[0] as number) >> 2, bytes[5] as number, bytes[4] as number];
  return { startNs, endNs, nonceBe, chip, core: nonceBe & 0x7f, counter: nonceBe >>> 7, jobByte, solution };
}

interface Mined {
  readonly job: HeaderJob;
  readonly startNs: number;
  readonly nonces: Nonce[];
}

/** The period in which no chip reaches its neighbour's range, ms. specs/bm1387.md 3.6 */
function periodMs(midstates: number, mhz: number): number {
  return (0.9 * midstates * 2 ** 19) / mhz / 1e3;
}

/** Works one after the other, each with its own id; the nonces of each by their id. */
function mine(host: S9VirtualHost, works: number, midstates: 1 | 2 | 4, mhz: number, seed = 0): Mined[] {
  const mined: Mined[] = [];
  const frames: TimedFrame[] = [];
  // What ran before comes to its end: a whole pass of the counter is 71 periods.
  host.run(75 * periodMs(midstates, mhz));
  for (let i = 0; i < works; i++) {
    const job = headerJob(seed + i, midstates, (i * midstates) & 0x7f);
    const frame = jobFrame(job);
    mined.push({ job, startNs: host.arrivalNs(frame.length), nonces: [] });
    host.send(frame);
    frames.push(...host.run(periodMs(midstates, mhz)));
  }
  // One more frame is on its way.
  frames.push(...host.run(0.045));
  for (const nonce of frames.map(decode)) {
    const base = nonce.jobByte & ~(midstates - 1);
    const from = mined.findLast(({ job, startNs }) => job.id === base && startNs <= nonce.startNs);
    expect(from).toBeDefined();
    from?.nonces.push(nonce);
  }
  return mined;
}

/** ns from the start of a work to a nonce. specs/bm1387.md 3.6 */
function modelNs(nonce: Nonce, chip: number, midstates: number, mhz: number): number {
  const clock = (nonce.counter - chip * 2 ** 19) * midstates + (nonce.jobByte & (midstates - 1));
  return (clock * 1e3) / mhz;
}

describe("nonces of an S9 board", () => {
  it.each([1, 2, 4] as const)("hash as they should, from the chip and core they name, with %i midstates", (midstates) => {
    const host = new S9VirtualHost({ workScale: 24 });
    host.bringUp();
    const mined = mine(host, 400 / midstates, midstates, 650);
    const nonces = mined.flatMap((one) => one.nonces);
    expect(nonces.length).toBeGreaterThan(200);
    for (const { job, nonces: own } of mined) {
      for (const nonce of own) {
        expect(zeroBits(job, nonce.jobByte & (midstates - 1), nonce.nonceBe)).toBeGreaterThanOrEqual(32 - 24);
        expect(nonce.chip).toBeLessThan(63);
        expect(nonce.core <= 56 || (nonce.core >= 64 && nonce.core <= 120)).toBe(true);
      }
    }
    expect(new Set(nonces.map((nonce) => nonce.chip)).size).toBeGreaterThan(50);
    expect(new Set(nonces.map((nonce) => nonce.core)).size).toBeGreaterThan(80);
    expect(new Set(nonces.map((nonce) => nonce.jobByte & (midstates - 1))).size).toBe(midstates);
  });

  it("pass a ticket mask bit by bit: the plain 63 of bmminer is no threshold", () => {
    const host = new S9VirtualHost({ workScale: 24 });
    host.bringUp();
    for (const [mask, tested] of [
      [0x0000_00fc, 0xfc00_0000],
      [0x0000_003f, 0x3f00_0000],
    ] as const) {
      host.send(write(0x18, mask));
      host.run(20);
      let nonces = 0;
      let below = 0;
      for (const { job, nonces: own } of mine(host, 1600, 4, 650, mask)) {
        for (const nonce of own) {
          // The filter stands 24 bits further up than on silicon.
          const hash = hashOf(job, nonce.jobByte & 3, nonce.nonceBe);
          expect(hash[0]).toBe(0);
          expect((new DataView(hash.buffer).getUint32(1) & tested) >>> 0).toBe(0);
          nonces++;
          if (zeroBits(job, nonce.jobByte & 3, nonce.nonceBe) >= 8 + 6) below++;
        }
      }
      expect(nonces).toBeGreaterThan(40);
      if (mask === 0xfc) expect(below).toBe(nonces);
      else expect(below).toBeLessThan(nonces);
    }
  });

  it("start on the wire when the counter reaches them, or when the line falls free", () => {
    for (const [midstates, mhz] of [
      [1, 650],
      [4, 400],
    ] as const) {
      const host = new S9VirtualHost({ workScale: 26 });
      host.bringUp(mhz);
      const all = mine(host, 600 / midstates, midstates, mhz).flatMap(({ nonces, startNs }) =>
        nonces.map((nonce) => ({ nonce, dueNs: startNs + modelNs(nonce, nonce.chip, midstates, mhz) })),
      );
      all.sort((a, b) => a.nonce.startNs - b.nonce.startNs);
      let waited = 0;
      let freeNs = 0;
      for (const { nonce, dueNs } of all) {
        if (Math.abs(nonce.startNs - dueNs) > 0.01) {
          expect(nonce.startNs).toBeGreaterThan(dueNs);
          expect(Math.abs(nonce.startNs - freeNs)).toBeLessThan(0.01);
          waited++;
        }
        freeNs = nonce.endNs;
      }
      expect(all.length).toBeGreaterThan(300);
      expect(waited).toBeLessThan(all.length / 5);
    }
  });

  it.each([
    [650, 63, 4, 0x00, 1, 4],
    [650, 63, 1, 0x80, 2, 4],
    [400, 63, 4, 0xc0, 4, 12],
    [200, 20, 2, 0x00, 1, 12],
    [100, 63, 4, 0x00, 1, 12],
  ] as const)("come at f x cores / (2^32 D): %i MHz, %i chips, %i midstates", (mhz, chips, midstates, mask, difficulty, seconds) => {
    const host = new S9VirtualHost({ chips });
    host.bringUp(mhz);
    host.send(write(0x18, mask));
    host.run(20);
    const works = Math.ceil((seconds * 1e3) / periodMs(midstates, mhz));
    const nonces = mine(host, works, midstates, mhz).reduce((sum, one) => sum + one.nonces.length, 0);
    const expected = (mhz * 1e6 * 114 * chips * works * periodMs(midstates, mhz)) / 1e3 / (2 ** 32 * difficulty);
    expect(expected).toBeGreaterThan(700);
    expect(Math.abs(nonces - expected)).toBeLessThan(3 * Math.sqrt(expected));
  });

  it("are the same, at the same offsets, when the same job is sent again", () => {
    const host = new S9VirtualHost();
    host.bringUp();
    const offsets = () =>
      mine(host, 100, 4, 650, 77).flatMap(({ startNs, nonces }) =>
        nonces.map((nonce) => `${nonce.nonceBe} ${nonce.jobByte} ${Math.round(nonce.startNs - startNs)}`),
      );
    const first = offsets();
    expect(first.length).toBeGreaterThan(200);
    expect(offsets()).toEqual(first);
  });

  it("do not depend on how time is cut into ticks", () => {
    const frames = (tickMs: number) => {
      const host = new S9VirtualHost({ chips: 8, workScale: 28 });
      host.bringUp();
      const got: string[] = [];
      for (let i = 0; i < 12; i++) {
        host.send(jobFrame(headerJob(i, 4)));
        if (i === 5) host.send(write(0x0c, 0x0080_0241, 8), read(0x1c));
        got.push(...host.run(30, tickMs).map((frame) => `${frame.endNs} ${toHex(frame.bytes)}`));
      }
      return got;
    };
    const whole = frames(30);
    expect(whole.length).toBeGreaterThan(40);
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 29, noNaN: true }), (tickMs) => {
        expect(frames(tickMs)).toEqual(whole);
      }),
      { numRuns: 6 },
    );
  });

  it("follow the chip's own frequency", () => {
    const host = new S9VirtualHost({ chips: 40 });
    host.bringUp(650);
    for (let chip = 0; chip < 40; chip += 2) host.setMhz(300, chip * 4);
    host.run(5);
    const mined = mine(host, 600, 4, 650);
    const by = [0, 0];
    for (const { startNs, nonces } of mined) {
      for (const nonce of nonces) {
        const mhz = nonce.chip % 2 === 0 ? 300 : 650;
        expect(nonce.startNs - startNs - modelNs(nonce, nonce.chip, 4, mhz)).toBeGreaterThan(-0.01);
        by[nonce.chip % 2] = (by[nonce.chip % 2] as number) + 1;
      }
    }
    expect((by[0] as number) / (by[1] as number)).toBeGreaterThan(0.36);
    expect((by[0] as number) / (by[1] as number)).toBeLessThan(0.57);
  });

  it("count from 0 for each work", () => {
    const host = new S9VirtualHost({ chips: 2 });
    host.bringUp();
    const byChip = new Map<number, number>();
    for (let i = 0; i < 20; i++) {
      host.send(jobFrame(headerJob(i, 4, 4 * i)));
      for (const nonce of host.run(250).map(decode)) {
        // Two chips search the same space in turn; the sender is known from its clock only, so count by job.
        byChip.set(nonce.jobByte & ~3, Math.max(byChip.get(nonce.jobByte & ~3) ?? 0, nonce.solution));
      }
    }
    expect(Math.max(...byChip.values())).toBeGreaterThan(2);
    expect(Math.max(...byChip.values())).toBeLessThan(16);
  });
});

describe("a work that is not replaced", () => {
  it("is run through once, past the top of the counter, and found again by every chip", () => {
    const host = new S9VirtualHost({ chips: 8, workScale: 28 });
    host.bringUp(650);
    const seen = new Map<string, number>();
    for (let i = 0; i < 8; i++) {
      const frame = jobFrame(headerJob(i, 4, 4 * i));
      const startNs = host.arrivalNs(frame.length);
      host.send(frame);
      for (const nonce of host.run(400).map(decode)) {
        const key = `${i} ${nonce.nonceBe} ${nonce.jobByte}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        expect(nonce.startNs).toBeLessThan(startNs + (4 * 2 ** 25 * 1e3) / 650 + 1e6);
      }
      expect(host.run(100)).toEqual([]);
    }
    expect(seen.size).toBeGreaterThan(10);
    for (const times of seen.values()) expect(times).toBe(8);
  });

  it("yields duplicates from neighbours once it lasts longer than a slice", () => {
    const host = new S9VirtualHost();
    host.bringUp(650);
    let nonces = 0;
    const distinct = new Set<string>();
    for (let i = 0; i < 60; i++) {
      host.send(jobFrame(headerJob(i, 4, 4 * (i % 32))));
      for (const nonce of host.run(2 * periodMs(4, 650)).map(decode)) {
        distinct.add(`${i} ${nonce.nonceBe} ${nonce.jobByte}`);
        nonces++;
      }
    }
    expect(distinct.size).toBeLessThan(nonces * 0.75);
  });
});

describe("cores", () => {
  it("are closed after reset and stay closed while gate_block was never set", () => {
    const host = new S9VirtualHost({ chips: 4 });
    host.powerUp();
    host.release();
    host.send(write(0x1c, MISC_RUN & ~0x80));
    for (let i = 0; i < 130; i++) host.send(jobFrame(headerJob(i)));
    expect(host.run(3000)).toEqual([]);
    expect(host.board.openCores(0)).toBe(0);
    expect(host.board.hashes).toBe(0);
  });

  it("open one by one, and only those that are open find anything", () => {
    const host = new S9VirtualHost({ chips: 63 });
    host.powerUp();
    host.release();
    host.enumerate();
    host.setMhz(650);
    host.send(write(0x1c, 0x4020_9a80));
    host.openCores(30);
    host.run(500);
    expect(host.board.openCores(62)).toBe(30);
    host.send(write(0x1c, 0x0020_0180));
    host.run(10);
    host.setBaud(1_562_500);
    const nonces = mine(host, 400, 4, 650).flatMap((one) => one.nonces);
    expect(nonces.length).toBeGreaterThan(200);
    for (const nonce of nonces) expect(nonce.core).toBeLessThan(30);
    expect(host.board.openCores(0)).toBe(30);
  });

  it("close again, from the first on, with every MiscControl write that has gate_block", () => {
    const host = new S9VirtualHost({ chips: 4 });
    host.bringUp();
    expect(host.board.openCores(3)).toBe(114);
    host.send(write(0x1c, 0x4020_8180, 4));
    host.send(jobFrame(headerJob(1)));
    host.run(5);
    expect([0, 1, 2, 3].map((chip) => host.board.openCores(chip))).toEqual([114, 1, 114, 114]);
  });

  it("ignore works of several midstates while MMEN is 0", () => {
    const host = new S9VirtualHost({ chips: 20 });
    host.bringUp();
    host.send(write(0x1c, 0x4020_0100, 8));
    host.run(200);
    const nonces = mine(host, 500, 4, 650).flatMap((one) => one.nonces);
    expect(nonces.length).toBeGreaterThan(200);
    expect(nonces.filter((nonce) => nonce.chip === 2)).toEqual([]);
  });
});

describe("with every candidate hashed (workScale 0)", () => {
  it("the busy work gives 72 03 EA 83 from the work on that opens core 3, and from no earlier one", () => {
    const host = new S9VirtualHost({ chips: 1, workScale: 0 });
    host.powerUp();
    host.release();
    host.enumerate(0);
    host.send(setAddress(0x70), write(0x0c, 0x0068_0221), write(0x1c, 0x0020_8080));
    host.run(100);
    host.setBaud(3_125_000);
    const answers: string[][] = [];
    for (let id = 0; id < 5; id++) {
      host.send(jobFrame({ id, tail: new Uint8Array(12).fill(0xff), midstates: [new Uint8Array(32)] }));
      answers.push(host.run(0.65).map((frame) => toHex(frame.bytes)));
    }
    // specs/bm1387.md 6: the checksums of ids 03 and 04.
    expect(answers).toEqual([[], [], [], ["7203ea83000398"], ["7203ea8300049e"]]);
  });
});
