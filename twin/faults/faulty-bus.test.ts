import { describe, expect, it } from "vitest";
import { FaultyBus } from "./faulty-bus.ts";
import type { FaultSpec } from "./spec.ts";
import { FaultTable } from "./table.ts";

const ALL_FAULTS: readonly FaultSpec[] = [
  { name: "i2c-nak-some", value: 0.3 },
  { name: "i2c-corrupt", value: 0.3 },
];

function answers(seed: number, faults: readonly FaultSpec[] = ALL_FAULTS): string[] {
  const bus = new FaultyBus(new FaultTable(faults), seed);
  return Array.from({ length: 100 }, (_, i) => String(bus.transfer(0x40, i * 1e6, () => Uint8Array.of(0x12, 0x34))));
}

describe("the bus behind a bridge", () => {
  it("fails in the same way for one seed, in another way for another, and not at all without a fault", () => {
    expect(answers(3)).toEqual(answers(3));
    expect(answers(3)).not.toEqual(answers(4));
    expect(new Set(answers(3, []))).toEqual(new Set(["18,52"]));
  });

  it("a stuck one reaches no device", () => {
    const bus = new FaultyBus(new FaultTable([{ name: "i2c-stuck", value: 70, untilMs: 10 }]), 1);
    let reached = 0;
    const deliver = () => {
      reached++;
      return new Uint8Array(0);
    };
    expect(bus.transfer(0x40, 5e6, deliver)).toBeNull();
    expect(reached).toBe(0);
    expect([bus.delayNs(true, 5e6), bus.delayNs(false, 5e6), bus.delayNs(true, 10e6)]).toEqual([70e6, 0, 0]);
    expect(bus.transfer(0x40, 10e6, deliver)).not.toBeNull();
    expect(reached).toBe(1);
  });
});
