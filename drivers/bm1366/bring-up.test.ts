import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { encodeCommand } from "../bm13xx/frames.ts";
import { bringUpSteps, chipAddresses, fastUartWord, type Step, versionRollingWord } from "./bring-up.ts";

function wireOf(step: Step): string[] {
  if (step.do === "write") {
    return [toHex(encodeCommand({ kind: "write", address: step.address, register: step.register.address, value: step.word }))];
  }
  if (step.do === "chain-inactive") return [toHex(encodeCommand({ kind: "chain-inactive" }))];
  if (step.do === "set-address") return [toHex(encodeCommand({ kind: "set-address", address: step.address }))];
  return [];
}

const plan = { chips: 1, frequencyMhz: 50, ticketDifficulty: 256, baud: 1_000_000, versionMask: 0x1fff_e000 };

describe("bring-up", () => {
  test("writes the frames of specs/bm1366.md 3.1, in that order", () => {
    expect(
      bringUpSteps({ ...plan, frequencyMhz: 485 })
        .flatMap(wireOf)
        .filter((hex) => !hex.startsWith("55aa51090008")),
    ).toEqual([
      "55aa510900a49000ffff1c",
      "55aa510900a49000ffff1c",
      "55aa510900a49000ffff1c",
      "55aa510900a80007000003",
      "55aa51090018ff0fc10000",
      "55aa5305000003",
      "55aa400500001c",
      "55aa5109003c800085400c",
      "55aa5109003c8000802019",
      "55aa51090014000000ff08",
      "55aa51090054000000031d",
      "55aa510900580211111106",
      "55aa4109002c007c000303",
      "55aa410900a8000701f015",
      "55aa41090018f000c1000c",
      "55aa4109003c8000854004",
      "55aa4109003c8000802011",
      "55aa4109003c800082aa05",
      "55aa51090010000d322410",
      "55aa510900a49000ffff1c",
      "55aa510900281130020003",
    ]);
  });

  test("the clock is ramped in 70 writes of 100 ms, and read back", () => {
    const steps = bringUpSteps({ ...plan, frequencyMhz: 485 });
    const ramp = steps.filter((step) => step.do === "write" && step.register.name === "PLL0");
    expect(ramp).toHaveLength(70);
    expect(ramp.every((step) => step.do === "write" && step.waitMs === 100)).toBe(true);
    expect(steps.filter((step) => step.do === "read-back").map((step) => step.name)).toEqual([
      "read back TICKET_MASK",
      "read back PLL0",
      "read back HASH_COUNTING_NUMBER",
    ]);
  });

  test("at 50 MHz the clock is still written once: the reset value reaches 50 MHz by other dividers", () => {
    const words = bringUpSteps(plan).flatMap((step) => (step.do === "write" && step.register.name === "PLL0" ? [step.word] : []));
    expect(words).toEqual([0x40a8_0265]);
  });

  test("chips are addressed from the host's end, and each is set up by its address", () => {
    expect(chipAddresses(6)).toEqual([0x00, 0x2a, 0x54, 0x7e, 0xa8, 0xd2]);
    const frames = bringUpSteps({ ...plan, chips: 2 }).flatMap(wireOf);
    expect(frames.filter((hex) => hex.startsWith("55aa4005"))).toEqual(["55aa400500001c", "55aa4005800010"]);
    expect(frames.filter((hex) => hex.startsWith("55aa4109a8") || hex.startsWith("55aa410980a8"))).toHaveLength(1);
  });

  test("without a rate the chips stay at 115200", () => {
    const steps = bringUpSteps({ ...plan, baud: null });
    expect(steps.flatMap(wireOf).filter((hex) => hex.startsWith("55aa51090028"))).toEqual([]);
    expect(steps.at(-1)?.name).toBe("write VERSION_ROLLING");
  });
});

test("FAST_UART words; a rate the chip cannot make is refused", () => {
  expect([1_041_667, 1_000_000, 3_125_000].map(fastUartWord)).toEqual([0x1130_0200, 0x1130_0200, 0x1130_0000]);
  for (const baud of [6_250_000, 2_000_000, 300, 0, Number.NaN]) {
    expect(() => fastUartWord(baud)).toThrow(expect.objectContaining({ code: "SETPOINT_REFUSED" }));
  }
});

test("a narrower version mask reaches the chip", () => {
  expect(versionRollingWord(0x1fff_e000)).toBe(0x9000_ffff);
  expect(versionRollingWord(0x0000_6000)).toBe(0x9000_0003);
});
