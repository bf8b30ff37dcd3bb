import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toHex } from "../common/bytes.ts";
import { crc5 } from "./chip/crc.ts";
import { FAST_BAUD, type HostJob, jobFrame, read, VirtualHost, write } from "./virtual-host.ts";

const CHIP_ID = "aa55136600000000000005";
const job: HostJob = {
  id: 0x30,
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(3),
  merkleRoot: new Uint8Array(32).fill(5),
  ntime: 0x6642_1bdf,
  nbits: 0x1703_4219,
};

function texts(host: VirtualHost, ms = 100): string[] {
  return host.run(ms).map((frame) => toHex(frame.bytes));
}

/** Does the nonce of this 11-byte answer hash with at least `bits` zero bits? */
function verifies(bytes: Uint8Array, bits: number): boolean {
  const header = new Uint8Array(80);
  const view = new DataView(header.buffer);
  view.setUint32(0, (job.version | (new DataView(bytes.buffer).getUint16(8) << 13)) >>> 0, true);
  header.set(job.prevHash, 4);
  header.set(job.merkleRoot, 36);
  view.setUint32(68, job.ntime, true);
  view.setUint32(72, job.nbits, true);
  header.set(bytes.subarray(2, 6), 76);
  const hash = createHash("sha256").update(createHash("sha256").update(header).digest()).digest().reverse();
  return BigInt(`0x${hash.toString("hex")}`) >> BigInt(256 - bits) === 0n;
}

describe("the line rate", () => {
  it("follows FAST_UART: answers come at the new rate, commands at the old one are lost", () => {
    const host = new VirtualHost();
    host.setCoreVoltage(1.2);
    host.setReset(true);
    host.send(write(0xa4, 0x9000_ffff), write(0x28, 0x1130_0200));
    host.run(20);
    const taken = host.bitaxe.chain.framesReceived;
    for (let i = 0; i < 50; i++) host.send(read(0));
    expect(texts(host)).toEqual([]);
    expect(host.bitaxe.chain.framesReceived).toBe(taken);
    expect(host.bitaxe.chain.bytesGarbled).toBe(350);
    host.setBaud(1_000_000);
    host.run(1);
    host.send(read(0));
    expect(texts(host)).toContain(CHIP_ID);
    expect(host.bitaxe.chain.lineRate).toBeCloseTo(FAST_BAUD, 0);
  });

  it("set wrong at the host alone spoils answers on their way", () => {
    const host = new VirtualHost();
    host.bringUp();
    host.send(read(0));
    host.bitaxe.advance(host.arrivalNs(7) + 1);
    host.setBaud(115_200);
    const answers = host.run(10);
    expect(answers.map((frame) => toHex(frame.bytes))).not.toContain(CHIP_ID);
  });

  it("makes a job arrive 88 bytes later than it was written", () => {
    const host = new VirtualHost();
    host.bringUp();
    const before = host.bitaxe.chain.framesReceived;
    host.send(jobFrame(job));
    host.run((88 * 10 * 1e3) / FAST_BAUD - 0.001);
    expect(host.bitaxe.chain.framesReceived).toBe(before);
    host.run(0.002);
    expect(host.bitaxe.chain.framesReceived).toBe(before + 1);
  });
});

describe("a damaged command", () => {
  it("is dropped without a trace and without losing the next one", () => {
    const host = new VirtualHost();
    host.bringUp();
    const damaged = write(0x14, 0xff);
    damaged[10] = (damaged[10] as number) ^ 1;
    host.send(damaged, read(0x14), read(0));
    const values = texts(host);
    expect(values[0]?.slice(4, 12)).toBe("00000000");
    expect(values[1]).toBe(CHIP_ID);
    expect(host.bitaxe.chain.framesDropped).toBe(1);
  });
});

describe("reset", () => {
  it("held low keeps the chips silent, and makes them forget everything", () => {
    const host = new VirtualHost();
    host.bringUp(575, 1.3);
    host.send(write(0x14, 0xff), jobFrame(job));
    host.run(50);
    host.setReset(false);
    host.setBaud(115_200);
    host.send(read(0));
    expect(texts(host)).toEqual([]);
    host.setReset(true);
    host.send(read(0));
    expect(texts(host)).toEqual(["aa551366000000000c"]);
    host.send(write(0xa4, 0x9000_ffff), read(0x14), read(0x08), read(0x8c));
    expect(texts(host, 2000).map((text) => text.slice(4, 12))).toEqual(["00000000", "c0540165", "00000000"]);
  });

  it("is held from power-up until the bridge is told otherwise", () => {
    const host = new VirtualHost();
    host.setCoreVoltage(1.2);
    host.send(read(0));
    expect(texts(host)).toEqual([]);
  });
});

describe("core supply", () => {
  it("switched off on board 207 makes the chips forget everything", () => {
    const host = new VirtualHost({ variant: "207" });
    host.bringUp();
    host.send(read(0));
    expect(texts(host)).toEqual([CHIP_ID]);
    host.control(0x05, 0x20, 0x24, 0x01, 0x00);
    host.run(50);
    expect(host.bitaxe.physics.coreV).toBeLessThan(0.01);
    host.send(read(0));
    expect(texts(host)).toEqual([]);
    host.control(0x05, 0x20, 0x24, 0x01, 0x80);
    host.setBaud(115_200);
    host.run(50);
    host.send(read(0));
    expect(texts(host)).toEqual(["aa551366000000000c"]);
  });

  it("far too low for the clock makes the chip silent, and raised again lets it answer with its state kept", () => {
    const host = new VirtualHost();
    host.bringUp(575, 1.3);
    host.setCoreVoltage(1.1);
    host.run(50);
    host.send(read(0));
    expect(texts(host)).toEqual([]);
    host.setCoreVoltage(1.3);
    host.run(50);
    host.send(read(0));
    expect(texts(host)).toEqual([CHIP_ID]);
  });

  it("a little too low gives nonces whose hash does not verify, and as many fewer true ones", () => {
    const run = (volts: number) => {
      const host = new VirtualHost();
      host.bringUp(485, volts);
      host.send(jobFrame(job));
      const frames = host.run(8000);
      const good = frames.filter((frame) => verifies(frame.bytes, 8)).length;
      host.send(read(0x4c), read(0x8c));
      const [errors = 0, total = 1] = host
        .run(5)
        .filter((frame) => ((frame.bytes[10] as number) & 0x80) === 0)
        .map((frame) => new DataView(frame.bytes.buffer).getUint32(2));
      return { good, bad: frames.length - good, counted: errors / total };
    };
    const safe = run(1.25);
    const low = run(1.1);
    expect(safe.bad).toBe(0);
    expect(safe.counted).toBeLessThan(0.01);
    expect(low.bad).toBeGreaterThan(40);
    expect(low.good).toBeLessThan(safe.good - 40);
    const share = low.bad / (low.good + low.bad);
    expect(Math.abs(share - low.counted)).toBeLessThan(0.06);
  });

  it("and heat settle where the physics says, seen through the board's own sensors", () => {
    const host = new VirtualHost({ workScale: 30 });
    host.bringUp(485, 1.2);
    host.bitaxe.board.setState({ ...host.bitaxe.physics, sinkC: 46, junctionC: 55, boardC: 50 });
    host.send(write(0x14, 0xffff_ffff), jobFrame(job));
    host.run(200_000, 1000);
    const { junctionC, coreV } = host.bitaxe.physics;
    expect(junctionC).toBeGreaterThan(50);
    expect(junctionC).toBeLessThan(65);
    expect(host.bitaxe.power.coreW).toBeGreaterThan(11);
    expect(host.bitaxe.power.coreW).toBeLessThan(12);
    const sensorC = host.control(0x05, 0x40, 0x4c, 0x00, 1)[3] as number;
    expect(Math.abs(sensorC + 5 - junctionC)).toBeLessThan(3);
    const adc = host.control(0x07, 0x50);
    expect((((adc[4] as number) * 256 + (adc[3] as number)) * 3.1) / 4096).toBeCloseTo(coreV, 2);
    const power = host.control(0x05, 0x40, 0x40, 3, 2);
    expect(((power[3] as number) * 256 + (power[4] as number)) / 100).toBeCloseTo(host.bitaxe.power.inputW, 0);
  });
});

describe("two twins", () => {
  it("with one seed say the same bytes at the same times, sensors included; with another they do not", () => {
    const run = (seed: number) => {
      const { crystalPpm: _drawn, ...options } = new VirtualHost({ seed }).options;
      const host = new VirtualHost(options);
      host.bringUp(485, 1.12);
      host.send(jobFrame(job));
      const frames = host.run(500).map((frame) => `${frame.endNs} ${toHex(frame.bytes)}`);
      return [...frames, toHex(host.control(0x05, 0x40, 0x40, 1, 2))];
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });
});

describe("a chain of two", () => {
  it("sends nonces of both, each from its own half of the counters", () => {
    const host = new VirtualHost({ chips: 2 });
    host.bringUp();
    host.send(jobFrame(job));
    const counters = host.run(500).map((frame) => new DataView(frame.bytes.buffer).getUint32(2) & 0x1ff_ffff);
    const near = counters.filter((counter) => counter < 2 ** 24).length;
    expect(near).toBeGreaterThan(20);
    expect(counters.length - near).toBeGreaterThan(20);
  });

  it("answers a broadcast read from the near end outward", () => {
    const host = new VirtualHost({ chips: 2 });
    host.bringUp();
    host.send(read(0));
    const addresses = host.run(5).map((frame) => {
      expect(crc5(frame.bytes.subarray(2))).toBe(0);
      return frame.bytes[6];
    });
    expect(addresses).toEqual([0x00, 0x80]);
  });
});
