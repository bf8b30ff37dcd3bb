import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeaderFields, headerBytes } from "../../common/block-header.ts";
import { toHex } from "../../common/bytes.ts";
import { type HostJob, type HostMhz, jobFrame, read, type TimedFrame, VirtualHost, write } from "../virtual-host.ts";
import { SMALL_CORES } from "./sweep.ts";

const WORK_SCALE = 24;

function job(seed: number, id = 0x28): HostJob {
  const bytes = (salt: number) => new Uint8Array(createHash("sha256").update(`${seed} ${salt}`).digest());
  return { id, version: 0x2000_0000, prevHash: bytes(0), merkleRoot: bytes(1), ntime: 0x64af_16e0 + seed, nbits: 0x1924_95f8 };
}

interface Nonce {
  readonly startNs: number;
  readonly endNs: number;
  readonly nonceBe: number;
  readonly core: number;
  readonly position: number;
  readonly hint: number;
  readonly jobId: number;
  readonly smallCore: number;
  readonly field: number;
}

/** specs/bm1366.md 1.9, written again here so that the chip's encoder is not its own judge. */
function decode(frame: TimedFrame, address = 0): Nonce {
  const { bytes, startNs, endNs } = frame;
  expect(bytes.length).toBe(11);
  expect((bytes[10] as number) & 0xe0).toBe(0x80);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const nonceBe = view.getUint32(2);
  const position = ((nonceBe & 0x1ff_ffff) - (address << 17) + 2 ** 25) % 2 ** 25;
  const [hint, result] = [bytes[6] as number, bytes[7] as number];
  return {
    startNs,
    endNs,
    nonceBe,
    core: nonceBe >>> 25,
    position,
    hint,
    jobId: result & 0xf8,
    smallCore: result & 7,
    field: view.getUint16(8),
  };
}

/** Leading zero bits of the double hash that this nonce stands for. */
function zeroBits(of: HostJob, nonce: Nonce): number {
  const fields: HeaderFields = { ...of, version: (of.version | (nonce.field << 13)) >>> 0 };
  const header = headerBytes(fields, 0);
  new DataView(header.buffer).setUint32(76, nonce.nonceBe);
  const once = createHash("sha256").update(header).digest();
  const hash = createHash("sha256").update(once).digest().reverse();
  let bits = 0;
  for (const byte of hash) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

function mine(host: VirtualHost, of: HostJob, ms: number, tickMs?: number): { jobNs: number; nonces: Nonce[] } {
  const frame = jobFrame(of);
  const jobNs = host.arrivalNs(frame.length);
  host.send(frame);
  return { jobNs, nonces: host.run(ms, tickMs).map((answer) => decode(answer)) };
}

/** Time of a nonce in the sweep model, specs/bm1366.md 4.7: batch, then position. */
function modelNs(jobNs: number, nonce: Nonce, countingNumber: number, mhz: number): number {
  return jobNs + Math.floor(nonce.field / 8) * (countingNumber * 80 + 5400) + (nonce.position * 1e3) / mhz;
}

describe("nonces of a BM1366", () => {
  it("hash as the ticket demands, from cores and lanes that exist", () => {
    const host = new VirtualHost({ workScale: WORK_SCALE });
    host.bringUp(485);
    for (const ticketLog2 of [0, 2]) {
      host.send(write(0x14, ticketLog2 === 0 ? 0 : 0xc0));
      const of = job(ticketLog2);
      const { nonces } = mine(host, of, 10_000);
      expect(nonces.length).toBeGreaterThan(150);
      for (const nonce of nonces) {
        const required = 32 + ticketLog2 - WORK_SCALE;
        expect(zeroBits(of, nonce) - required).toBe(nonce.hint);
        expect(nonce.jobId).toBe(of.id);
        expect(nonce.smallCore).toBe(nonce.field & 7);
        expect(nonce.core).toBeLessThan(112);
        if (nonce.core === 111) expect(nonce.smallCore).toBeLessThan(6);
      }
      expect(new Set(nonces.map((nonce) => nonce.core)).size).toBeGreaterThan(ticketLog2 === 0 ? 105 : 80);
      expect(new Set(nonces.map((nonce) => nonce.smallCore)).size).toBe(8);
      expect(new Set(nonces.map((nonce) => `${nonce.nonceBe} ${nonce.field}`)).size).toBe(nonces.length);
    }
  });

  it("start on the wire when the sweep model says, or when the frame before has left", () => {
    for (const mhz of [400, 575] as const) {
      const host = new VirtualHost();
      host.bringUp(mhz, 1.3);
      const countingNumber = host.countingNumber(mhz);
      const { jobNs, nonces } = mine(host, job(mhz), 5000);
      let freeNs = 0;
      for (const nonce of nonces) {
        const expectedNs = Math.max(freeNs, modelNs(jobNs, nonce, countingNumber, mhz));
        expect(Math.abs(nonce.startNs - expectedNs)).toBeLessThan(0.01);
        freeNs = nonce.endNs;
      }
      expect(nonces.length).toBeGreaterThan(300);
    }
  });

  it.each([
    [50, 1, 0, 60],
    [400, 1, 0, 30],
    [485, 1, 1, 40],
    [575, 1, 0, 25],
    [525, 2, 2, 60],
  ] as [HostMhz, number, number, number][])("come at f 894 / (2^32 D): %i MHz, %i chips, D = 2^%i", (mhz, chips, ticketLog2, seconds) => {
    const host = new VirtualHost({ chips });
    host.bringUp(mhz, 1.3);
    host.send(write(0x14, [0, 0x80, 0xc0][ticketLog2] as number));
    let nonces = 0;
    let idleShare = 0;
    const countingNumber = host.countingNumber(mhz);
    for (let at = 0; at < seconds; at += 2) {
      host.send(jobFrame(job(at)));
      nonces += host.run(2000).length;
    }
    idleShare = 5400 / (countingNumber * 80 + 5400);
    const expected = (chips * mhz * 1e6 * SMALL_CORES * seconds * (1 - idleShare)) / 2 ** (32 + ticketLog2);
    expect(expected).toBeGreaterThan(500);
    expect(Math.abs(nonces - expected)).toBeLessThan(3 * Math.sqrt(expected));
  });

  it("are the same, at the same offsets, when the same job is sent again", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    const first = mine(host, job(3), 3000);
    const second = mine(host, job(3), 3000);
    // A nonce of the job before may still be on its way when the new one starts.
    const offsets = ({ jobNs, nonces }: typeof first) =>
      nonces
        .map((nonce) => [nonce.nonceBe, nonce.field, Math.round(nonce.startNs - jobNs)])
        .filter(([, , offsetNs]) => (offsetNs as number) >= 0 && (offsetNs as number) < 2.99e9);
    expect(first.nonces.length).toBeGreaterThan(200);
    expect(offsets(second)).toEqual(offsets(first));
  });

  it("do not depend on how time is cut into ticks", () => {
    const frames = (tickMs: number) => {
      const host = new VirtualHost({ workScale: 26 });
      host.bringUp(485);
      host.send(jobFrame(job(8)));
      const before = host.run(400, tickMs);
      host.setMhz(400);
      host.send(read(0x8c));
      return [...before, ...host.run(400, tickMs)].map((frame) => `${frame.endNs} ${toHex(frame.bytes)}`);
    };
    const whole = frames(400);
    expect(whole.length).toBeGreaterThan(40);
    fc.assert(
      fc.property(fc.double({ min: 0.3, max: 60, noNaN: true }), (tickMs) => {
        expect(frames(tickMs)).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  it("of the new job alone follow a new job, which starts again at batch 0", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    mine(host, job(1, 0x08), 1500);
    const next = job(2, 0x10);
    const { nonces } = mine(host, next, 300);
    expect(nonces.length).toBeGreaterThan(10);
    const late = nonces.filter((nonce) => nonce.jobId === 0x08).length;
    expect(late).toBeLessThanOrEqual(2);
    expect(nonces[late]?.field).toBeLessThan(16);
    for (const nonce of nonces.slice(late)) expect(zeroBits(next, nonce)).toBeGreaterThanOrEqual(32 - WORK_SCALE);
  });
});

describe("the sweep of a BM1366", () => {
  it("keeps its counters running when the frequency changes", () => {
    const host = new VirtualHost();
    host.bringUp(400, 1.3);
    host.send(write(0x10, 0x0f_0000));
    host.run(1);
    const { jobNs, nonces } = mine(host, job(5), 30);
    const pll = write(0x08, 0x40b8_0230);
    const changedNs = host.arrivalNs(pll.length);
    host.send(pll);
    const later = host.run(40).map((frame) => decode(frame));
    for (const nonce of nonces) expect(nonce.startNs).toBeGreaterThanOrEqual(modelNs(jobNs, nonce, 0x0f_0000, 400) - 0.01);
    const positionAtChange = ((changedNs - jobNs) * 400) / 1e3;
    const after = later.filter((nonce) => nonce.field < 8 && nonce.position > positionAtChange);
    expect(after.length).toBeGreaterThan(1);
    for (const nonce of after)
      expect(nonce.startNs - (changedNs + ((nonce.position - positionAtChange) * 1e3) / 575)).toBeGreaterThan(-0.01);
    const undelayed = after.filter((nonce) => nonce.startNs - (changedNs + ((nonce.position - positionAtChange) * 1e3) / 575) < 0.01);
    expect(undelayed.length).toBeGreaterThan(0);
  });

  it("runs batch 0 to the end of its positions and then idles when HCN was never written", () => {
    const host = new VirtualHost();
    host.setCoreVoltage(1.2);
    host.setReset(true);
    host.send(write(0xa4, 0x9000_ffff));
    host.run(50);
    const { jobNs, nonces } = mine(host, job(6), 5000);
    const endNs = jobNs + 2 ** 25 * 20;
    expect(nonces.length).toBeGreaterThan(0);
    for (const nonce of nonces) {
      expect(nonce.field).toBeLessThan(8);
      expect(nonce.startNs).toBeLessThan(endNs + 20e6);
    }
    expect(nonces.every((nonce, i) => i === 0 || nonce.position >= (nonces[i - 1] as Nonce).position)).toBe(true);
  });

  it("finds nothing after HCN = 0, and goes on when HCN is written again", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    host.send(write(0x10, 0));
    expect(mine(host, job(7), 2000).nonces).toEqual([]);
    host.send(write(0x10, 0x0d_3224));
    expect(host.run(2000).length).toBeGreaterThan(100);
  });

  it("takes a new HCN at the next batch", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    const countingNumber = 0x0d_3224;
    const of = job(11);
    const frame = jobFrame(of);
    const jobNs = host.arrivalNs(frame.length);
    host.send(frame);
    const first = host.run(5);
    host.send(write(0x10, 0x02_0000));
    const nonces = [...first, ...host.run(300)].map((answer) => decode(answer));
    const secondBatchNs = jobNs + countingNumber * 80 + 5400;
    const batchNs = 0x02_0000 * 80 + 5400;
    for (const nonce of nonces) {
      const batch = Math.floor(nonce.field / 8);
      const startNs = batch === 0 ? jobNs : secondBatchNs + (batch - 1) * batchNs;
      expect(nonce.startNs).toBeGreaterThanOrEqual(startNs + (nonce.position * 1e3) / 485 - 0.01);
      expect(nonce.startNs).toBeLessThan(startNs + (batch === 0 ? countingNumber * 80 : 0x02_0000 * 80) + 1e6);
    }
    expect(nonces.some((nonce) => nonce.field < 8 && nonce.position > (0x02_0000 * 80 * 485) / 1e3)).toBe(true);
    expect(nonces.some((nonce) => nonce.field >= 16)).toBe(true);
  });

  it.each([
    [0xff, 0],
    [0, 0xf0],
  ])("goes by a new ticket at once, from %i to %i: nothing due before it comes again, nothing after it is missed", (before, after) => {
    const ticketAt = (changes: readonly number[]) => {
      const host = new VirtualHost();
      host.bringUp(485);
      host.send(write(0x14, changes[0] as number));
      host.run(1);
      host.send(jobFrame(job(15)));
      host.run(1300.123);
      const changedNs = host.arrivalNs(11);
      // Every host writes once: the answers then come at the same times.
      host.send(write(0x14, changes[1] as number));
      host.run(1);
      return { changedNs, nonces: host.run(2000).map((frame) => `${Math.round(frame.startNs)} ${toHex(frame.bytes.subarray(2, 6))}`) };
    };
    const changed = ticketAt([before, after]);
    const always = ticketAt([after, after]);
    expect(changed.nonces.length).toBeGreaterThan(5);
    expect(changed).toEqual(always);
  });

  it("finds the same when its ticket is written again and again", () => {
    // At this workScale one candidate stands for 5 ms: a write falls between its block's begin and itself, or behind it.
    const nonces = (register: number, value: number) => {
      const host = new VirtualHost({ workScale: 31 });
      host.bringUp(485);
      host.send(jobFrame(job(16)));
      return Array.from({ length: 500 }, () => {
        host.send(write(register, value));
        return host.run(1.7).map((frame) => `${Math.round(frame.startNs)} ${toHex(frame.bytes)}`);
      }).flat();
    };
    const undisturbed = nonces(0x54, 3);
    expect(undisturbed.length).toBeGreaterThan(50);
    expect(nonces(0x14, 0)).toEqual(undisturbed);
  });

  it("rolls only versions in the mask, lowest bits first", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    host.send(write(0xa4, 0x9000_07f0));
    const of = job(12);
    const { nonces } = mine(host, of, 3300);
    expect(nonces.length).toBeGreaterThan(250);
    for (const nonce of nonces) {
      expect(nonce.field & ~0x7f0).toBe(0);
      expect((nonce.field >> 4) & 7).toBe(nonce.smallCore);
      expect(zeroBits(of, nonce)).toBeGreaterThanOrEqual(32 - WORK_SCALE);
    }
    expect(new Set(nonces.map((nonce) => nonce.field)).size).toBeGreaterThan(50);
    // 128 versions are 16 batches, 1.1 s: what came in the first round comes again in the next two.
    expect(new Set(nonces.map((nonce) => `${nonce.nonceBe} ${nonce.field}`)).size).toBeLessThan(nonces.length / 2);
  });

  it("starts at address << 17 and wraps at 2^25", () => {
    const host = new VirtualHost();
    host.bringUp(485);
    host.send(write(0x10, 0x0d_3224));
    const chip = host.bitaxe.chain.chips[0];
    host.send(Uint8Array.of(0x55, 0xaa, 0x53, 0x05, 0, 0, 0x03), Uint8Array.of(0x55, 0xaa, 0x40, 0x05, 0xc0, 0, 0x16));
    const frame = jobFrame(job(13));
    host.run(10);
    const jobNs = host.arrivalNs(frame.length);
    host.send(frame);
    const nonces = host.run(2000).map((answer) => decode(answer, 0xc0));
    expect(chip?.address).toBe(0xc0);
    for (const nonce of nonces) expect(nonce.startNs).toBeGreaterThanOrEqual(modelNs(jobNs, nonce, 0x0d_3224, 485) - 0.01);
    expect(nonces.filter((nonce) => Math.abs(nonce.startNs - modelNs(jobNs, nonce, 0x0d_3224, 485)) < 0.01).length).toBeGreaterThan(
      nonces.length / 2,
    );
    expect(nonces.some((nonce) => (nonce.nonceBe & 0x1ff_ffff) < 0xc0 << 17)).toBe(true);
  });

  it("counts its hashes in units of 2^32, by domain and in all", () => {
    const host = new VirtualHost({ workScale: 30 });
    host.bringUp(485);
    host.send(write(0x14, 0xffff_ffff), jobFrame(job(14)));
    host.run(20_000);
    host.send(read(0x88), read(0x89), read(0x8a), read(0x8b), read(0x8c), read(0x4c));
    const values = host.run(10).map((frame) => new DataView(frame.bytes.buffer).getUint32(2));
    const expected = (485e6 * SMALL_CORES * 20) / 2 ** 32;
    expect(values[4]).toBeGreaterThan(expected * 0.999);
    expect(values[4]).toBeLessThan(expected * 1.001);
    expect(Math.abs(values.slice(0, 4).reduce((sum, value) => sum + value, 0) - (values[4] as number))).toBeLessThanOrEqual(4);
    expect(values[5]).toBeLessThan(10);
  });
});
