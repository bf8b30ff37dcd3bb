import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { haveVectors, number, vectors } from "../bm13xx/testing/vectors.ts";
import { batchesPerEpoch, batchNs, idealOffsetNs, residualNs, type Sweep, wireNs } from "./sweep-model.ts";

const full: Sweep = { hashCountingNumber: 0xfffff, frequencyMhz: 550, address: 0, versionMask: 0x1fff_e000 };

describe.skipIf(!haveVectors)("the logged nonces of block 839900", () => {
  test("all lie within 10 ms of the model once the job's start is fitted", () => {
    const logged = vectors.filter((vector) => vector.name.startsWith("block839900_addr00"));
    expect(logged.length).toBeGreaterThan(20);
    const residualsMs = logged.map(({ decoded }) => {
      const offsetNs = idealOffsetNs(number(decoded.nonce_be) & 0x1ff_ffff, number(decoded.version_field), full);
      return number(decoded.log_ms) - (offsetNs ?? Number.NaN) / 1e6;
    });
    const startMs = residualsMs.reduce((sum, value) => sum + value, 0) / residualsMs.length;
    expect(startMs).toBeGreaterThan(1650);
    expect(startMs).toBeLessThan(1730);
    expect(Math.max(...residualsMs.map((value) => Math.abs(value - startMs)))).toBeLessThan(10);
  });
});

test("a batch lasts HCN * 80 ns + 5.4 us, an epoch 8192 batches (specs/bm1366.md 4.7)", () => {
  expect((batchNs(0xfffff) ?? 0) / 1e6).toBeCloseTo(83.891, 3);
  expect(((batchNs(0x151c) ?? 0) * batchesPerEpoch(0x1fff_e000)) / 1e9).toBeCloseTo(3.586, 2);
});

test("the counter starts at the chip's address and wraps at 2^25", () => {
  const sweep = { ...full, address: 0xc0 };
  expect(idealOffsetNs(0xc0 * 2 ** 17, 0, sweep)).toBe(0);
  expect(idealOffsetNs(0, 0, sweep)).toBeCloseTo((0x40 * 2 ** 17 * 1000) / 550, 3);
});

test("small cores share a batch, every eighth version starts a new one", () => {
  expect([0, 7, 8, 15].map((field) => idealOffsetNs(0, field, full))).toEqual([0, 0, batchNs(0xfffff), batchNs(0xfffff)]);
});

test("a narrower version mask counts through the bits it has", () => {
  const sweep = { ...full, versionMask: 0x1e00_0000 };
  expect(batchesPerEpoch(sweep.versionMask)).toBe(2);
  expect(idealOffsetNs(0, 0x8000, sweep)).toBe(batchNs(0xfffff));
  expect(idealOffsetNs(0, 0x0001, sweep)).toBeNull();
});

test("without HASH_COUNTING_NUMBER only the first batch exists; with 0 no nonce does", () => {
  expect(idealOffsetNs(1000, 3, { ...full, hashCountingNumber: null, frequencyMhz: 50 })).toBe(20_000);
  expect(idealOffsetNs(1000, 8, { ...full, hashCountingNumber: null })).toBeNull();
  expect(idealOffsetNs(0, 0, { ...full, hashCountingNumber: 0 })).toBeNull();
});

test("a position the batch is too short for has no ideal time", () => {
  const sweep = { ...full, hashCountingNumber: 0x151c };
  expect(idealOffsetNs(169_443, 0, sweep)).not.toBeNull();
  expect(idealOffsetNs(2 ** 24, 0, sweep)).toBeNull();
  expect(residualNs(1e9, 2 ** 24, 0, sweep)).toBeNaN();
});

test("the residual is what was observed beyond the ideal, in whichever epoch", () => {
  const sweep = { ...full, hashCountingNumber: 0x151c };
  const epochNs = (batchNs(0x151c) ?? 0) * 8192;
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(0xffff), fc.nat(3), fc.integer({ min: -1e8, max: 1e8 }), (counter, field, epoch, lateNs) => {
      const idealNs = idealOffsetNs(counter, field, sweep) ?? Number.NaN;
      expect(residualNs(idealNs + epoch * epochNs + lateNs, counter, field, sweep)).toBeCloseTo(lateNs, 3);
    }),
  );
});

test("wire times of specs/bm1366.md 4.8", () => {
  expect(wireNs(88, 1_041_667) / 1e6).toBeCloseTo(0.845, 3);
  expect(wireNs(11, 115_740) / 1e6).toBeCloseTo(0.95, 3);
});
