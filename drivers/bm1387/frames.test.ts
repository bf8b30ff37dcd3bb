import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { crc5, crc16 } from "../bm13xx/crc.ts";
import type { Command } from "../bm13xx/frames.ts";
import { decodeHostFrame, encodeCommand } from "./frames.ts";
import { encodeJob, jobBytes, MIDSTATE_COUNTS, type Work, workOf } from "./job.ts";
import { decodeResponse } from "./response.ts";
import { nonceResponse, registerResponse, sealResponse } from "./testing/responses.ts";

const byte = fc.integer({ min: 0, max: 0xff });
const to = fc.option(byte, { nil: null });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant("set-address" as const), address: byte }),
  fc.record({ kind: fc.constant("read" as const), address: to, register: byte }),
  fc.record({ kind: fc.constant("write" as const), address: to, register: byte, value: word }),
  fc.constant({ kind: "chain-inactive" as const }),
);
const work: fc.Arbitrary<Work> = fc.constantFrom(...MIDSTATE_COUNTS).chain((n) =>
  fc.record({
    wireId: fc.integer({ min: 0, max: 127 }),
    startNonce: word,
    nbits: word,
    ntime: word,
    merkleTail: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    midstates: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: n, maxLength: n }),
  }),
);
const resealed = (bytes: Uint8Array) => {
  const out = bytes.slice();
  if (out[0] === 0x21) new DataView(out.buffer).setUint16(out.length - 2, crc16(out.subarray(0, -2)));
  else out[out.length - 1] = crc5(out.subarray(0, -1));
  return out;
};

test.each([
  ["54050000", "19", { kind: "read", address: null, register: 0 }],
  ["55050000", "10", { kind: "chain-inactive" }],
  ["41050400", "0a", { kind: "set-address", address: 4 }],
  ["4809000c00680221", "02", { kind: "write", address: 0, register: 0x0c, value: 0x0068_0221 }],
  ["5809001c40209a80", "00", { kind: "write", address: null, register: 0x1c, value: 0x4020_9a80 }],
] as const)("the worked example %s has the checksum %s", (hex, crc, meant) => {
  expect(toHex(encodeCommand(meant))).toBe(hex + crc);
});

test("any command survives its way over the wire", () => {
  fc.assert(fc.property(command, (sent) => void expect(decodeHostFrame(encodeCommand(sent))).toEqual(sent)));
});

test("any work survives its way over the wire", () => {
  fc.assert(fc.property(work, (sent) => void expect(decodeHostFrame(encodeJob(sent))).toEqual({ kind: "job", work: sent })));
});

test("any register value or nonce survives its way over the wire", () => {
  fc.assert(fc.property(word, (value) => void expect(decodeResponse(registerResponse(value))).toEqual({ kind: "register", value })));
  const counter = fc.integer({ min: 0, max: 2 ** 25 - 1 });
  const seven = fc.integer({ min: 0, max: 127 });
  fc.assert(
    fc.property(counter, seven, seven, byte, (at, core, id, solution) => {
      const decoded = decodeResponse(nonceResponse(at, core, id, solution));
      expect(decoded).toMatchObject({ kind: "nonce", nonceBe: at * 128 + core, id, solution });
    }),
  );
});

test("any one flipped bit is noticed, in commands, jobs and answers", () => {
  const flips = (bytes: Uint8Array, decode: (bytes: Uint8Array) => object) => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      expect(decode(damaged)).toHaveProperty("refused");
    }
  };
  flips(encodeCommand({ kind: "write", address: 0xf4, register: 0x20, value: 0x0198_0000 }), decodeHostFrame);
  flips(encodeCommand({ kind: "set-address", address: 4 }), decodeHostFrame);
  flips(fromHex("13879004000010") ?? expect.fail(), decodeResponse);
  flips(fromHex("20aad8e03f4990") ?? expect.fail(), decodeResponse);
});

describe("refused although the checksum holds:", () => {
  const refusal = (hex: string, decode: (bytes: Uint8Array) => object) => decode(resealed(fromHex(`${hex}00`) ?? expect.fail()));
  test.each([
    ["a header byte no host sends", "42050000", { refused: "type" }],
    ["a write in five bytes", "48050000", { refused: "length" }],
    ["a read in nine bytes", "4409000c00680221", { refused: "length" }],
    ["a broadcast with an address", "54050400", { refused: "reserved" }],
    ["set-address with a register", "41050401", { refused: "reserved" }],
    ["chain-inactive with a register", "55050001", { refused: "reserved" }],
  ])("%s", (_, hex, expected) => {
    expect(refusal(hex, decodeHostFrame)).toEqual(expected);
  });

  test("a length byte that is not the length", () => {
    expect(decodeHostFrame(Uint8Array.of(0x54, 9, 0, 0, 0x19))).toEqual({ refused: "length" });
    expect(decodeHostFrame(new Uint8Array())).toEqual({ refused: "length" });
  });

  test("a job with three midstates, with fewer than it says, or with bit 7 in its id", () => {
    const sent = encodeJob({
      wireId: 0,
      startNonce: 0,
      nbits: 0,
      ntime: 0,
      merkleTail: new Uint8Array(4),
      midstates: [new Uint8Array(32)],
    });
    const changed = (at: number, value: number) => {
      const out = sent.slice();
      out[at] = value;
      return decodeHostFrame(resealed(out));
    };
    expect(changed(3, 3)).toEqual({ refused: "length" });
    expect(changed(3, 2)).toEqual({ refused: "length" });
    expect(changed(2, 0x80)).toEqual({ refused: "reserved" });
  });

  test("an answer with bits set that are always zero", () => {
    expect(decodeResponse(sealResponse([1, 2, 3, 4, 0, 1], 0))).toEqual({ refused: "reserved" });
    expect(decodeResponse(sealResponse([1, 2, 3, 4, 0, 0], 1))).toEqual({ refused: "reserved" });
    expect(decodeResponse(sealResponse([1, 2, 3, 4, 0, 0], 6))).toEqual({ refused: "reserved" });
    expect(decodeResponse(sealResponse([1, 2, 3, 4, 0, 0x80], 4))).toEqual({ refused: "reserved" });
    expect(decodeResponse(new Uint8Array(9))).toEqual({ refused: "length" });
  });
});

test("what does not fit is refused before it is sent", () => {
  const good: Work = { wireId: 0, startNonce: 0, nbits: 0, ntime: 0, merkleTail: new Uint8Array(4), midstates: [new Uint8Array(32)] };
  const fields = { version: 0, prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32), ntime: 0, nbits: 0 };
  for (const attempt of [
    () => encodeCommand({ kind: "set-address", address: 256 }),
    () => encodeCommand({ kind: "read", address: 0, register: -1 }),
    () => encodeCommand({ kind: "write", address: 0, register: 0, value: 2 ** 32 }),
    () => encodeJob({ ...good, wireId: 128 }),
    () => encodeJob({ ...good, midstates: Array(3).fill(new Uint8Array(32)) }),
    () => encodeJob({ ...good, midstates: [new Uint8Array(31)] }),
    () => encodeJob({ ...good, merkleTail: new Uint8Array(3) }),
    () => workOf(0, { ...fields, merkleRoot: new Uint8Array(31) }, [0]),
  ]) {
    expect(attempt).toThrow(DriverError);
  }
  expect([1, 2, 4].map(jobBytes)).toEqual([54, 86, 150]);
});
