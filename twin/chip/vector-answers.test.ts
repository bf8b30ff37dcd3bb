import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { chainInactive, FAST_BAUD, read, setAddress, VirtualHost, write } from "../virtual-host.ts";

/** Every frame that a host says to a chip in vectors/bm1366.json, and all that the chip says to it. */
interface Vector {
  readonly name: string;
  readonly direction: string;
  readonly bytes: string;
  readonly decoded: { readonly crc_ok?: boolean; readonly command?: string; readonly job_id?: string; readonly sha_verified?: boolean };
}

const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1366.json");
const vectors = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] }).vectors : [];
const toChip = vectors.filter(({ direction }) => direction === "host->chip");
const bytesOf = ({ bytes }: Vector) => fromHex(bytes) as Uint8Array;
const sound = ({ decoded }: Vector) => decoded.crc_ok !== false;
const of = (command: string) => toChip.filter(({ decoded }) => decoded.command === command);
const midstateForm = (vector: Vector) => bytesOf(vector).length !== 88;

/** specs/bm1366.md 1.3 and 1.8, bit by bit: payload, then the three bits of the type. */
function trailer(payload: Uint8Array, type: number): number {
  let crc = 0x1f;
  const bits = [...payload].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1));
  for (const bit of [...bits, type >> 2, (type >> 1) & 1, type & 1]) {
    const feedback = (crc >> 4) ^ bit;
    crc = ((crc << 1) & 0x1f) ^ (feedback === 1 ? 5 : 0);
  }
  return (type << 5) | crc;
}

/** specs/bm1366.md 1.7: the answer to a read, in 11 bytes. */
function answer(value: number, address: number, register: number): string {
  const payload = new Uint8Array(8);
  new DataView(payload.buffer).setUint32(0, value);
  payload.set([address, register], 4);
  return toHex(Uint8Array.of(0xaa, 0x55, ...payload, trailer(payload, 0)));
}

/** The reset values of specs/bm1366.md 2 of those registers that the vectors read or write; all others are 0. */
const RESET: Readonly<Record<number, number>> = {
  8: 0xc054_0165,
  24: 0x0000_c100,
  40: 0x0130_1a00,
  44: 0x000f_0000,
  64: 0x1eaf_5fbe,
  88: 0x0001_2111,
  96: 0x2050_0174,
  164: 0x9000_ffff,
  168: 0x0007_0000,
};
const resetValue = (register: number, address: number) => (register === 0 ? 0x1366_0000 | address : (RESET[register] ?? 0));

const OTHER = 0x33;

/** Three chips at 00, at `address` and at 33, in 11-byte mode. */
function chain(address: number): { host: VirtualHost; addresses: readonly number[] } {
  const host = new VirtualHost({ chips: 3 });
  host.setCoreVoltage(1.2);
  host.setReset(true);
  host.run(20);
  host.send(write(0xa4, 0x9000_ffff), chainInactive(), setAddress(0), setAddress(address), setAddress(OTHER));
  host.run(20);
  return { host, addresses: [0, address, OTHER] };
}

function say(host: VirtualHost, ...frames: Uint8Array[]): string[] {
  host.send(...frames);
  return host.run(50).map((frame) => toHex(frame.bytes));
}

const reads = of("read_register");
const writes = of("write_register");
const addressings = of("set_chip_address");
const inactives = of("chain_inactive");
const jobs = of("job").filter((vector) => !midstateForm(vector));
const midstateJobs = of("job").filter(midstateForm);

describe.skipIf(toChip.length === 0)("every frame to a chip in vectors/bm1366.json (needs ../shared)", () => {
  it.each(reads)("$name: each chip that is meant says the value, and no other", (vector) => {
    const [, , header, , target, register] = bytesOf(vector) as unknown as [number, number, number, number, number, number];
    const { host, addresses } = chain(target || 0x40);
    const meant = header === 0x52 ? addresses : [target];
    expect(say(host, bytesOf(vector))).toEqual(meant.map((address) => answer(resetValue(register, address), address, register)));
  });

  it.each(writes)("$name: no answer; the chips that are meant hold the value, the others what they held", (vector) => {
    const bytes = bytesOf(vector);
    const [header, target, register] = [bytes[2] as number, bytes[4] as number, bytes[5] as number];
    const { host, addresses } = chain(target || 0x40);
    expect(say(host, bytes)).toEqual([]);
    const written = new DataView(bytes.buffer).getUint32(6);
    if (register === 0x28 && written === 0x1130_0200) host.setBaud(FAST_BAUD);
    if (register === 0x28 && written === 0x1560_0700) {
      // The PLL1 path: 6.25 MBd with PLL1 as the frame before it sets it (specs/bm1366.md 2.4).
      const { host: fresh } = chain(target || 0x40);
      expect(say(fresh, bytesOf(vectors.find(({ name }) => name === "gpt_set_baudrate_next_44") as Vector), bytes)).toEqual([]);
      fresh.setBaud(6.25e6);
      expect(say(fresh, read(0))).toEqual([0, target || 0x40, OTHER].map((address) => answer(0x1366_0000 | address, address, 0)));
      return;
    }
    const holds = (address: number) => {
      const value = sound(vector) && (header === 0x51 || address === target) ? written : resetValue(register, address);
      return register === 0x08 ? (value | 0x8000_0000) >>> 0 : value;
    };
    expect(say(host, read(register))).toEqual(addresses.map((address) => answer(holds(address), address, register)));
  });

  it.each(addressings)("$name: no answer; the first chip without address has it, if the checksum holds", (vector) => {
    const { host } = chain(0x40);
    expect(say(host, chainInactive(), bytesOf(vector), setAddress(0x77))).toEqual([]);
    const address = sound(vector) ? (bytesOf(vector)[4] as number) : 0x77;
    const next = sound(vector) ? 0x77 : 0x40;
    expect(say(host, read(0))).toEqual([address, next, OTHER].map((each) => answer(0x1366_0000 | each, each, 0)));
  });

  it.each(inactives)("$name: no answer; chips keep their addresses until they hear one, one chip at a time", (vector) => {
    const { host } = chain(0x40);
    expect(say(host, bytesOf(vector), setAddress(0x11))).toEqual([]);
    expect(say(host, read(0))).toEqual([0x11, 0x40, OTHER].map((each) => answer(0x1366_0000 | each, each, 0)));
  });

  it.each(jobs)("$name: no answer but nonces of that id, which hash", (vector) => {
    const bytes = bytesOf(vector);
    const { host } = chain(0x40);
    host.send(bytes);
    const frames = host.run(1000).map((frame) => frame.bytes);
    expect(frames.length).toBeGreaterThan(15);
    for (const frame of frames) {
      expect((frame[7] as number) & 0xf8).toBe(bytes[4]);
      expect(trailer(frame.subarray(2, 10), 4)).toBe(frame[10]);
      expect(leadingZeroBits(headerOf(bytes, frame))).toBe(32 - host.options.workScale + (frame[6] as number));
    }
  });

  it.each(midstateJobs)("$name: taken while version rolling is off, and without an answer", (vector) => {
    const { host } = chain(0x40);
    host.send(write(0xa4, 0x0000_ffff));
    host.run(20);
    const before = host.bitaxe.chain.framesReceived;
    expect(say(host, bytesOf(vector))).toEqual([]);
    expect(host.bitaxe.chain.framesReceived).toBe(before + 1);
  });

  it("is of one of these kinds", () => {
    const counts = [reads, writes, addressings, inactives, jobs, midstateJobs].map((kind) => kind.length);
    expect(counts).toEqual([7, 174, 27, 1, 5, 2]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(toChip.length);
  });
});

/** Header of a nonce, put together again from what the host sent. specs/bm1366.md 1.9, 4.1 */
function headerOf(job: Uint8Array, frame: Uint8Array): Uint8Array {
  const field = ((frame[8] as number) << 8) | (frame[9] as number);
  const header = new Uint8Array(80);
  const words = (from: number, to: number) => {
    for (let word = 0; word < 8; word++) header.set(job.subarray(from + 28 - 4 * word, from + 32 - 4 * word), to + 4 * word);
  };
  const version = new DataView(job.buffer, job.byteOffset).getUint32(82, true);
  new DataView(header.buffer).setUint32(0, (version | (field << 13)) >>> 0, true);
  words(50, 4);
  words(18, 36);
  header.set(job.subarray(14, 18), 68);
  header.set(job.subarray(10, 14), 72);
  header.set(frame.subarray(2, 6), 76);
  return header;
}

function leadingZeroBits(header: Uint8Array): number {
  const once = createHash("sha256").update(header).digest();
  const hash = createHash("sha256").update(once).digest().reverse();
  const first = hash.findIndex((byte) => byte !== 0);
  return 8 * first + Math.clz32(hash[first] as number) - 24;
}

/** Counters at most this far behind a multiple of 2^17, where an address starts: those that a test has the time to search. */
const NEAR = 13_000;
const nonceBe = (vector: Vector) => new DataView(bytesOf(vector).buffer).getUint32(2);
const near = vectors.filter(
  ({ name, direction, ...vector }) =>
    direction === "chip->host" &&
    vector.decoded.sha_verified === true &&
    (name.startsWith("bm1366_capture_nonce") || name.startsWith("block839900")) &&
    (nonceBe({ name, direction, ...vector }) & 0x1_ffff) < NEAR,
);

describe.skipIf(near.length === 0)(
  "with every candidate hashed (workScale 0), nonces that a real BM1366 has sent (needs ../shared)",
  () => {
    it("are several", () => {
      expect(near.length).toBeGreaterThanOrEqual(4);
    });

    // The counter starts at the address bits of the nonce. With the clock off, batches pass and nothing is tried; at the end of the
    // right one it is switched on, just long enough, and HCN = 0 keeps the next one from starting.
    it.each(near)("$name: the very same frame, when its counter says", (vector) => {
      const recorded = bytesOf(vector);
      const ofCapture = vector.name.startsWith("bm1366_capture");
      const job = vectors.find(({ name }) => name === (ofCapture ? "bm1366_capture_job28" : "block839900_job_id08")) as Vector;
      const position = nonceBe(vector) & 0x1_ffff;
      const batch = (((recorded[8] as number) << 8) | (recorded[9] as number)) >> 3;
      const host = new VirtualHost({ workScale: 0 });
      host.setCoreVoltage(1.3);
      host.setReset(true);
      host.run(20);
      const until = (tNs: number) => host.run((tNs - host.bitaxe.nowNs) / 1e6);
      const address = (nonceBe(vector) >>> 17) & 0xff;
      host.send(write(0xa4, 0x9000_ffff), chainInactive(), setAddress(address), write(0x08, 0));
      host.send(write(0x10, 0x0f_ffff), write(0x14, ofCapture ? 0 : 0xc0ff));
      host.run(20);
      const jobNs = host.arrivalNs(bytesOf(job).length);
      host.send(bytesOf(job));
      const hashingNs = 0x0f_ffff * 80;
      const endNs = jobNs + batch * (hashingNs + 5400) + hashingNs;
      until(endNs - 20e6);
      host.send(write(0x10, 0));
      const pll = write(0x08, 0x40b0_0230);
      const clockNs = endNs - ((position + 8) * 1e3) / 550;
      until(clockNs - (host.arrivalNs(pll.length) - host.bitaxe.nowNs));
      const onNs = host.arrivalNs(pll.length);
      host.send(pll);
      const answers = host.run(5);
      const got = answers.find(({ bytes }) => toHex(bytes) === vector.bytes);
      expect(answers.map(({ bytes }) => toHex(bytes))).toContain(vector.bytes);
      expect(Math.round((((got?.startNs ?? 0) - onNs) * 550) / 1e3)).toBe(position);
    });
  },
);
