import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { Ds4432u } from "./ds4432u.ts";
import { Emc2101, type FanAndDiode } from "./emc2101.ts";
import { Ina260 } from "./ina260.ts";
import { Tps546 } from "./tps546.ts";

describe("DS4432U", () => {
  it("turns the codes of specs/bm1366.md 5.3 into their voltages", () => {
    const codes: [number, number][] = [
      [0xfc, 1.0],
      [0xe1, 1.1],
      [0xd4, 1.15],
      [0xc6, 1.2],
      [0xb9, 1.25],
      [0xab, 1.3],
      [0x9e, 1.35],
      [0x90, 1.4],
      [0x0c, 1.5],
    ];
    for (const [code, volts] of codes) {
      const regulator = new Ds4432u();
      regulator.write(Uint8Array.of(0xf8, code));
      expect([...regulator.read(1)]).toEqual([code]);
      // One code is 3.7 mV, and codes are rounded up.
      expect(Math.abs(regulator.targetV - volts)).toBeLessThan(0.0038);
    }
  });
});

describe("INA260", () => {
  it("gives current, voltage and power in its steps, high byte first", () => {
    const sensor = new Ina260(() => ({ currentA: 2.5, voltageV: 5 }));
    const word = (register: number) => {
      sensor.write(Uint8Array.of(register));
      const [high, low] = sensor.read(2);
      return ((high as number) << 8) | (low as number);
    };
    expect([word(1), word(2), word(3), word(0xfe)]).toEqual([2000, 4000, 1250, 0x5449]);
  });
});

describe("EMC2101", () => {
  const make = (reading: Partial<FanAndDiode>) => {
    const duties: number[] = [];
    const device = new Emc2101(
      () => ({ internalC: 41, diodeC: 60, fanRpm: 3000, ...reading }),
      (duty) => duties.push(duty),
    );
    const read = (register: number) => {
      device.write(Uint8Array.of(register));
      return device.read(1)[0] as number;
    };
    return { device, read, duties };
  };

  it("identifies itself and reads both temperatures", () => {
    const { read } = make({ diodeC: 60.375 });
    expect([read(0xfd), read(0xfe), read(0x00)]).toEqual([0x16, 0x5d, 41]);
    expect((read(0x01) << 3) | (read(0x10) >> 5)).toBe(60.375 / 0.125);
  });

  it("reads an unconnected diode as open", () => {
    const { read } = make({ diodeC: null });
    expect((read(0x01) << 3) | (read(0x10) >> 5)).toBe(0x3f8);
  });

  it("counts the fan once its tachometer is on, and reads FFFF when it stands still", () => {
    const { device, read } = make({});
    expect(read(0x46) | (read(0x47) << 8)).toBe(0xffff);
    device.write(Uint8Array.of(0x03, 0x04));
    expect(read(0x46) | (read(0x47) << 8)).toBe(1800);
    const still = make({ fanRpm: 0 });
    still.device.write(Uint8Array.of(0x03, 0x04));
    expect(still.read(0x46) | (still.read(0x47) << 8)).toBe(0xffff);
  });

  it("sets the fan in 63 steps", () => {
    const { device, duties } = make({});
    device.write(Uint8Array.of(0x4c, 63));
    device.write(Uint8Array.of(0x4c, 0));
    expect(duties).toEqual([1, 0]);
  });
});

describe("TPS546", () => {
  const make = () => new Tps546(() => ({ inputV: 4.8, outputV: 1.2, outputA: 25, tempC: 45 }));
  const read = (regulator: Tps546, command: number, count: number) => {
    regulator.write(Uint8Array.of(command));
    return [...regulator.read(count)];
  };

  it("identifies itself as a block, and its output format", () => {
    const regulator = make();
    expect(read(regulator, 0xad, 7)).toEqual([6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x41]);
    expect(read(regulator, 0x20, 1)).toEqual([0x97]);
  });

  it("gives what is asked once OPERATION is on, and reports OFF before", () => {
    const regulator = make();
    regulator.write(Uint8Array.of(0x21, 0x66, 0x02));
    expect(regulator.targetV).toBe(0);
    expect(read(regulator, 0x79, 2)).toEqual([0x40, 0x08]);
    regulator.write(Uint8Array.of(0x01, 0x80));
    expect(regulator.targetV).toBeCloseTo(1.2, 2);
    expect(read(regulator, 0x79, 2)).toEqual([0, 0]);
    regulator.write(Uint8Array.of(0x01, 0x00));
    expect(regulator.targetV).toBe(0);
  });

  it("limits VOUT_COMMAND to VOUT_MAX and says so until cleared", () => {
    const regulator = make();
    regulator.write(Uint8Array.of(0x01, 0x80));
    regulator.write(Uint8Array.of(0x21, 0x00, 0x06));
    expect(regulator.targetV).toBe(1.5);
    expect(read(regulator, 0x79, 2)).toEqual([0, 0x80]);
    regulator.write(Uint8Array.of(0x21, 0x66, 0x02));
    regulator.write(Uint8Array.of(0x03));
    expect(read(regulator, 0x79, 2)).toEqual([0, 0]);
  });

  it("measures in ULINEAR16 and Linear11", () => {
    const regulator = make();
    expect(read(regulator, 0x8b, 2)).toEqual([0x66, 0x02]);
    expect(read(regulator, 0x88, 2)).toEqual([0x66, 0xca]);
    expect(read(regulator, 0x8c, 2)).toEqual([0x20, 0xdb]);
    const [low, high] = read(regulator, 0x8d, 2) as [number, number];
    const mantissa = ((high & 7) << 8) | low;
    expect(mantissa * 2 ** ((high >> 3) - 32)).toBe(45);
  });

  const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1366.json");
  it.skipIf(!existsSync(path))("keeps every recorded configuration write (needs ../shared/vectors/bm1366.json)", () => {
    const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: { direction: string; bytes: string }[] };
    const writes = vectors.filter((vector) => vector.direction === "i2c-write 0x24").map((vector) => Buffer.from(vector.bytes, "hex"));
    expect(writes.length).toBeGreaterThan(10);
    for (const bytes of writes) {
      const regulator = make();
      regulator.write(bytes);
      expect(read(regulator, bytes[0] as number, bytes.length - 1)).toEqual([...bytes.subarray(1)]);
    }
  });
});
