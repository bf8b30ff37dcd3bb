import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ORIGINS } from "../common/origin.ts";
import { decodeNonceFrame, encodeNonceFrame } from "./nonce-frame.ts";
import { nonceBatch } from "./store/nonce-arbitrary.test-support.ts";

const head = fc.record({
  origin: fc.constantFrom(...ORIGINS),
  batch: fc.nat(0xffff_ffff),
  runId: fc.option(fc.nat(0xffff_fffe)),
});

describe("nonce frame", () => {
  test("decode(encode(batch)) gives back head, times to a nanosecond in 104 days, and every viewer column", () => {
    const nearInTime = nonceBatch({ tNs: fc.bigInt(10n ** 15n, 10n ** 15n + 9n * 10n ** 15n) });
    fc.assert(
      fc.property(nearInTime, head, (batch, head) => {
        const frame = decodeNonceFrame(encodeNonceFrame(batch, head));
        expect(frame).toMatchObject(head);
        expect(frame?.length).toBe(batch.length);
        expect(frame?.chip).toEqual(batch.chip);
        expect(frame?.core).toEqual(batch.core);
        expect(frame?.status).toEqual(batch.status);
        expect(frame?.difficultyLog2).toEqual(batch.difficultyLog2);
        expect(frame?.residualNs).toEqual(Float32Array.from(batch.residualNs));
        frame?.tMs.forEach((tMs, i) => {
          expect(Math.abs(Number((batch.tNs[i] as bigint) - frame.baseNs) - tMs * 1e6)).toBeLessThanOrEqual(2);
        });
      }),
    );
  });

  test("stands in a larger buffer at any offset, as a WebSocket library may hand it over", () => {
    fc.assert(
      fc.property(nonceBatch(), fc.nat(9), (batch, offset) => {
        const frame = encodeNonceFrame(batch, { origin: "twin", batch: 7, runId: null });
        const larger = new Uint8Array(frame.length + offset + 3);
        larger.set(frame, offset);
        expect(decodeNonceFrame(larger.subarray(offset, offset + frame.length))).toEqual(decodeNonceFrame(frame.slice().buffer));
      }),
    );
  });

  test("garbage decodes to null and never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeNonceFrame(bytes) === null));
  });

  test("a frame cut short, lengthened, of another version or an unknown origin is refused", () => {
    const one = fc.sample(nonceBatch({}, 1), 1)[0];
    if (one === undefined) expect.fail("no sample");
    const frame = encodeNonceFrame(one, { origin: "hardware", batch: 0, runId: 1 });
    expect(decodeNonceFrame(frame)).not.toBeNull();
    for (let length = 0; length < frame.length; length++) expect(decodeNonceFrame(frame.subarray(0, length))).toBeNull();
    expect(decodeNonceFrame(Uint8Array.from([...frame, 0]))).toBeNull();
    const withByte = (at: number, value: number) => decodeNonceFrame(frame.map((byte, i) => (i === at ? value : byte)));
    expect(withByte(2, 2)).toBeNull();
    expect(withByte(3, 3)).toBeNull();
    expect(withByte(7, 0xff)).toBeNull();
  });
});
