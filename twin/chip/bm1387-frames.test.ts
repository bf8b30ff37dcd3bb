import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../common/bytes.ts";
import { headerJob } from "../s9-header-jobs.ts";
import { chainInactive, jobFrame, read, setAddress, write } from "../s9-virtual-host.ts";
import { type HostFrame1387, HostFrameParser1387 } from "./bm1387-frames.ts";
import { dividerBaud, pllHz, ticketBits } from "./bm1387-registers.ts";

function parse(bytes: Uint8Array, parser = new HostFrameParser1387()): HostFrame1387[] {
  const frames: HostFrame1387[] = [];
  for (const byte of bytes) {
    parser.push(byte);
    for (let frame = parser.next(); frame !== null; frame = parser.next()) frames.push(frame);
  }
  return frames;
}

const anyFrame = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(0xffff_ffff), fc.option(fc.nat(255))).map(([register, value, address]) => write(register, value, address)),
  fc.tuple(fc.nat(255), fc.option(fc.nat(255))).map(([register, address]) => read(register, address)),
  fc.nat(255).map(setAddress),
  fc.constant(chainInactive()),
  fc
    .tuple(fc.nat(1000), fc.constantFrom(1 as const, 2 as const, 4 as const))
    .map(([seed, midstates]) => jobFrame(headerJob(seed, midstates))),
);

describe("host frames without a preamble", () => {
  it("are found one after the other, with what they say", () => {
    const bytes = [write(0x1c, 0x0020_8180), write(0x0c, 0x0068_0221, 8), read(0, 4), read(0x18), setAddress(0xf4), chainInactive()];
    expect(parse(Uint8Array.from(bytes.flatMap((frame) => [...frame])))).toEqual([
      { kind: "write", address: null, register: 0x1c, value: 0x0020_8180 },
      { kind: "write", address: 8, register: 0x0c, value: 0x0068_0221 },
      { kind: "read", address: 4, register: 0 },
      { kind: "read", address: null, register: 0x18 },
      { kind: "set-address", address: 0xf4 },
      { kind: "chain-inactive" },
    ]);
  });

  it("are all found in any sequence, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), (frames) => {
        const parser = new HostFrameParser1387();
        expect(parse(Uint8Array.from(frames.flatMap((frame) => [...frame])), parser)).toHaveLength(frames.length);
        expect(parser.takeDropped()).toBe(0);
      }),
    );
  });

  it("are found again after any rubbish, once bytes enough have come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (rubbish) => {
        const frames = parse(Uint8Array.of(...rubbish, ...new Uint8Array(150), ...read(0x1c, 12)));
        expect(frames.at(-1)).toEqual({ kind: "read", address: 12, register: 0x1c });
      }),
    );
  });

  it("are dropped when the length or the number of midstates does not fit the header", () => {
    const job = jobFrame(headerJob(1, 2));
    job[3] = 4;
    const parser = new HostFrameParser1387();
    expect(parse(job, parser)).toEqual([]);
    expect(parser.takeDropped()).toBeGreaterThan(0);
    // Well-formed for its checksum, but a read has five bytes.
    expect(parse(Uint8Array.of(0x44, 0x09, 0, 0, 0, 0, 0, 0, 0))).toEqual([]);
  });

  it("half received are forgotten on reset", () => {
    const parser = new HostFrameParser1387();
    expect(parse(fromHex("2196") as Uint8Array, parser)).toEqual([]);
    parser.reset();
    expect(parse(read(0), parser)).toHaveLength(1);
  });
});

describe("registers", () => {
  it("PLL words give the frequencies of specs/bm1387.md 2.1", () => {
    const table = new Map([
      [0x0020_0241, 100],
      [0x0045_0221, 431.25],
      [0x005f_0221, 593.75],
      [0x0068_0221, 650],
      [0x0073_0221, 718.75],
      [0x0050_0211, 1000],
      [0x005e_0211, 1175],
      [0x8040_0222, 200],
    ]);
    for (const [word, mhz] of table) expect(pllHz(word)).toBe(mhz * 1e6);
    expect(pllHz(0x0070_0231) / 1e6).toBeCloseTo(466.67, 2);
    expect(pllHz(0x0068_0021)).toBe(0);
  });

  it("dividers give the rates of 3.1, ticket masks the bits of 2.2", () => {
    expect([26, 25, 6, 1, 0].map((divider) => Math.round(dividerBaud(divider)))).toEqual([115_741, 120_192, 446_429, 1_562_500, 3_125_000]);
    expect([0, 0x80, 0xfc, 0xff, 0x80ff, 0xe0ff, 0x3f].map(ticketBits)).toEqual([
      0, 0x8000_0000, 0xfc00_0000, 0xff00_0000, 0xff80_0000, 0xffe0_0000, 0x3f00_0000,
    ]);
  });
});
