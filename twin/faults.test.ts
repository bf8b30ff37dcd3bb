import { describe, expect, it } from "vitest";
import { toHex } from "../common/bytes.ts";
import { type FaultName, type FaultSpec, FaultTable, faultNames } from "./faults.ts";
import { read, type TimedFrame, VirtualHost } from "./virtual-host.ts";

const CHIP_ID = "aa55136600000000000005";

function hostWith(faults: FaultSpec[], options: { chips?: number; variant?: "205" | "207" } = {}): VirtualHost {
  const host = new VirtualHost({ faults: new FaultTable(faults), ...options });
  host.bringUp();
  return host;
}

function poll(host: VirtualHost, times = 1): TimedFrame[] {
  return Array.from({ length: times }, () => {
    host.send(read(0));
    return host.run(1);
  }).flat();
}

describe("a fault", () => {
  it("is one of a closed list, each with a number", () => {
    expect(faultNames()).toContain("chip-dead");
    expect(() => new FaultTable([{ name: "chip-ded" as FaultName }])).toThrow(/no fault "chip-ded"/);
    expect(() => new FaultTable([{ name: "toString" as FaultName }])).toThrow(/no fault/);
    expect(() => new FaultTable([{ name: "drop-byte", value: Number.NaN }])).toThrow(/no fault/);
  });

  it("holds from its time until its time", () => {
    const table = new FaultTable([{ name: "drop-byte", value: 0.5, atMs: 10, untilMs: 20 }]);
    expect([9.9e6, 10e6, 19.9e6, 20e6].map((tNs) => table.value("drop-byte", tNs))).toEqual([null, 0.5, 0.5, null]);
    table.set({ name: "drop-byte" });
    expect(table.value("drop-byte", 0)).toBe(0.001);
    table.clear("drop-byte");
    expect(table.value("drop-byte", 0)).toBeNull();
  });
});

describe("chips", () => {
  it("chip-dead: that chip says nothing, the others go on", () => {
    expect(poll(hostWith([{ name: "chip-dead" }]))).toEqual([]);
    expect(poll(hostWith([{ name: "chip-dead", value: 1 }], { chips: 3 }))).toHaveLength(2);
  });

  it("chip-dead at a later time: answers stop then", () => {
    const host = hostWith([{ name: "chip-dead", atMs: 1000 }]);
    expect(poll(host)).toHaveLength(1);
    host.run(1000);
    expect(poll(host)).toEqual([]);
  });

  it("chip-wrong-id: the chip claims the id given", () => {
    const [frame] = poll(hostWith([{ name: "chip-wrong-id", value: 0x1368 }]));
    expect(toHex((frame as TimedFrame).bytes)).toBe("aa5513680000000000000f");
  });

  it("chips-missing: so many fewer answer", () => {
    expect(poll(hostWith([{ name: "chips-missing", value: 2 }], { chips: 5 }))).toHaveLength(3);
  });
});

describe("bridge and bus", () => {
  it("bridge-error: every I2C request gets the code, other pages still work", () => {
    const host = hostWith([{ name: "bridge-error", value: 0x12 }]);
    expect([...host.control(0x05, 0x40, 0x4c, 0, 1)].at(-1)).toBe(0x12);
    expect([...host.control(0x05, 0x20, 0x48, 0xf8)].at(-1)).toBe(0x12);
    expect([...host.control(0x06, 0)].at(-1)).toBe(1);
  });

  it("i2c-nak: that address answers 10, others do not", () => {
    const host = hostWith([{ name: "i2c-nak", value: 0x4c }]);
    expect([...host.control(0x05, 0x40, 0x4c, 0, 1)]).toEqual([4, 0, expect.any(Number), 0x10]);
    expect(host.control(0x05, 0x40, 0x40, 0xfe, 2)).toHaveLength(5);
  });
});

describe("the data line", () => {
  const total = (frames: TimedFrame[]) => frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  const intact = (frames: TimedFrame[]) => frames.filter((frame) => toHex(frame.bytes) === CHIP_ID).length;

  it("drop-byte: bytes are missing at the rate given", () => {
    const missing = 11_000 - total(poll(hostWith([{ name: "drop-byte", value: 0.05 }]), 1000));
    expect(missing).toBeGreaterThan(450);
    expect(missing).toBeLessThan(650);
  });

  it("insert-byte: bytes are added at the rate given", () => {
    const added = total(poll(hostWith([{ name: "insert-byte", value: 0.05 }]), 1000)) - 11_000;
    expect(added).toBeGreaterThan(450);
    expect(added).toBeLessThan(650);
  });

  it("flip-bit: as many bytes as before, some with one bit wrong", () => {
    const frames = poll(hostWith([{ name: "flip-bit", value: 0.05 }]), 1000);
    expect(total(frames)).toBe(11_000);
    // Intact with probability 0.95^11 = 0.57.
    expect(intact(frames)).toBeGreaterThan(500);
    expect(intact(frames)).toBeLessThan(640);
  });
});

describe("cooling and sensors", () => {
  it("sensor-open: the diode reads open on 207, the EMC2101 does not acknowledge on 205", () => {
    const diode = (host: VirtualHost) =>
      [host.control(0x05, 0x40, 0x4c, 0x01, 1), host.control(0x05, 0x40, 0x4c, 0x10, 1)].map((a) => a.at(-1));
    expect(diode(hostWith([], { variant: "207" }))).not.toEqual([0x7f, 0]);
    expect(diode(hostWith([{ name: "sensor-open" }], { variant: "207" }))).toEqual([0x7f, 0]);
    expect([...hostWith([{ name: "sensor-open" }]).control(0x05, 0x40, 0x4c, 0, 1)]).toEqual([4, 0, expect.any(Number), 0x10]);
  });

  it("over-temperature: the chip gets hotter by nearly the step in the air around it", () => {
    const at = (faults: FaultSpec[]) => {
      const host = hostWith(faults);
      host.run(600_000, 10_000);
      return host.bitaxe.physics.junctionC;
    };
    const rise = at([{ name: "over-temperature", value: 40 }]) - at([]);
    expect(rise).toBeGreaterThan(39);
    expect(rise).toBeLessThan(60);
  });

  it("fan-stall: the tachometer stops whatever duty is set", () => {
    const host = hostWith([]);
    host.control(0x05, 0x20, 0x4c, 0x03, 0x04);
    const count = () => {
      const low = host.control(0x05, 0x40, 0x4c, 0x46, 1).at(-1) as number;
      return low | ((host.control(0x05, 0x40, 0x4c, 0x47, 1).at(-1) as number) << 8);
    };
    host.run(5000);
    expect(5_400_000 / count()).toBeGreaterThan(5500);
    host.bitaxe.faults.set({ name: "fan-stall" });
    host.run(10_000);
    host.setFan(1);
    expect(count()).toBe(0xffff);
  });
});
