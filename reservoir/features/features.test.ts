import { describe, expect, it } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { masked, maskOf } from "./mask.ts";
import { analog, counts, delayed, goldenHits, perChip, perCoreGroup, rate, residualSums, virtualNodes } from "./nonce-features.ts";
import { type StepWindow, together } from "./window.ts";

interface Row {
  tMs: number;
  chip?: number;
  core?: number;
  nonce?: number;
  versionBits?: number;
  residualNs?: number;
  status?: number;
}
function nonces(...list: Row[]): NonceBatch {
  const batch = allocateNonces(list.length);
  list.forEach((row, i) => {
    batch.tNs[i] = BigInt(row.tMs * 1e6);
    batch.chip[i] = row.chip ?? 0;
    batch.core[i] = row.core ?? 0;
    batch.nonce[i] = row.nonce ?? i;
    batch.versionBits[i] = row.versionBits ?? 0;
    batch.residualNs[i] = row.residualNs ?? 0;
    batch.status[i] = row.status ?? STATUS.valid;
  });
  return batch;
}
const window = (...list: Row[]): StepWindow => ({
  fromNs: 0n,
  toNs: 100_000_000n,
  nonces: nonces(...list),
  analog: { "chip temperature (C)": 55.5, fan: null },
});

describe("features of a step", () => {
  it("count valid and invalid nonces, and nothing else", () => {
    const step = window({ tMs: 1 }, { tMs: 2, status: STATUS.invalid }, { tMs: 3, status: STATUS.duplicate }, { tMs: 4 });
    expect([...counts().of(step)]).toEqual([2, 1]);
    expect([...rate().of(step)]).toEqual([20]);
    expect([...counts().of(window())]).toEqual([0, 0]);
  });

  it("sum the residuals that are known, in microseconds", () => {
    const step = window({ tMs: 1, residualNs: 2000 }, { tMs: 2, residualNs: -3000 }, { tMs: 3, residualNs: Number.NaN });
    expect([...residualSums(3).of(step)]).toEqual([-1, 13, -19]);
  });

  it("map chips, cores and parts of the step", () => {
    const step = window(
      { tMs: 10, chip: 2, core: 0 },
      { tMs: 49.9, chip: 2, core: 111 },
      { tMs: 50, chip: 0, core: 56 },
      { tMs: 99, chip: 9 },
    );
    expect([...perChip(3).of(step)]).toEqual([1, 0, 2]);
    expect([...perCoreGroup(111, 2).of(step)]).toEqual([2, 2]);
    expect([...virtualNodes(4).of(step)]).toEqual([1, 1, 1, 1]);
  });

  it("what came after its end belongs to no part", () => {
    expect([...virtualNodes(2).of(window({ tMs: 100 }, { tMs: 20 }))]).toEqual([1, 0]);
  });

  it("mark which golden nonces were hit: the nonce and its version together", () => {
    const set = [
      { nonce: 7, versionBits: 0 },
      { nonce: 7, versionBits: 8192 },
      { nonce: 9, versionBits: 0 },
    ];
    const step = window({ tMs: 1, nonce: 7, versionBits: 8192 }, { tMs: 2, nonce: 9, status: STATUS.invalid });
    expect([...goldenHits(set).of(step)]).toEqual([0, 1, 0]);
    expect(() => goldenHits([...set, { nonce: 7, versionBits: 0 }])).toThrow(/twice/);
  });

  it("leave an unknown sensor unknown", () => {
    expect([...analog(["chip temperature (C)", "fan", "no such sensor"]).of(window())]).toEqual([55.5, Number.NaN, Number.NaN]);
  });

  it("of the past are declared as the host's memory", () => {
    const past = delayed(counts(), 2);
    expect(past.hostMemory).toBe(2);
    expect(past.names.length).toBe(6);
    past.of(window({ tMs: 1 }));
    past.of(window({ tMs: 1 }, { tMs: 2 }));
    expect([...past.of(window())]).toEqual([0, 0, 2, 0, 1, 0]);
    expect(together(counts(), past).hostMemory).toBe(2);
    expect(together(counts(), rate()).hostMemory).toBe(0);
    expect(together(counts(), rate()).names).toEqual(["nonces valid", "nonces invalid", "nonces valid (1/s)"]);
    expect([...delayed(rate(), 0).of(window({ tMs: 1 }))]).toEqual([10]);
  });

  it("a mask has both signs, the same for the same seed", () => {
    const mask = maskOf(64, 3);
    expect(new Set(mask)).toEqual(new Set([-1, 1]));
    expect(maskOf(64, 3)).toEqual(mask);
    expect([...masked(0.5, Float64Array.of(1, -1), { offset: 10, gain: 4 })]).toEqual([12, 8]);
  });
});
