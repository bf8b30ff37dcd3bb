import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBadCores, decodeFrequencies, decodeTemperatureOffsets, S9_CHIPS } from "./s9-factory-data.ts";
import { FREQUENCY_BINS_MHZ } from "./s9-frequency-bins.ts";
import { haveS9Vectors, s9Vectors } from "./testing/s9-vectors.test-support.ts";

describe("frequency bins", () => {
  it("are 114, rising, each an exact PLL frequency", () => {
    expect(FREQUENCY_BINS_MHZ).toHaveLength(114);
    for (let i = 1; i < FREQUENCY_BINS_MHZ.length; i++) expect(FREQUENCY_BINS_MHZ[i]).toBeGreaterThan(FREQUENCY_BINS_MHZ[i - 1] as number);
    for (const mhz of FREQUENCY_BINS_MHZ) {
      const feedback = [1, 2, 3, 4].map((post) => (mhz * 2 * post) / 25);
      expect(feedback.some((fb) => Math.abs(fb - Math.round(fb)) < 1e-9)).toBe(true);
    }
  });

  // specs/bm1387.md 2.1, without its index 66.
  it.each([
    [0, 100],
    [4, 200],
    [12, 400],
    [48, 512],
    [54, 531],
    [73, 643],
    [76, 662],
    [100, 850],
    [113, 1175],
  ])("%i is called %i", (index, name) => {
    expect(Math.trunc(FREQUENCY_BINS_MHZ[index] as number)).toBe(name);
  });
});

describe.skipIf(!haveS9Vectors)("factory data of real boards", () => {
  it.each(s9Vectors("pic_flash_FREQ_").map((vector) => [vector.name, vector] as const))(
    "%s decodes to what the log prints",
    (_, vector) => {
      const { bytes, decoded } = vector;
      const found = decodeFrequencies(bytes);
      expect(found?.chipMhz.map((mhz) => Math.trunc(mhz as number))).toEqual(decoded.chip_freq_MHz);
      expect(Math.trunc(found?.baseMhz as number)).toBe(decoded.base_freq_MHz);
      expect(found).toMatchObject({
        stepDown: decoded.step_down,
        temperatureOffsetC: decoded.temp_offset,
        backupVoltageMv: Number(decoded.backup_voltage_V) * 1000,
        testTempC: decoded.test_ok_temp_C,
      });
      // The other way: every bin's byte from its frequency.
      expect(found?.chipMhz.map((mhz) => FREQUENCY_BINS_MHZ.indexOf(mhz as number))).toEqual(
        Array.from({ length: S9_CHIPS }, (_, chip) => bytes[3 + 2 * chip]),
      );
    },
  );

  it.each(s9Vectors("pic_flash_BADCORE_").map((vector) => [vector.name, vector] as const))("%s", (_, { bytes, decoded }) => {
    const expected = decoded.bad_cores as Record<string, number>;
    expect(decodeBadCores(bytes)).toEqual(Array.from({ length: S9_CHIPS }, (_, chip) => expected[chip] ?? 0));
  });
});

describe("factory data", () => {
  const blank = () => new Uint8Array(128).fill(0x00);

  it("of an erased PIC is not there", () => {
    expect(decodeFrequencies(new Uint8Array(128).fill(0xff))).toBeNull();
    expect(decodeBadCores(new Uint8Array(64).fill(0xff))).toBeNull();
  });

  it("knows no frequency for a bin outside the table, and no test record without its mark", () => {
    const area = blank();
    area[1] = 0x7d;
    area[3] = 114;
    area[5] = 113;
    expect(decodeFrequencies(area)).toMatchObject({
      chipMhz: [null, 1175, 100, ...Array(60).fill(100)],
      backupVoltageMv: null,
      testTempC: null,
    });
  });

  it("a step-down of 3F is none", () => {
    const area = blank();
    area[1] = 0x7d;
    area[0] = 0xff;
    expect(decodeFrequencies(area)?.stepDown).toBe(0);
    area[0] = 0xc5;
    expect(decodeFrequencies(area)?.stepDown).toBe(5);
  });

  it("bad cores come out as they went in, two chips to a byte pair", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { minLength: S9_CHIPS, maxLength: S9_CHIPS }), (counts) => {
        const area = new Uint8Array(64);
        area[0] = 0x23;
        // Chips 2k and 2k+1 share byte 2k+1.
        counts.forEach((count, chip) => {
          const at = chip % 2 === 0 ? chip + 1 : chip;
          area[at] = (area[at] as number) | (chip % 2 === 0 ? count << 4 : count);
        });
        expect(decodeBadCores(area)).toEqual(counts);
      }),
    );
  });

  it("temperature offsets name chips from 0 and skip empty pairs", () => {
    // The kernel log's 62,-5,32,-5,0,0,0,0.
    expect(decodeTemperatureOffsets(Uint8Array.of(62, 0xfb, 32, 0xfb, 0, 0, 0, 0))).toEqual([
      { chip: 61, offsetC: -5 },
      { chip: 31, offsetC: -5 },
    ]);
    expect(decodeTemperatureOffsets(new Uint8Array(8).fill(0xff))).toEqual([]);
  });

  it("of another size is a mistake of the caller", () => {
    expect(() => decodeFrequencies(new Uint8Array(127))).toThrow(RangeError);
    expect(() => decodeBadCores(new Uint8Array(128))).toThrow(RangeError);
    expect(() => decodeTemperatureOffsets(new Uint8Array(7))).toThrow(RangeError);
  });
});
