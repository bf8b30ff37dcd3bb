import { describe, expect, it } from "vitest";
import { Tmp42x } from "./tmp42x.ts";
import { type LocalAndRemote, Tmp451 } from "./tmp451.ts";

const WARM: LocalAndRemote = { localC: 23.1875, remoteC: 41.25 };

function get(sensor: Tmp451 | Tmp42x, register: number): number {
  sensor.write(Uint8Array.of(register));
  return sensor.read(1)[0] as number;
}

describe("TMP451 and its kin", () => {
  it("give the readings of specs/bm1387.md 4.4 in the extended range", () => {
    const sensor = new Tmp451("TMP451", 0x98, () => WARM);
    sensor.write(Uint8Array.of(0x09, 0x04));
    expect([0x03, 0x00, 0x15, 0x01, 0x10, 0x02].map((register) => get(sensor, register))).toEqual([0x04, 0x57, 0x30, 0x69, 0x40, 0]);
  });

  it("count from 0 in the standard range", () => {
    const sensor = new Tmp451("TMP451", 0x98, () => ({ localC: -7, remoteC: 200 }));
    expect([get(sensor, 0x00), get(sensor, 0x01)]).toEqual([0, 127]);
  });

  it("name their maker, and NCT218 has neither fractions nor a remote channel", () => {
    const [tmp, adt, nct] = (["TMP451", "ADT7461", "NCT218"] as const).map((kind) => new Tmp451(kind, 0x9a, () => WARM)) as [
      Tmp451,
      Tmp451,
      Tmp451,
    ];
    expect([get(tmp, 0xfe), get(adt, 0xfe), get(nct, 0xfe)]).toEqual([0x55, 0x41, 0x1a]);
    expect(tmp.address).toBe(0x4d);
    expect([get(nct, 0x00), get(nct, 0x15), get(nct, 0x01)]).toEqual([23, 0, 0]);
  });

  it("add the signed offset to the remote reading alone", () => {
    const sensor = new Tmp451("TMP451", 0x98, () => WARM);
    sensor.write(Uint8Array.of(0x11, 0xfb));
    expect([get(sensor, 0x00), get(sensor, 0x01), get(sensor, 0x11)]).toEqual([23, 36, 0xfb]);
  });

  it("say by status bit 2 that the diode is open", () => {
    const sensor = new Tmp451("TMP451", 0x98, () => ({ localC: 30, remoteC: null }));
    expect([get(sensor, 0x02), get(sensor, 0x01)]).toEqual([4, 0xff]);
  });
});

describe("TMP42x", () => {
  it("gives whole parts, fractions in the upper nibble, and its ids", () => {
    const sensor = new Tmp42x("TMP422", 0x98, () => WARM);
    sensor.write(Uint8Array.of(0x09, 0x04));
    expect([0x00, 0x10, 0x01, 0x11, 0xfe, 0xff].map((register) => get(sensor, register))).toEqual([0x57, 0x30, 0x69, 0x40, 0x55, 0x22]);
  });

  it("marks channels that are open or switched off", () => {
    const sensor = new Tmp42x("TMP423", 0x98, () => WARM);
    expect(get(sensor, 0x12) & 3).toBe(3);
    sensor.write(Uint8Array.of(0x0a, 0x04));
    expect(get(sensor, 0x11) & 1).toBe(1);
    expect(get(sensor, 0x10) & 1).toBe(0);
  });
});
