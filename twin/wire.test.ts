import { describe, expect, it } from "vitest";
import { toHex } from "../common/bytes.ts";
import { crc5 } from "./chip/crc.ts";
import { FaultTable } from "./faults.ts";
import { ResponseLine } from "./line.ts";
import { headerJob } from "./s9-header-jobs.ts";
import { jobFrame as jobFrameS9, MISC_1M5_GATE_MMEN, read as readS9, S9VirtualHost, write as writeS9 } from "./s9-virtual-host.ts";
import { type HostJob, jobFrame, read, type TimedFrame, VirtualHost, write } from "./virtual-host.ts";

const ULTRA_ID = "aa55136600000000000005";
const SLOW_BAUD = 25e6 / 216;

const job = (id: number, ntime = 0x6642_1bdf): HostJob => ({
  id,
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(3),
  merkleRoot: new Uint8Array(32).fill(id + 1),
  ntime,
  nbits: 0x1703_4219,
});

const isNonce = ({ bytes }: TimedFrame) => ((bytes.at(-1) as number) & 0x80) !== 0;

/** Powered, released and addressed S9 board at the rate of the reset. */
function slowS9(chips: number): S9VirtualHost {
  const host = new S9VirtualHost({ chips, faults: new FaultTable() });
  host.powerUp();
  host.release();
  host.enumerate();
  host.run(100);
  return host;
}

/** A BM1366 back at the rate of the reset, mining. */
function slowUltra(chips = 1): VirtualHost {
  const host = new VirtualHost({ chips });
  host.bringUp(485, 1.25);
  host.send(write(0x28, 0x0130_1a00));
  host.run(5);
  host.setBaud(SLOW_BAUD);
  return host;
}

describe("bytes take their time (specs/bm1387.md 1.1, specs/bm1366.md 1.1)", () => {
  it.each([
    [115_740, 432 + 604.8],
    [1_562_500, 32 + 44.8],
  ])("a read and its answer of one S9 chip at %i Bd: %f us", (baud, us) => {
    const host = slowS9(1);
    if (baud > 1e6) {
      host.send(writeS9(0x1c, MISC_1M5_GATE_MMEN));
      host.run(10);
    }
    host.setBaud(baud);
    const askedNs = host.board.nowNs;
    host.send(readS9(0));
    expect(((host.run(5)[0] as TimedFrame).endNs - askedNs) / 1000).toBeCloseTo(us, 1);
  });

  it("a broadcast read of 63 chips: 441 bytes in 38.1 ms at 115740 Bd", () => {
    const host = slowS9(63);
    const askedNs = host.board.nowNs;
    host.send(readS9(0));
    const frames = host.run(100);
    expect(frames).toHaveLength(63);
    expect(((frames.at(-1) as TimedFrame).endNs - askedNs) / 1e6 - 0.432).toBeCloseTo(38.1, 1);
  });
});

describe("who speaks (specs/bm1366.md 1.1, specs/bm1387.md 1.4)", () => {
  it("whole frames, one at a time, each sound, while nonces and answers of all chips want the wire", () => {
    const host = slowUltra(4);
    host.send(jobFrame(job(8)));
    const frames: TimedFrame[] = [];
    for (let i = 0; i < 100; i++) {
      host.send(read(0));
      frames.push(...host.run(8));
    }
    frames.push(...host.run(300));
    expect(frames.filter(isNonce).length).toBeGreaterThan(50);
    expect(frames.filter((frame) => !isNonce(frame))).toHaveLength(400);
    frames.forEach((frame, i) => {
      expect(crc5(frame.bytes.subarray(2))).toBe(0);
      if (i > 0) expect(frame.startNs).toBeGreaterThanOrEqual((frames[i - 1] as TimedFrame).endNs - 1);
    });
  });

  it("of several that wait when the wire falls free, the one nearest the host", () => {
    const line = new ResponseLine(3);
    const frame = (tag: number) => ({ readyNs: 0, bytes: Uint8Array.of(tag), nonce: true });
    for (const chip of [2, 1, 0]) line.queue(chip, frame(chip));
    line.queue(1, frame(11));
    expect(line.advance(1e9, 1e6).map(({ bytes }) => bytes[0])).toEqual([0, 1, 11, 2]);
  });

  it("answers to a broadcast read come in chain order, back to back", () => {
    const frames = (() => {
      const host = slowS9(63);
      host.send(readS9(0));
      return host.run(100);
    })();
    expect(frames.map(({ bytes }) => bytes[3])).toEqual(Array.from({ length: 63 }, (_, i) => 4 * i));
    const gapsNs = frames.slice(1).map((frame, i) => frame.startNs - (frames[i] as TimedFrame).endNs);
    expect(Math.max(...gapsNs.map(Math.abs))).toBeLessThan(1);
  });
});

describe("queues (specs/bm1366.md 4.10.4; their length is a guess)", () => {
  it("hold 64 frames of a chip; a flood of reads loses the rest and says how many, and order is restored", () => {
    const host = slowS9(63);
    for (let i = 0; i < 300; i++) host.send(readS9(0));
    const frames = host.run(10_000, 100);
    expect(frames.length + host.board.chain.framesLost).toBe(300 * 63);
    expect(host.board.chain.framesLost).toBeGreaterThan(0);
    const far = frames.filter(({ bytes }) => bytes[3] === 4 * 62).length;
    expect(far).toBeGreaterThanOrEqual(64);
    expect(far).toBeLessThan(300);
    host.send(readS9(0));
    expect(host.run(100)).toHaveLength(63);
  });
});

describe("a change of the rate in midstream (specs/bm1387.md 2.3, 3.1; specs/bm1366.md 2.4)", () => {
  it("commands right behind it at the old rate are lost", () => {
    const host = slowS9(2);
    host.send(writeS9(0x1c, MISC_1M5_GATE_MMEN), readS9(0), readS9(0));
    expect(host.run(20)).toEqual([]);
    expect(host.board.chain.bytesGarbled).toBe(10);
    host.setBaud(1_562_500);
    host.send(readS9(0));
    expect(host.run(20)).toHaveLength(2);
  });

  it("4 % apart is understood, another divider is not", () => {
    const host = slowS9(1);
    host.send(writeS9(0x1c, MISC_1M5_GATE_MMEN));
    host.run(10);
    for (const [baud, answers] of [
      [1_500_000, 1],
      [1_562_500, 1],
      [781_250, 0],
      [3_125_000, 0],
    ] as const) {
      host.setBaud(baud);
      host.send(readS9(0));
      expect(host.run(20).filter(({ bytes }) => toHex(bytes) === "13879000000007")).toHaveLength(answers);
      host.run(50);
    }
  });

  it("an answer on its way: its first bytes come at the old rate, the rest at the new one", () => {
    const line = new ResponseLine(1);
    line.queue(0, { readyNs: 0, bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7), nonce: true });
    expect(line.advance(35_000, 1e6)).toEqual([]);
    line.switchRate(35_000, 2e6);
    expect(line.advance(1e6, 2e6)).toEqual([
      { tNs: 35_000, bytes: Uint8Array.of(1, 2, 3), baud: 1e6, nonce: false },
      { tNs: 35_000 + 4 * 5000, bytes: Uint8Array.of(4, 5, 6, 7), baud: 2e6, nonce: true },
    ]);
    expect(line.idle).toBe(true);
  });

  it("answers to a read sent just before it reach a host that has not followed yet as fragments", () => {
    const host = slowS9(8);
    host.send(readS9(0), writeS9(0x1c, MISC_1M5_GATE_MMEN));
    const frames = host.run(20).map(({ bytes }) => toHex(bytes));
    // The write takes 778 us behind the read: one answer of 605 us is whole by then.
    expect(frames[0]).toBe("13879000000007");
    expect(frames.slice(1).filter((text) => /^138790....00....$/.test(text))).toEqual([]);
    expect(frames.length).toBeGreaterThan(1);
  });
});

describe("nine and eleven bytes (specs/bm1366.md 1.7)", () => {
  it("answers and nonces have eleven with version rolling on and nine with it off, all sound", () => {
    const host = new VirtualHost();
    host.bringUp();
    host.send(jobFrame(job(8)), read(0));
    const long = host.run(300);
    expect(new Set(long.map(({ bytes }) => bytes.length))).toEqual(new Set([11]));
    expect(long.some((frame) => toHex(frame.bytes) === ULTRA_ID)).toBe(true);
    host.send(write(0xa4, 0x0000_ffff), read(0));
    // What was being sent when the write came still has eleven.
    const short = host.run(300).filter((_, i) => i > 1);
    expect(new Set(short.map(({ bytes }) => bytes.length))).toEqual(new Set([9]));
    expect(short.filter(isNonce).length).toBeGreaterThan(10);
    for (const { bytes } of [...long, ...short]) expect(crc5(bytes.subarray(2))).toBe(0);
    host.send(write(0xa4, 0x9000_ffff));
    expect(new Set(host.run(300).map(({ bytes }) => bytes.length))).toEqual(new Set([11]));
  });
});

describe("late nonces (specs/bm1366.md 4.10.5, specs/bm1387.md 3.6)", () => {
  it("of the job before come when they were on their way at the switch, and never once the new one has spoken", () => {
    const host = slowUltra();
    let late = 0;
    for (let i = 1; i <= 150; i++) {
      const id = (8 * i) & 0x78;
      const arrivalNs = host.arrivalNs(88);
      host.send(jobFrame(job(id, i)));
      const ids = host
        .run(60)
        .filter(isNonce)
        .filter(({ endNs }) => endNs > arrivalNs)
        .map(({ bytes, startNs }) => ({ own: ((bytes[7] as number) & 0xf8) === id, startNs }));
      const firstOwn = ids.findIndex(({ own }) => own);
      for (const { own, startNs } of ids.slice(0, Math.max(0, firstOwn))) {
        expect(own).toBe(false);
        // One frame on the wire, and perhaps one behind it.
        expect(startNs).toBeLessThan(arrivalNs + 2e6);
        late++;
      }
      expect(ids.slice(firstOwn).every(({ own }) => own)).toBe(true);
    }
    expect(late).toBeGreaterThan(0);
  });

  it("of an S9 carry an id that is in use again after 32 works", () => {
    const host = new S9VirtualHost({ chips: 1 });
    host.bringUp();
    const at = host.board.nowNs / 1e6;
    host.board.faults.set({ name: "nonce-late", value: 32 * 2.9, atMs: at });
    host.run(20);
    const seen: { readonly work: number; readonly id: number }[] = [];
    for (let work = 0; work < 400; work++) {
      host.send(jobFrameS9(headerJob(work, 4, (work * 4) & 0x7f)));
      for (const { bytes } of host.run(2.9)) seen.push({ work, id: (bytes[5] as number) & ~3 });
    }
    const inUse = seen.filter(({ work, id }) => work > 40 && (id === ((work * 4) & 0x7f) || id === (((work - 1) * 4) & 0x7f)));
    expect(inUse.length).toBeGreaterThan(5);
    expect(inUse.length).toBe(seen.filter(({ work }) => work > 40).length);
  });
});

describe("repeats", () => {
  it("all of a BM1366's nonces come again after an epoch of 3.59 s at HCN 151C (specs/bm1366.md 4.7)", () => {
    const host = new VirtualHost();
    host.bringUp();
    host.send(write(0x10, 0x151c));
    host.run(5);
    const startNs = host.arrivalNs(88);
    host.send(jobFrame(job(8)));
    const epochNs = 8192 * (0x151c * 80 + 5400);
    expect(epochNs / 1e9).toBeCloseTo(3.588, 2);
    const nonces = host.run(2 * (epochNs / 1e6) + 20).filter(isNonce);
    const of = (epoch: number) => nonces.filter(({ startNs: at }) => Math.floor((at - startNs) / epochNs) === epoch);
    expect(of(0).length).toBeGreaterThan(200);
    const texts = (epoch: number) => of(epoch).map(({ bytes }) => toHex(bytes));
    expect(texts(1)).toEqual(texts(0));
    const offsNs = of(0).map((frame, i) => Math.abs((of(1)[i] as TimedFrame).startNs - frame.startNs - epochNs));
    expect(Math.max(...offsNs)).toBeLessThan(1000);
  });
});
