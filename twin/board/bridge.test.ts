import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { Bridge, type BridgeGeneration, type BridgePeripherals } from "./bridge.ts";

interface Seen {
  readonly i2c: [number, number[] | null, number][];
  resetHigh: boolean;
  fanDuty: number;
}

function make(generation: BridgeGeneration = "V0") {
  const seen: Seen = { i2c: [], resetHigh: false, fanDuty: 0 };
  const peripherals: BridgePeripherals = {
    i2c: (address, written, readCount) => {
      seen.i2c.push([address, written === null ? null : [...written], readCount]);
      return address === 0x4c ? Uint8Array.from({ length: readCount }, (_, i) => 0xd0 + i) : null;
    },
    getResetPin: () => seen.resetHigh,
    setResetPin: (high) => {
      seen.resetHigh = high;
    },
    adcVdd: () => 0x0c34,
    setFanDuty: (duty) => {
      seen.fanDuty = duty;
    },
    fanRpm: () => 4321,
    i2cFault: () => null,
    delayNs: () => 0,
  };
  const bridge = new Bridge(peripherals, generation);
  let tNs = 0;
  const say = (hex: string, waitMs = 100) => {
    bridge.receive(tNs, fromHex(hex) as Uint8Array);
    tNs += waitMs * 1e6;
    bridge.advance(tNs);
    return bridge.takeOutputs().map((output) => toHex(output.bytes));
  };
  return { bridge, seen, say };
}

describe("the bridge's control port", () => {
  it("answers the requests of specs/bm1366.md 5.10", () => {
    const { say, seen } = make();
    expect(say("07000000060001")).toEqual(["01000001"]);
    expect(seen.resetHigh).toBe(true);
    expect(say("060001000600")).toEqual(["01000101"]);
    expect(say("07000000060000")).toEqual(["01000000"]);
    expect(say("060000000750")).toEqual(["020000340c"]);
    expect(say("07000000091032")).toEqual(["01000032"]);
    expect(seen.fanDuty).toBe(0.5);
    expect(say("060000000920")).toEqual(["020000e110"]);
    expect(say("0a0001000510801a0600")).toEqual(["040001801a0600"]);
    expect(say("0800010005204cde")).toEqual(["01000101"]);
    expect(say("0800010005304c01")).toEqual(["010001d0"]);
    expect(say("0900010005404cfe02")).toEqual(["020001d0d1"]);
  });

  it("writes, reads, and writes then reads on the bus", () => {
    const { say, seen } = make();
    say("0a00020005204c030405");
    say("0800020005304c03");
    expect(say("0900020005404cfe02")).toEqual(["020002d0d1"]);
    expect(seen.i2c).toEqual([
      [0x4c, [0x03, 0x04, 0x05], 0],
      [0x4c, null, 3],
      [0x4c, [0xfe], 2],
    ]);
  });

  it("answers an address nobody has with 10, and what it does not know with 11", () => {
    const { say } = make();
    expect(say("0800070005204fde")).toEqual(["04000710"]);
    expect(say("07000700060100")).toEqual(["04000711"]);
    expect(say("060007000751")).toEqual(["04000711"]);
    expect(say("0a0000000901deadbeef")).toEqual(["04000011"]);
    expect(say("090000000810ff8000")).toEqual(["04000011"]);
  });

  it("answers with length and status in generation V1", () => {
    const { say } = make("V1");
    expect(say("07004200060001")).toEqual(["0500420001"]);
    expect(say("07004200060100")).toEqual(["04004211"]);
  });

  it("puts a request together from pieces, and drops it after a gap of 4 ms", () => {
    const { say, bridge } = make();
    expect(say("0700", 1)).toEqual([]);
    expect(say("0000060001")).toEqual(["01000001"]);
    expect(say("0700", 5)).toEqual([]);
    expect(say("060000000600")).toEqual(["01000001"]);
    expect(bridge.partialsDropped).toBe(1);
  });

  it("answers FF as id to a length that cannot be", () => {
    expect(make().say("0300000000")).toEqual(["0400ff11"]);
    expect(make().say("ffff00000000")).toEqual(["0400ff12"]);
  });

  it("takes several requests at once, in order, and refuses those beyond its queue of eight", () => {
    const { say } = make();
    const answers = say(Array.from({ length: 10 }, (_, i) => `06000${i}000600`).join(""));
    expect(answers.slice(0, 2)).toEqual(["04000812", "04000912"]);
    expect(answers.slice(2).map((answer) => answer.slice(4, 6))).toEqual(["00", "01", "02", "03", "04", "05", "06", "07"]);
  });

  it("takes as long for an I2C transfer as the bus does", () => {
    const { bridge } = make();
    const durationNs = (hex: string) => {
      bridge.receive(1e12, fromHex(hex) as Uint8Array);
      const doneNs = bridge.nextNs;
      bridge.advance(2e12);
      bridge.takeOutputs();
      return doneNs - 1e12;
    };
    expect(durationNs("0800010005304c40")).toBeGreaterThan(64 * 9 * 1e4);
  });
});
