import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { drawSilicon1387 } from "../chip/bm1387-silicon.ts";
import {
  BADCORE_WORD_ADDRESS,
  badCoreBytes,
  FREQ_WORD_ADDRESS,
  FREQUENCY_BINS,
  freqBytes,
  frequencyBin,
  wordsOf,
} from "./pic-factory-data.ts";
import { Pic16f1704, stringVoltage } from "./pic16f1704.ts";

const OFFSETS = Uint8Array.of(62, 251, 32, 251, 0, 0, 0, 0);
const FREQ = freqBytes(
  Array.from({ length: 63 }, (_, i) => (i % 9 === 0 ? 48 : 76)),
  { tempOffsetC: -5, testTempC: 63 },
);

function pic(): Pic16f1704 {
  return new Pic16f1704(0x55, new Map([[FREQ_WORD_ADDRESS, wordsOf(FREQ)]]), OFFSETS);
}

function say(to: Pic16f1704, ...bytes: number[]): void {
  for (const byte of bytes) to.write(Uint8Array.of(byte));
}

function hear(from: Pic16f1704, count: number): number[] {
  return Array.from({ length: count }, () => from.read(1)[0] as number);
}

function application(): Pic16f1704 {
  const one = pic();
  say(one, 0x55, 0xaa, 0x06);
  one.advance(1e9);
  return one;
}

describe("the PIC's commands", () => {
  it("version: CC in the loader, 03 in the application", () => {
    const one = pic();
    say(one, 0x55, 0xaa, 0x17);
    expect(hear(one, 1)).toEqual([0xcc]);
    say(one, 0x55, 0xaa, 0x06);
    one.advance(0.2e9);
    say(one, 0x55, 0xaa, 0x17);
    expect(hear(one, 2)).toEqual([0x03, 0xff]);
  });

  it("take one byte to a transaction: the rest of a longer one is lost, and a longer read is rubbish after the first", () => {
    const one = application();
    one.write(Uint8Array.of(0x55, 0xaa, 0x17));
    expect(hear(one, 1)).toEqual([0xff]);
    say(one, 0xaa, 0x17);
    expect([...one.read(3)]).toEqual([0x03, 0xff, 0xff]);
  });

  it("are not matched again: 55 55 AA 17 is missed, and a flush helps in the middle of any command", () => {
    const one = application();
    say(one, 0x55, 0x55, 0xaa, 0x17);
    expect(hear(one, 1)).toEqual([0xff]);
    say(one, 0x55, 0xaa, 0x17);
    expect(hear(one, 1)).toEqual([0x03]);
    const flushed = pic();
    say(flushed, 0x55, 0xaa, 0x02, 1, 2, 3);
    say(flushed, 0x55, 0xaa, 0x00, ...new Array(16).fill(0));
    say(flushed, 0x55, 0xaa, 0x17);
    expect(hear(flushed, 1)).toEqual([0xcc]);
  });

  it("set, read back and switch the voltage", () => {
    const one = application();
    expect(one.targetV).toBe(0);
    say(one, 0x55, 0xaa, 0x10, 0x06, 0x55, 0xaa, 0x15, 0x01, 0x55, 0xaa, 0x18);
    expect(hear(one, 1)).toEqual([6]);
    expect(one.targetV).toBeCloseTo(9.402579, 6);
    say(one, 0x55, 0xaa, 0x15, 0x00);
    expect(one.targetV).toBe(0);
  });

  it("of the application do nothing in the loader, and flash is not readable in the application", () => {
    const one = pic();
    say(one, 0x55, 0xaa, 0x15, 0x01);
    expect(one.targetV).toBe(0);
    const running = application();
    say(running, 0x55, 0xaa, 0x01, 0x0f, 0xa0, 0x55, 0xaa, 0x03);
    expect(hear(running, 1)).toEqual([0xff]);
  });

  it("give board id and temperature offsets as set", () => {
    const one = application();
    say(one, 0x55, 0xaa, 0x23);
    expect(hear(one, 8)).toEqual([...OFFSETS]);
    const id = Array.from({ length: 12 }, (_, i) => i + 1);
    say(one, 0x55, 0xaa, 0x12, ...id, 0x55, 0xaa, 0x13);
    expect(hear(one, 12)).toEqual(id);
  });
});

describe("the PIC's flash", () => {
  it("is read from the pointer, which advances by eight words", () => {
    const one = pic();
    say(one, 0x55, 0xaa, 0x01, 0x0f, 0xa0);
    const bytes: number[] = [];
    for (let row = 0; row < 8; row++) {
      say(one, 0x55, 0xaa, 0x03);
      bytes.push(...hear(one, 16));
    }
    expect(Uint8Array.from(bytes)).toEqual(FREQ);
    say(one, 0x55, 0xaa, 0x08);
    expect(hear(one, 2)).toEqual([0x0f, 0xe0]);
  });

  it("is erased by sectors and written by rows, busy meanwhile; without an application the jump does nothing", () => {
    const one = pic();
    say(one, 0x55, 0xaa, 0x01, 0x03, 0x00, 0x55, 0xaa, 0x04);
    expect(one.acknowledges).toBe(false);
    one.advance(0.1e9);
    expect(one.acknowledges).toBe(true);
    expect(one.flash[0x300]).toBe(0x3fff);
    say(one, 0x55, 0xaa, 0x06);
    one.advance(0.2e9);
    expect(one.inApplication).toBe(false);
    say(one, 0x55, 0xaa, 0x02, ...new Array(16).fill(0x12), 0x55, 0xaa, 0x05);
    one.advance(0.3e9);
    expect(one.flash[0x300]).toBe(0x1212);
    say(one, 0x55, 0xaa, 0x08);
    expect(hear(one, 2)).toEqual([0x03, 0x08]);
    say(one, 0x55, 0xaa, 0x06);
    one.advance(0.4e9);
    expect(one.inApplication).toBe(true);
  });
});

describe("the PIC's clock", () => {
  it("switches the output off ten seconds after the last heartbeat, and not before", () => {
    const one = application();
    say(one, 0x55, 0xaa, 0x15, 0x01);
    one.advance(1e9 + 9.9e9);
    expect(one.targetV).toBeGreaterThan(7.9);
    say(one, 0x55, 0xaa, 0x16);
    one.advance(1e9 + 19.8e9);
    expect(one.targetV).toBeGreaterThan(7.9);
    one.advance(1e9 + 19.9e9);
    expect(one.targetV).toBe(0);
    say(one, 0x55, 0xaa, 0x15, 0x01);
    expect(one.targetV).toBeGreaterThan(7.9);
  });

  it("does not acknowledge for half a second after a reset, which leads to the loader with the output off", () => {
    const one = application();
    say(one, 0x55, 0xaa, 0x15, 0x01, 0x55, 0xaa, 0x07);
    expect(one.targetV).toBe(0);
    one.advance(1.49e9);
    expect(one.acknowledges).toBe(false);
    one.advance(1.5e9);
    expect(one.acknowledges).toBe(true);
    expect(one.inApplication).toBe(false);
  });
});

describe("factory data", () => {
  it("a typical chip gets the board's best bin or the one below, a weak one less", () => {
    const bins = Array.from({ length: 300 }, (_, seed) => frequencyBin(drawSilicon1387(seed, 0), 0x55));
    expect(Math.max(...bins)).toBe(76);
    expect(bins.filter((bin) => bin >= 75).length).toBeGreaterThan(280);
    expect(Math.max(...bins.map((_, seed) => frequencyBin(drawSilicon1387(seed, 0), 0x56)))).toBe(70);
    const weak = Array.from({ length: 300 }, (_, seed) => frequencyBin(drawSilicon1387(seed, 1), 0x55));
    expect(weak.filter((bin) => bin < 70).length).toBeGreaterThan(150);
    expect(Math.min(...weak)).toBeLessThan(56);
  });
});

interface Vector {
  readonly name: string;
  readonly bytes: string;
  readonly decoded: {
    readonly pic?: number;
    readonly actual_volts?: number;
    readonly volts?: number;
    readonly chip_freq_MHz?: number[];
    readonly temp_offset?: number;
    readonly test_ok_temp_C?: number;
    readonly bad_cores?: Record<string, number>;
  };
}

const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1387.json");
const vectors = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] }).vectors : [];
const named = (prefix: string) => vectors.filter(({ name }) => name.startsWith(prefix));

describe.skipIf(vectors.length === 0)("vectors/bm1387.json", () => {
  it("each voltage frame sets the voltage it says", () => {
    expect(named("pic_set_voltage").length).toBeGreaterThan(8);
    for (const { bytes, decoded } of named("pic_set_voltage")) {
      const one = application();
      say(one, ...(fromHex(bytes) as Uint8Array), 0x55, 0xaa, 0x15, 1);
      expect(one.voltageCode).toBe(decoded.pic);
      const volts = decoded.actual_volts ?? decoded.volts;
      if (volts !== undefined) expect(stringVoltage(one.voltageCode)).toBeCloseTo(volts, 4);
    }
  });

  it("the bins of three real boards are the frequencies their log printed, and the record is written in their form", () => {
    const dumps = named("pic_flash_FREQ");
    expect(dumps).toHaveLength(3);
    for (const { bytes, decoded } of dumps) {
      const dump = fromHex(bytes) as Uint8Array;
      const bins = Array.from({ length: 63 }, (_, chip) => dump[3 + 2 * chip] as number);
      expect(bins.map((bin) => Math.trunc(FREQUENCY_BINS.get(bin) ?? 0))).toEqual(decoded.chip_freq_MHz);
      const own = freqBytes(bins, { tempOffsetC: decoded.temp_offset ?? 0, testTempC: decoded.test_ok_temp_C ?? 0 });
      // Bytes 10..34 hold what nobody has explained.
      const known = (one: Uint8Array) => [...one].map((byte, at) => (at % 2 === 0 && at >= 10 && at <= 34 ? 0 : byte));
      expect(known(own)).toEqual(known(dump));
    }
  });

  it("bad cores of three real boards are written in their form", () => {
    const dumps = named("pic_flash_BADCORE");
    expect(dumps).toHaveLength(3);
    for (const { bytes, decoded } of dumps) {
      const counts = Array.from({ length: 63 }, (_, chip) => decoded.bad_cores?.[String(chip)] ?? 0);
      expect(toHex(badCoreBytes(counts))).toBe(bytes);
    }
    expect(BADCORE_WORD_ADDRESS + badCoreBytes([]).length / 2).toBe(FREQ_WORD_ADDRESS);
  });
});
