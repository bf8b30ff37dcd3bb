import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainInactive, jobFrame, read, setAddress, write } from "../virtual-host.ts";
import { type HostFrame, HostFrameParser } from "./host-frames.ts";
import { decodeJob, depositBits } from "./job.ts";

const job = jobFrame({
  id: 0x48,
  version: 0x2000_0004,
  prevHash: Uint8Array.from({ length: 32 }, (_, i) => i),
  merkleRoot: Uint8Array.from({ length: 32 }, (_, i) => 100 + i),
  ntime: 0x6642_1bdf,
  nbits: 0x1703_4219,
});

function parse(bytes: Iterable<number>, fullJobs = true): { frames: HostFrame[]; parser: HostFrameParser } {
  const parser = new HostFrameParser();
  const frames: HostFrame[] = [];
  for (const byte of bytes) frames.push(...parser.push(byte, fullJobs));
  return { frames, parser };
}

const anyFrame = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(0xffff_ffff), fc.option(fc.nat(255))).map(([register, value, address]) => write(register, value, address)),
  fc.tuple(fc.nat(255), fc.option(fc.nat(255))).map(([register, address]) => read(register, address)),
  fc.nat(255).map((address) => setAddress(address)),
  fc.constant(chainInactive()),
  fc.constant(job),
);

describe("frames from the host", () => {
  it("are all found, in order, back to back", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 20 }), (frames) => {
        const { parser, frames: found } = parse(frames.flatMap((frame) => [...frame]));
        expect(found.length).toBe(frames.length);
        expect(parser.dropped).toBe(0);
      }),
    );
  });

  it("survive noise before them: a false start never hides the frame that follows", () => {
    const noise = fc.array(fc.constantFrom(0x55, 0xaa, 0x21, 0x51, 0x09, 0x05, 0x56, 0x00), { maxLength: 40 });
    fc.assert(
      fc.property(noise, anyFrame, (before, frame) => {
        const expected = parse(frame).frames[0];
        // Enough silence after it for the longest frame a false start could have announced.
        const { frames } = parse([...before, ...frame, ...new Array<number>(160).fill(0)]);
        expect(frames).toContainEqual(expected);
      }),
    );
  });

  it("are dropped, every one, when any single bit after the preamble is wrong", () => {
    for (const frame of [write(0x14, 0xff), read(0), setAddress(0x80), job]) {
      for (let bit = 16; bit < frame.length * 8; bit++) {
        const damaged = frame.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(parse([...damaged, ...new Array<number>(160).fill(0)]).frames, `bit ${bit}`).toEqual([]);
      }
    }
  });

  it("with a midstate job are taken off the stream and ignored while version rolling is off", () => {
    const { frames, parser } = parse([...job, ...read(0)], false);
    expect(frames).toEqual([{ kind: "read", address: null, register: 0 }]);
    expect(parser.received).toBe(2);
  });
});

describe("a full job", () => {
  it("unfolds into header bytes in header order", () => {
    const [frame] = parse(job).frames;
    if (frame?.kind !== "job") throw new Error("no job");
    const { id, version, headerRest } = decodeJob(frame.body);
    expect([id, version]).toEqual([0x48, 0x2000_0004]);
    expect([...headerRest.subarray(0, 32)]).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect([...headerRest.subarray(32, 64)]).toEqual(Array.from({ length: 32 }, (_, i) => 100 + i));
    expect([...headerRest.subarray(64)]).toEqual([0xdf, 0x1b, 0x42, 0x66, 0x19, 0x42, 0x03, 0x17]);
  });

  it("counts its version through the bits of the mask, lowest first", () => {
    expect(Array.from({ length: 4 }, (_, i) => depositBits(i, 0b1010))).toEqual([0, 0b10, 0b1000, 0b1010]);
    expect(depositBits(0xabcd, 0xffff)).toBe(0xabcd);
  });
});
