import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../common/errors.ts";
import { allocateNonces, concatNonces, NONCE_COLUMN_NAMES, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import { MAX_CHUNK_ROWS } from "./chunk.ts";
import { type ColumnCoder, nativeCoder } from "./column-coder.ts";
import { decodeColumns as decodeWith, encodeColumns as encodeWith } from "./columns.ts";
import { encodeColumnsV1 } from "./columns-v1.test-support.ts";
import { nonceBatch } from "./nonce-arbitrary.test-support.ts";
import { portableCoder } from "./portable-coder.ts";
import { readFloats, writeFloats } from "./wide-lanes.ts";

/** Without the addon (its own tests tell) only the one there is. */
const coders = Object.entries({ TypeScript: portableCoder, native: nativeCoder() }).filter(
  (pair): pair is [string, ColumnCoder] => pair[1] !== null,
);

/** Every column byte for byte: toEqual would let one NaN pass for another. */
function bytesOf(batch: NonceBatch) {
  return NONCE_COLUMN_NAMES.map((name) => Buffer.from(batch[name].buffer, batch[name].byteOffset, batch[name].byteLength).toString("hex"));
}

describe.each(coders)("column codec, %s", (_, coder) => {
  const encodeColumns = (batch: NonceBatch) => encodeWith(batch, coder);
  const decodeColumns = (blob: Uint8Array) => decodeWith(blob, coder);

  test("decode(encode(batch)) is the batch, bit for bit, extreme values and NaN included", () => {
    fc.assert(
      fc.property(nonceBatch(), (batch) => {
        const decoded = decodeColumns(encodeColumns(batch));
        expect(decoded.length).toBe(batch.length);
        expect(bytesOf(decoded)).toEqual(bytesOf(batch));
      }),
    );
  });

  test("keeps the payload bits of a NaN", () => {
    const batch = allocateNonces(2);
    new BigUint64Array(batch.residualNs.buffer).set([0x7ff8_0000_dead_beefn, 0xfff0_0000_0000_0001n]);
    expect(bytesOf(decodeColumns(encodeColumns(batch)))).toEqual(bytesOf(batch));
  });

  test("an empty batch and a batch that is a view into a larger one survive", () => {
    expect(decodeColumns(encodeColumns(allocateNonces(0))).length).toBe(0);
    const larger = concatNonces(fc.sample(nonceBatch({}, 20), { numRuns: 3, seed: 1 }));
    const view = sliceNonces(larger, 7, 31);
    expect(bytesOf(decodeColumns(encodeColumns(view)))).toEqual(bytesOf(view));
  });

  test("any damaged byte and any cut is refused with CHUNK_CORRUPT", () => {
    const [batch] = fc.sample(nonceBatch({}, 12), { numRuns: 1, seed: 2 });
    const blob = encodeColumns(batch as NonceBatch);
    const refused = (bytes: Uint8Array) => expect(() => decodeColumns(bytes)).toThrow(expect.objectContaining({ code: "CHUNK_CORRUPT" }));
    for (let at = 0; at < blob.length; at++) refused(blob.map((byte, i) => (i === at ? byte ^ 0x10 : byte)));
    for (let length = 0; length < blob.length; length++) refused(blob.subarray(0, length));
  });

  test("garbage ends in StoreError, never in another exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const version of [1, 2]) {
          bytes[0] = version;
          expect(() => decodeColumns(bytes)).toThrow(StoreError);
        }
      }),
    );
  });

  test("a steady stream of verified nonces takes fewer bytes than its plain columns", () => {
    const [random] = fc.sample(nonceBatch({ residualNs: fc.double({ min: -1e4, max: 1e4 }) }, 4096), { numRuns: 1, seed: 3 });
    const batch = random as NonceBatch;
    batch.tNs.forEach((_, i) => {
      batch.tNs[i] = 5_000_000_000n + BigInt(i) * 300_000n + BigInt(batch.nonce[i] as number) / 100_000n;
      batch.sigmaNs[i] = 2000;
      batch.chip[i] = 0;
      batch.core[i] = (batch.core[i] as number) % 112;
      batch.jobSeq[i] = Math.floor(i / 9);
    });
    const plain = NONCE_COLUMN_NAMES.reduce((sum, name) => sum + batch[name].byteLength, 0);
    expect(encodeColumns(batch).length).toBeLessThan(0.7 * plain);
  });

  test("chunks of version 1 are read as they were written", () => {
    fc.assert(
      fc.property(nonceBatch(), (batch) => {
        expect(bytesOf(decodeColumns(encodeColumnsV1(batch)))).toEqual(bytesOf(batch));
      }),
    );
  });

  test.each([
    ["BM1387", 63, (be: number) => ({ core: be & 0x7f, chip: Math.min((be >>> 24) >> 2, 62) })],
    ["BM1366 on a chain of six", 6, (be: number) => ({ core: be >>> 25, chip: Math.min(Math.floor(((be >>> 17) & 0xff) / 42), 5) })],
  ])("chip and core of a %s cost nothing, since the nonce says them; those it does not say are kept", (_, chips, origin) => {
    const [batch] = fc.sample(nonceBatch({}, 4096), { numRuns: 1, seed: 4 }) as [NonceBatch];
    for (let i = 0; i < batch.length; i++) {
      const { core, chip } = origin(Buffer.from(new Uint32Array([batch.nonce[i] as number]).buffer).readUInt32BE());
      batch.core[i] = core;
      batch.chip[i] = i % 500 === 7 ? (chip + 1) % chips : chip;
    }
    const encoded = encodeColumns(batch);
    expect(bytesOf(decodeColumns(encoded))).toEqual(bytesOf(batch));
    const alone = { ...batch, chip: new Uint16Array(4096), core: new Uint16Array(4096) };
    expect(encoded.length - encodeColumns(alone).length).toBeLessThan(128);
  });

  test("residuals that are differences of larger numbers take no more than the step between those", () => {
    const batch = allocateNonces(4096);
    for (let i = 0; i < 4096; i++) {
      const idealNs = 1e6 + ((i * 7919) % 4096) * (1000 / 650);
      batch.residualNs[i] = i % 100 === 5 ? Number.NaN : Math.round(idealNs + 20_000 + (i % 1000)) - idealNs;
    }
    const encoded = encodeColumns(batch);
    expect(bytesOf(decodeColumns(encoded))).toEqual(bytesOf(batch));
    // Doubles just above 1e6 are 2^-33 apart: 1000 ns in such steps are 43 bits.
    expect(encoded.length).toBeLessThan((4096 * 44) / 8);
  });

  test("more rows than a chunk may hold is refused before anything is written", () => {
    expect(() => encodeColumns(allocateNonces(MAX_CHUNK_ROWS + 1))).toThrow(RangeError);
  });
});

describe("floats on a grid", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "a grid that begins at %s, or has that for its NaN, is refused",
    (odd) => {
      const oddWords = new Uint32Array(Float64Array.of(odd).buffer);
      for (const at of [1, 3]) {
        const words = new Uint32Array(20);
        const end = writeFloats(Float64Array.of(1, 2.5, Number.NaN), words, 0);
        expect(readFloats(words.subarray(0, end), 0, new Float64Array(3))).toBe(end);
        words.set(oddWords, at);
        expect(readFloats(words.subarray(0, end), 0, new Float64Array(3))).toBe(-1);
      }
    },
  );
});
