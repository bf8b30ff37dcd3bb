import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CORES, coreNumber, decodeNonce } from "./nonce.ts";
import { expectedHashRateGhs, expectedNoncesPerSecond } from "./rate.ts";
import { idealOffsetNs, placeNonce, sliceCounts, workPeriodNs } from "./sweep-model.ts";

const all = (mhz: number, chips = 63) => Array<number>(chips).fill(mhz);

test.each([
  [200, 1.436, 2359, 9437, 334.4],
  [300, 2.155, 1573, 6292, 501.7],
  [500, 3.591, 943.7, 3775, 836.1],
  [650, 4.668, 725.9, 2904, 1086.9],
  [700, 5.027, 674.1, 2696, 1170.5],
])("%i MHz: rate, period and nonces as in the table", (mhz, ths, one, four, nonces) => {
  expect(expectedHashRateGhs(all(mhz)) / 1000).toBeCloseTo(ths, 3);
  expect(workPeriodNs({ frequenciesMhz: all(mhz), midstates: 1 }) / 1000 / one).toBeCloseTo(1, 3);
  expect(workPeriodNs({ frequenciesMhz: all(mhz), midstates: 4 }) / 1000 / four).toBeCloseTo(1, 3);
  expect(expectedNoncesPerSecond(all(mhz), 1)).toBeCloseTo(nonces, 0);
  expect(expectedNoncesPerSecond(all(mhz), 64)).toBeCloseTo(nonces / 64, 0);
});

test("the fastest chip sets the period, and few chips have longer slices", () => {
  expect(workPeriodNs({ frequenciesMhz: [600, 700, 650, ...all(500, 60)], midstates: 1 }) / 1000).toBeCloseTo(674.1, 1);
  expect([63, 64, 2, 1].map(sliceCounts)).toEqual([2 ** 19, 2 ** 19, 2 ** 24, 2 ** 25]);
});

test.each([
  [0x20aad8e0, 8, 0.538],
  [0x3dfa2a76, 15, 1.595],
  [0xc4d29768, 49, 0.664],
])("the nonce %d of the block's job is found by chip %i after %d ms", (nonceBe, chip, ms) => {
  const origin = decodeNonce({ nonceBe }, 63);
  expect(origin.slice).toBe(chip);
  expect(idealOffsetNs(origin.counter, chip, { frequenciesMhz: all(650), midstates: 4 }) / 1e6).toBeCloseTo(ms, 3);
});

test("cores are 0..56 and 64..120, numbered 0..113", () => {
  const numbers = Array.from({ length: 128 }, (_, core) => coreNumber(core));
  expect(numbers.filter((number) => number !== null)).toEqual(Array.from({ length: CORES }, (_, at) => at));
  expect(numbers.flatMap((number, core) => (number === null ? [core] : []))).toEqual([
    57, 58, 59, 60, 61, 62, 63, 121, 122, 123, 124, 125, 126, 127,
  ]);
});

describe("any chain with any clocks", () => {
  const chain = fc.record({ chips: fc.integer({ min: 1, max: 64 }), midstates: fc.constantFrom(1, 2, 4) }).chain(({ chips, midstates }) =>
    fc.record({
      midstates: fc.constant(midstates),
      frequenciesMhz: fc.array(fc.integer({ min: 100, max: 1175 }), { minLength: chips, maxLength: chips }),
      chip: fc.integer({ min: 0, max: chips - 1 }),
      share: fc.double({ min: 0, max: 0.999, noNaN: true }),
      lateNs: fc.integer({ min: 0, max: 50_000_000 }),
    }),
  );

  test("a nonce found in time is its chip's, however late it is told", () => {
    fc.assert(
      fc.property(chain, ({ midstates, frequenciesMhz, chip, share, lateNs }) => {
        const sweep = { frequenciesMhz, midstates };
        const lastsNs = workPeriodNs(sweep);
        const counts = Math.floor(((share * lastsNs) / 1000 / midstates) * (frequenciesMhz[chip] as number));
        const counter = (chip * sliceCounts(frequenciesMhz.length) + counts) % 2 ** 25;
        const origin = decodeNonce({ nonceBe: counter * 128 }, frequenciesMhz.length);
        const idealNs = idealOffsetNs(counter, chip, sweep);
        const placed = placeNonce(origin, idealNs + lateNs, lastsNs, sweep);
        expect(placed).toEqual({ chip, idealNs });
      }),
    );
  });
});
