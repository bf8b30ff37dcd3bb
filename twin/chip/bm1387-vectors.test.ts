import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { chainInactive, jobFrame, read, S9VirtualHost, setAddress, write } from "../s9-virtual-host.ts";
import { responseTrailer } from "./crc.ts";

interface Vector {
  readonly name: string;
  readonly direction: string;
  readonly bytes: string;
  readonly crc?: string;
  readonly decoded: {
    readonly kind?: string;
    readonly broadcast?: boolean;
    readonly chip_addr?: number;
    readonly value?: string;
    readonly baud_rate?: number;
    readonly midstates?: number;
    readonly fifo_words?: string[];
    readonly uart?: string;
  };
}

const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1387.json");
const vectors = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] }).vectors : [];
const toChain = vectors.filter(({ direction }) => direction === "host->chain");
const bytesOf = ({ bytes }: Vector) => fromHex(bytes) as Uint8Array;
const MISC = 0x1c;
const PLL = 0x0c;
const I2C = 0x20;

/** 63 chips, addressed, at the rate of a reset. */
function board(chips = 63): S9VirtualHost {
  const host = new S9VirtualHost({ chips });
  host.powerUp();
  host.release();
  host.enumerate();
  host.run(200);
  return host;
}

function ask(host: S9VirtualHost, ...frames: Uint8Array[]): string[] {
  host.send(...frames);
  return host.run(60).map((frame) => toHex(frame.bytes));
}

/** A register answer, put together from specs/bm1387.md 1.4. */
function answer(value: number): string {
  const payload = new Uint8Array(6);
  new DataView(payload.buffer).setUint32(0, value);
  return toHex(Uint8Array.of(...payload, responseTrailer(payload, 0)));
}

describe("frames quoted from specs/bm1387.md", () => {
  it("are checked and answered as it says", () => {
    const host = new S9VirtualHost({ chips: 2 });
    host.powerUp();
    host.release();
    expect(ask(host, fromHex("5405000019") as Uint8Array)).toEqual(["13879000000007", "13879000000007"]);
    for (let i = 0; i < 3; i++) host.send(fromHex("5505000010") as Uint8Array);
    expect(ask(host, fromHex("4105000015") as Uint8Array, fromHex("410504000a") as Uint8Array)).toEqual([]);
    expect(ask(host, read(0))).toEqual(["13879000000007", "13879004000010"]);
    expect(toHex(setAddress(0xf4))).toBe("4105f40010");
    expect(toHex(write(PLL, 0x0068_0221, 0))).toBe("4809000c0068022102");
    expect(toHex(jobFrame({ id: 0x6f, tail: new Uint8Array(12).fill(0xff), midstates: [new Uint8Array(32)] })).slice(-4)).toBe("00a7");
  });

  it("say the reset values of a live dump", () => {
    const host = board(1);
    expect(ask(host, read(PLL), read(MISC), read(0x18), read(0x08), read(0x10), read(0x14), read(0x24))).toEqual(
      [0x8040_0222, 0x4020_1a00, 0, 0, 0, 0, 0].map(answer),
    );
  });
});

describe.skipIf(toChain.length === 0)("vectors/bm1387.json", () => {
  const commands = toChain.filter(({ decoded }) => decoded.kind !== "job");
  const ofKind = (kind: string) => toChain.filter(({ decoded }) => decoded.kind === kind);

  it("holds what is tested here", () => {
    expect(ofKind("set_address").length).toBe(61);
    expect(ofKind("write_register").length).toBe(32);
    expect(ofKind("read_register").length).toBe(7);
    expect(ofKind("job").length).toBe(16);
  });

  it("addresses: after those frames each chip says the recorded answer, in chain order", () => {
    const host = new S9VirtualHost();
    host.powerUp();
    host.release();
    expect(ask(host, bytesOf(ofKind("chain_inactive")[0] as Vector))).toEqual([]);
    const frames = ofKind("set_address");
    expect(ask(host, ...frames.map(bytesOf))).toEqual([]);
    const recorded = new Map(
      vectors
        .filter(({ direction, crc }) => direction === "chain->host" && crc?.startsWith("crc5-ok"))
        .map((v) => [v.bytes.slice(0, 8), v.bytes]),
    );
    const answers = ask(host, read(0));
    expect(answers).toHaveLength(63);
    const expected = frames.map((frame) => recorded.get(toHex(Uint8Array.of(0x13, 0x87, 0x90, bytesOf(frame)[2] as number))));
    expect(expected.filter((bytes) => bytes !== undefined).length).toBeGreaterThan(45);
    expected.forEach((bytes, chip) => {
      if (bytes !== undefined) expect(answers[chip]).toBe(bytes);
    });
    expect(answers[61]).toBe("13879000000007");
  });

  it.each(ofKind("read_register"))("$name: one answer from each chip that is meant", (vector) => {
    const host = board();
    const expected = ask(host, read(bytesOf(vector)[3] as number, vector.decoded.broadcast ? null : (vector.decoded.chip_addr ?? 0)));
    const answers = ask(host, bytesOf(vector));
    expect(answers).toHaveLength(vector.decoded.broadcast ? 63 : 1);
    expect(answers).toEqual(expected);
  });

  it.each(ofKind("write_register"))("$name: no answer, and the register reads back so, on the chips that are meant alone", (vector) => {
    const host = board();
    const bytes = bytesOf(vector);
    const register = bytes[3] as number;
    const before = ask(host, read(register));
    if (register === I2C) host.send(write(MISC, 0x4020_5ae0, 0xf4));
    expect(ask(host, bytes)).toEqual([]);
    if (vector.decoded.baud_rate !== undefined && (bytes[4] as number) < 0x40) host.setBaud(vector.decoded.baud_rate);
    const written = new DataView(bytes.buffer).getUint32(4);
    const after = ask(host, read(register));
    expect(after).toHaveLength(63);
    const meant = (chip: number) => vector.decoded.broadcast || chip * 4 === bytes[2];
    after.forEach((got, chip) => {
      if (!meant(chip)) expect(got).toBe(before[chip]);
      else if (register === PLL) expect(got).toBe(answer((written | 0x8000_0000) >>> 0));
      else if (register === I2C) expect(got.slice(0, 6)).toBe(answer(written).slice(0, 6));
      else expect(got).toBe(answer(written));
    });
  });

  it("i2c_*: the sensor on chip 61 is found, set to the extended range and read", () => {
    const host = board();
    host.send(write(MISC, 0x4020_5ae0, 0xf4));
    const say = (name: string) => {
      host.send(bytesOf(vectors.find((one) => one.name === name) as Vector));
      return ask(host, read(I2C, 0xf4)).map((got) => Number.parseInt(got.slice(0, 8), 16));
    };
    expect(say("i2c_read_mfr_id_chip61")).toEqual([0x0198_fe55]);
    expect(say("i2c_write_config_ext_range_chip61")).toEqual([0x0199_0904]);
    const [local] = say("i2c_read_local_temp_chip61") as [number];
    expect((local & 0xff) - 64).toBeGreaterThanOrEqual(24);
    expect((local & 0xff) - 64).toBeLessThanOrEqual(40);
    const [remote] = say("i2c_read_remote_temp_chip61") as [number];
    expect(remote & 0xff).toBeGreaterThan(local & 0xff);
  });

  it.each(commands)("$name: with any one bit wrong it is dropped", (vector) => {
    const host = board(1);
    const before = host.board.chain.framesReceived;
    for (let bit = 0; bit < vector.bytes.length * 4; bit++) {
      const spoilt = bytesOf(vector);
      spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      // Zeros end whatever a wrong length byte makes the chip wait for.
      host.send(spoilt, new Uint8Array(160));
      host.run(20);
    }
    expect(host.board.chain.framesReceived).toBe(before);
  });

  it.each(ofKind("job"))("$name: taken without an answer, opens a core if its nbits say so, is dropped with a bit wrong", (vector) => {
    const host = board(3);
    host.send(write(MISC, 0x4020_9a80));
    host.run(20);
    const before = host.board.chain.framesReceived;
    const bytes = bytesOf(vector);
    expect(ask(host, bytes)).toEqual([]);
    expect(host.board.chain.framesReceived).toBe(before + 1);
    const opens = ((bytes[8] as number) & 1) === 1 ? 1 : 0;
    expect([0, 1, 2].map((chip) => host.board.openCores(chip))).toEqual([opens, opens, opens]);
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const spoilt = bytes.slice();
      spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      host.send(spoilt, new Uint8Array(160));
    }
    host.run(60_000);
    expect(host.board.chain.framesReceived).toBe(before + 1);
  });

  it("chain->host: the checksum is the one the twin puts on its answers", () => {
    const answers = vectors.filter(({ direction, bytes }) => direction === "chain->host" && bytes.length === 14);
    expect(answers.length).toBeGreaterThan(100);
    for (const vector of answers) {
      const bytes = bytesOf(vector);
      const sound = responseTrailer(bytes.subarray(0, 6), (bytes[6] as number) >> 5) === bytes[6];
      expect(sound).toBe(vector.crc?.startsWith("crc5-ok"));
    }
  });

  it("job4_blk_48 with every candidate hashed: the recorded nonces, when the specification says, and none of cores that do not exist", () => {
    // specs/bm1387.md 1.7: chip 8 core 96, chip 15 core 118, chip 49 core 104.
    const host = new S9VirtualHost({ chips: 3, workScale: 0 });
    host.powerUp();
    host.release();
    host.send(chainInactive(), setAddress(0x20), setAddress(0x3c), setAddress(0xc4), write(PLL, 0), write(MISC, 0x0020_8080));
    host.run(100);
    host.setBaud(3_125_000);
    for (let core = 0; core <= 111; core++) {
      const tail = new Uint8Array(12).fill([89, 97, 111].includes(core) ? 0xff : 0);
      host.send(jobFrame({ id: 0, tail, midstates: [new Uint8Array(32)] }));
    }
    host.run(50);
    const job = bytesOf(vectors.find(({ name }) => name === "job4_blk_48") as Vector);
    host.send(write(PLL, 0x0068_0221), job);
    const startNs = host.arrivalNs(9 + job.length);
    const found = host.run(2.3).filter(({ bytes }) => (bytes[5] as number) >= 0x48);
    expect(found.map(({ bytes }) => [toHex(bytes.subarray(0, 4)), bytes[5]])).toEqual([
      ["20aad8e0", 0x49],
      ["c4d29768", 0x4a],
      ["3dfa2a76", 0x49],
    ]);
    const clocks = [87_473 * 4 + 1, 107_822 * 4 + 2, 259_156 * 4 + 1];
    expect(found.map(({ startNs: at }) => Math.round(at - startNs))).toEqual(clocks.map((clock) => Math.round((clock * 1e3) / 650)));
  });
});
