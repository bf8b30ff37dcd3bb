import { expect, test } from "vitest";
import { allocateNonces, STATUS } from "../../common/nonce-batch.ts";
import { CoreCensus, coreCheckFields, coreCheckMs, suspiciousCount } from "./core-check.ts";

test("the check lasts as long as the slowest chip needs for 24 nonces", () => {
  expect(coreCheckMs([650, 650])).toBeCloseTo(1391, 0);
  expect(coreCheckMs([650, 200])).toBeCloseTo(4521, 0);
});

test("a count is suspicious when chance would give it less than once in a million", () => {
  expect([0.1, 5, 13, 14, 24, 40, 200].map(suspiciousCount)).toEqual([-1, -1, -1, 0, 4, 13, 136]);
});

function census(counts: readonly number[], status: number = STATUS.valid, residualOf: (chip: number, n: number) => number = () => 0) {
  const seen = new CoreCensus({ frequenciesMhz: Array(counts.length).fill(650), midstates: 4 });
  const batch = allocateNonces(counts.reduce((sum, count) => sum + count, 0));
  let row = 0;
  counts.forEach((count, chip) => {
    for (let n = 0; n < count; n++, row++) {
      batch.chip[row] = chip;
      batch.core[row] = n;
      batch.status[row] = status;
      batch.residualNs[row] = residualOf(chip, n);
    }
  });
  seen.add(batch);
  return seen;
}
const clocks = Array<number>(63).fill(650);
const seconds = coreCheckMs(clocks) / 1000;

test("as many nonces as awaited are no fault, nor is a chip with a few bad cores", () => {
  expect(census(Array(63).fill(24)).fault(clocks, seconds)).toBeNull();
  expect(census([12, ...Array<number>(62).fill(24)]).fault(clocks, seconds)).toBeNull();
});

test("a chip that gives none, or a chain that gives too few, is CORES_CLOSED, and says which and how many", () => {
  const one = census([...Array<number>(62).fill(24), 0]).fault(clocks, seconds);
  expect([one?.code, one?.context.chips]).toEqual(["CORES_CLOSED", [62]]);
  const half = census(Array(63).fill(13)).fault(clocks, seconds);
  expect([half?.code, half?.context.chips, half?.context.cores]).toEqual(["CORES_CLOSED", [], 13]);
  expect(half?.context.openShare).toBeCloseTo(0.54, 1);
});

test("what comes a slice late may be the chip's before: it speaks for no chip, and lateness of all is no fault", () => {
  const sliceNs = (4 * 2 ** 19 * 1000) / 650;
  const dead = census(Array(63).fill(24), STATUS.valid, (chip) => (chip === 9 ? sliceNs : 1e5)).fault(clocks, seconds);
  expect([dead?.code, dead?.context.chips]).toEqual(["CORES_CLOSED", [9]]);
  expect(census(Array(63).fill(24), STATUS.valid, (_, n) => (n % 3 === 0 ? sliceNs : 1e5)).fault(clocks, seconds)).toBeNull();
});

test("on works too short for the chip before to have come by, an answer speaks for its chip however late it is", () => {
  const sliceNs = (4 * 2 ** 19 * 1000) / 650;
  const late = (counts: readonly number[], lastsNs: number) => {
    const seen = census(counts, STATUS.valid, () => 20 * sliceNs);
    // All nonces are of work 0.
    seen.sent({ jobSeq: 0, sentNs: 0n });
    seen.sent({ jobSeq: 1, sentNs: BigInt(Math.round(lastsNs)) });
    return seen;
  };
  const counts = [...Array<number>(62).fill(24), 0];
  expect(late(counts, 0.9 * sliceNs).share).toBe(1);
  expect(late(counts, 0.9 * sliceNs).fault(clocks, seconds)?.context.chips).toEqual([62]);
  expect(late(counts, 1.1 * sliceNs).share).toBe(0);
});

test("wrong hashes speak for their cores, frames that may be noise do not", () => {
  expect(census(Array(63).fill(24), STATUS.invalid).fault(clocks, seconds)).toBeNull();
  expect(census(Array(63).fill(24), STATUS.unknownJob).fault(clocks, seconds)?.code).toBe("CORES_CLOSED");
});

test("no two works of a check are the same", () => {
  const roots = Array.from({ length: 300 }, (_, n) => coreCheckFields(n).merkleRoot.join());
  expect(new Set(roots).size).toBe(300);
});
