import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateNonces, NONCE_COLUMN_NAMES, type NonceBatch } from "../../common/nonce-batch.ts";
import { type ColumnCoder, nativeCoder } from "../store/column-coder.ts";
import { decodeColumns, encodeColumns } from "../store/columns.ts";
import { nonceBatch } from "../store/nonce-arbitrary.test-support.ts";
import { portableCoder } from "../store/portable-coder.ts";
import { loadAddon, type TelemetryAddon } from "./addon.ts";

// Everything else runs without the addon; its own test must not pass because it is missing.
const addon = loadAddon() as TelemetryAddon;
const native = nativeCoder() as ColumnCoder;

/** Steady streams with strays, long enough for patches and for the sample of rows; residuals on grids, with NaN, or as they come. */
const streams = fc
  .record({
    length: fc.integer({ min: 500, max: 1500 }),
    seed: fc.nat(),
    chips: fc.constantFrom(1, 2, 6, 63, 200, 256, 300),
    layout: fc.constantFrom("bm1366", "bm1387", "none"),
    strays: fc.constantFrom(0, 3, 40, 90),
    residualStep: fc.constantFrom(0, 1, 2 ** -33, 1000 / 650),
  })
  .map(({ length, seed, chips, layout, strays, residualStep }): NonceBatch => {
    const batch = allocateNonces(length);
    let state = seed >>> 0;
    const below = (limit: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const divisor = Math.max(1, Math.floor(256 / chips));
    for (let i = 0; i < length; i++) {
      const nonce = below(2 ** 32);
      const be = Buffer.from(Uint32Array.of(nonce).buffer).readUInt32BE();
      const stray = below(1000) < strays;
      batch.nonce[i] = nonce;
      batch.tNs[i] = 3_600_000_000_000n + BigInt(i * 30_000 + below(stray ? 2 ** 31 : 50_000));
      batch.sigmaNs[i] = 1500 + below(stray ? 2 ** 30 : 400);
      const address = layout === "bm1366" ? (be >>> 17) & 0xff : be >>> 24;
      batch.chip[i] = stray || layout === "none" ? below(chips) : Math.min(Math.floor(address / divisor), chips - 1);
      batch.core[i] = stray || layout === "none" ? below(0x10000) : layout === "bm1366" ? be >>> 25 : be & 0x7f;
      batch.versionBits[i] = below(16) << 13;
      batch.jobSeq[i] = Math.floor(i / 9) - (stray ? below(5) : 0);
      batch.status[i] = stray ? below(5) : 0;
      batch.difficultyLog2[i] = below(100) / 7;
      const observed = below(1_000_000) - 500_000;
      batch.residualNs[i] = stray ? Number.NaN : residualStep === 0 ? Math.sin(observed) : observed * residualStep;
    }
    return batch;
  });

/** Every column byte for byte: toEqual would let one NaN pass for another. */
function bytesOf(batch: NonceBatch) {
  return NONCE_COLUMN_NAMES.map((name) => Buffer.from(batch[name].buffer, batch[name].byteOffset, batch[name].byteLength).toString("hex"));
}

describe("native coding of columns", () => {
  test("writes the same bytes as the TypeScript, and each reads what the other wrote", () => {
    fc.assert(
      fc.property(fc.oneof(nonceBatch(), nonceBatch({ residualNs: fc.oneof(fc.constant(Number.NaN), fc.integer()) }), streams), (batch) => {
        const written = encodeColumns(batch, native);
        expect(Buffer.compare(written, encodeColumns(batch, portableCoder))).toBe(0);
        expect(bytesOf(decodeColumns(written, native))).toEqual(bytesOf(batch));
        expect(bytesOf(decodeColumns(written, portableCoder))).toEqual(bytesOf(batch));
      }),
      { numRuns: 300 },
    );
  });

  test("takes damaged words for what the TypeScript takes them", () => {
    const damage = fc.array(fc.record({ at: fc.nat(0xffff), bits: fc.nat(0xffff_ffff) }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(nonceBatch({}, 12), damage, fc.nat(3), (batch, flips, cut) => {
        const blob = encodeColumns(batch, native);
        const words = new Uint32Array(blob.buffer).slice(2, -1 - cut);
        for (const { at, bits } of flips) words[at % words.length] = (words[at % words.length] as number) ^ bits;
        const taken = [native, portableCoder].map((coder) => {
          const into = allocateNonces(batch.length);
          return coder.read(words, into) ? bytesOf(into) : null;
        });
        expect(taken[0]).toEqual(taken[1]);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(NONCE_COLUMN_NAMES)("a %s that is missing, too short, of another type or detached is a TypeError, not a crash", (name) => {
    const detached = allocateNonces(4)[name];
    structuredClone(detached, { transfer: [detached.buffer as ArrayBuffer] });
    for (const wrong of [
      undefined,
      null,
      5,
      [1, 2, 3, 4],
      allocateNonces(3)[name],
      new Int8Array(4),
      new DataView(new ArrayBuffer(32)),
      detached,
    ]) {
      const batch = { ...allocateNonces(4), [name]: wrong } as NonceBatch;
      expect(() => addon.writeColumns(batch, new Uint32Array(200), new Uint32Array(8))).toThrow(TypeError);
      expect(() => addon.readColumns(new Uint32Array(200), batch, new Uint32Array(8))).toThrow(TypeError);
    }
  });

  test("room too small for the rows is a TypeError before anything is written", () => {
    const batch = allocateNonces(100);
    const room = new Uint32Array(13 + 2 * 2 * 102 + 2 * 104 + 6 * 102);
    expect(addon.writeColumns(batch, room, new Uint32Array(200))).toBeGreaterThan(0);
    expect(() => addon.writeColumns(batch, room.subarray(1), new Uint32Array(200))).toThrow(TypeError);
    expect(() => addon.writeColumns(batch, room, new Uint32Array(199))).toThrow(TypeError);
    expect(() => addon.writeColumns(batch, new Float64Array(2000) as never, new Uint32Array(200))).toThrow(TypeError);
    expect(() => addon.readColumns(new Uint32Array(0), batch, new Uint32Array(200))).toThrow(TypeError);
    expect(() => addon.readColumns(room, batch, new Uint32Array(199))).toThrow(TypeError);
  });

  test.each([0, -1, 1.5, Number.NaN, 65_537, "4", null])("a batch of %s rows is a TypeError", (length) => {
    const batch = { ...allocateNonces(4), length } as NonceBatch;
    expect(() => addon.writeColumns(batch, new Uint32Array(200), new Uint32Array(8))).toThrow(TypeError);
    expect(() => addon.readColumns(new Uint32Array(200), batch, new Uint32Array(8))).toThrow(TypeError);
  });

  test("a getter that throws is heard; one that takes another column's memory away does not crash", () => {
    const throwing = Object.defineProperty({ ...allocateNonces(4) }, "status", {
      get: () => {
        throw new RangeError("no status");
      },
    });
    expect(() => addon.writeColumns(throwing, new Uint32Array(200), new Uint32Array(8))).toThrow("no status");
    const batch = allocateNonces(4);
    const { residualNs } = batch;
    const moving = Object.defineProperty({ ...batch }, "residualNs", {
      get: () => {
        structuredClone(batch.tNs, { transfer: [batch.tNs.buffer as ArrayBuffer] });
        return residualNs;
      },
    });
    expect(() => addon.writeColumns(moving, new Uint32Array(200), new Uint32Array(8))).toThrow("tNs");
  });
});
