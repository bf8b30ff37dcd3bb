import { describe, expect, it } from "vitest";
import type { FpgaRegisters } from "../transport/zynq-fpga-registers.ts";
import { slowestRpm } from "./fans.ts";
import { fanRpm, ZynqFans } from "./s9-fans.ts";

function fanBlock(...speeds: readonly number[]) {
  const words = new Map<number, number>(speeds.map((speed, fan) => [4 * fan, speed]));
  const registers: FpgaRegisters = {
    read32: (offset) => words.get(offset) ?? 0,
    write32: (offset, value) => void words.set(offset, value),
  };
  return { words, registers };
}

describe("the fans of an S9", () => {
  it("are set in whole percents, never to less than was asked", async () => {
    const { words, registers } = fanBlock();
    const fans = new ZynqFans(registers, [0, 1]);
    for (const [asked, written] of [
      [0, 0],
      [59.2, 60],
      [100, 100],
    ] as const) {
      await fans.setPercent(asked);
      expect(words.get(0x10)).toBe(written);
    }
  });

  it.each([-1, 100.1, Number.NaN])("cannot run at %d percent", async (percent) => {
    const { words, registers } = fanBlock();
    await expect(new ZynqFans(registers, [0]).setPercent(percent)).rejects.toThrow(RangeError);
    expect(words.has(0x10)).toBe(false);
  });

  it("whose duty reads back as another are FAN_READBACK", async () => {
    const { registers } = fanBlock();
    const deaf: FpgaRegisters = { ...registers, write32: () => {} };
    await expect(new ZynqFans(deaf, [0]).setPercent(50)).rejects.toMatchObject({
      code: "FAN_READBACK",
      context: { written: 50, readBack: 0 },
    });
  });

  it("report sixty times their turns a second, those that are fitted, and the slowest counts", async () => {
    const { registers } = fanBlock(94, 0, 100, 0);
    expect(await new ZynqFans(registers, [0, 2]).rpm()).toEqual([5640, 6000]);
    expect(await slowestRpm(new ZynqFans(registers, [0, 2]))).toBe(5640);
    expect(await slowestRpm(new ZynqFans(registers, [0, 1]))).toBe(0);
  });

  it("that no register can hold are unknown", () => {
    expect([fanRpm(255), fanRpm(256), fanRpm(0xffff_ffff)]).toEqual([15_300, null, null]);
  });
});
