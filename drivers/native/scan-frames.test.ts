import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { FRAME_STRIDE, type ResponseLength } from "../transport/chip-link.ts";
import { scanFrames } from "./index.ts";

const SPECS = process.env.ASIC_SPECS ?? "../shared";
const VECTORS = path.resolve(SPECS, "vectors/bm1366.json");
const BARE_VECTORS = path.resolve(SPECS, "vectors/bm1387.json");

interface Vector {
  name: string;
  direction: string;
  bytes: string;
  decoded: { crc_ok?: boolean };
}

interface BareVector {
  name: string;
  direction: string;
  bytes: string;
  decoded: { kind?: string };
  crc?: string;
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function framesIn(stream: Uint8Array, length: ResponseLength): string[] {
  const { frames, offsets } = scanFrames(stream, length);
  return Array.from(offsets, (_, i) => {
    const at = i * FRAME_STRIDE;
    return toHex(frames.subarray(at + 1, at + 1 + (frames[at] as number)));
  });
}

// specs/bm1366.md 1.8
const NONCE = "aa55083928a9032b000396";
const CHIP_ID = "aa55136600000000000005";

test("offsets point at the frames, and bytes add up", () => {
  const scan = scanFrames(bytes(`0102${NONCE}aa${CHIP_ID}aa5513`), 11);
  expect([...scan.offsets]).toEqual([2, 14]);
  expect(scan.discardedBytes).toBe(3);
  expect(scan.pendingBytes).toBe(3);
  expect(scan.frames.length).toBe(2 * FRAME_STRIDE);
});

test("a nonce whose payload holds a preamble is still one frame", () => {
  const stream = bytes("aa55aa55aa550000000080");
  // The last byte's CRC is made to fit: five bits, so one of 32 does.
  const fitting = Array.from({ length: 32 }, (_, crc) => Uint8Array.of(...stream.subarray(0, 10), 0x80 | crc)).filter(
    (frame) => scanFrames(frame, 11).offsets.length === 1,
  );
  expect(fitting).toHaveLength(1);
  expect(scanFrames(fitting[0] as Uint8Array, 11).discardedBytes).toBe(0);
});

test("whatever the bytes, frames, discarded and pending bytes are all of them", () => {
  const noise = fc.array(fc.oneof(fc.constantFrom(0xaa, 0x55), fc.integer({ min: 0, max: 255 })), { maxLength: 300 });
  const lengths = fc.constantFrom<ResponseLength>(7, 9, 11, "either");
  fc.assert(
    fc.property(noise, lengths, (stream, length) => {
      const { frames, offsets, discardedBytes, pendingBytes } = scanFrames(Uint8Array.from(stream), length);
      const framed = Array.from(offsets, (_, i) => frames[i * FRAME_STRIDE] as number).reduce((sum, n) => sum + n, 0);
      expect(framed + discardedBytes + pendingBytes).toBe(stream.length);
      expect(pendingBytes).toBeLessThan(11);
    }),
  );
});

describe.skipIf(!existsSync(VECTORS))("vectors of bm1366.json (skipped where the specification is absent)", () => {
  const vectors = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, "utf8")).vectors as Vector[]) : [];
  const responses = vectors.filter(({ direction, name }) => direction === "chip->host" && name !== "resync_stream_issue268");

  test("there are responses of both lengths, good and bad", () => {
    expect(new Set(responses.map(({ bytes }) => bytes.length / 2))).toEqual(new Set([9, 11]));
    expect(new Set(responses.map(({ decoded }) => decoded.crc_ok ?? true))).toEqual(new Set([true, false]));
  });

  test.each(responses)("$name is found exactly when its checksum holds", ({ bytes: hex, decoded }) => {
    const expected = (decoded.crc_ok ?? true) ? [hex] : [];
    expect(framesIn(bytes(hex), (hex.length / 2) as ResponseLength)).toEqual(expected);
    expect(framesIn(bytes(hex), "either")).toEqual(expected);
  });

  test("the real misaligned stream of issue 268 yields its two frames and keeps the third's beginning", () => {
    const stream = bytes(vectors.find(({ name }) => name === "resync_stream_issue268")?.bytes as string);
    expect(framesIn(stream, 11)).toEqual(["aa556c0075ca00460cd686", "aa559201d266020c28209d"]);
    expect(scanFrames(stream, 11)).toMatchObject({ discardedBytes: 6, pendingBytes: 5 });
  });
});

describe.skipIf(!existsSync(BARE_VECTORS))("vectors of bm1387.json (skipped where the specification is absent)", () => {
  const vectors = existsSync(BARE_VECTORS) ? (JSON.parse(readFileSync(BARE_VECTORS, "utf8")).vectors as BareVector[]) : [];
  // The others are nonces without the frame around them.
  const replies = vectors.filter(({ direction, crc }) => direction === "chain->host" && crc !== undefined);
  const isBad = ({ crc }: BareVector) => crc === "crc5-bad";
  const good = replies.filter((reply) => !isBad(reply));

  test("there are replies of both kinds, good and bad", () => {
    expect(new Set(replies.map(({ bytes }) => bytes.length / 2))).toEqual(new Set([7]));
    expect(new Set(good.map(({ decoded }) => decoded.kind))).toEqual(new Set(["register_response", "nonce_response"]));
    expect(replies.length).toBeGreaterThan(good.length);
  });

  test.each(replies)("$name is found exactly when its checksum holds", (reply) => {
    expect(framesIn(bytes(reply.bytes), 7)).toEqual(isBad(reply) ? [] : [reply.bytes]);
  });

  test("all good replies in one stream, as a broadcast read of a chain gives them", () => {
    const stream = bytes(good.map((reply) => reply.bytes).join(""));
    expect(framesIn(stream, 7)).toEqual(good.map((reply) => reply.bytes));
    expect(scanFrames(stream, 7)).toMatchObject({ discardedBytes: 0, pendingBytes: 0 });
  });
});
