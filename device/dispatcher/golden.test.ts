import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { Enrolment, scoreReplay } from "./golden.ts";

interface Row {
  nonce: number;
  versionBits?: number;
  residualNs?: number;
  status?: number;
}
function replay(...rows: Row[]): NonceBatch {
  const batch = allocateNonces(rows.length);
  rows.forEach(({ nonce, versionBits = 0, residualNs = Number.NaN, status = STATUS.valid }, row) => {
    batch.nonce[row] = nonce;
    batch.versionBits[row] = versionBits;
    batch.residualNs[row] = residualNs;
    batch.status[row] = status;
    batch.chip[row] = 1;
    batch.core[row] = nonce % 112;
  });
  return batch;
}

function enrolled(...replays: Row[][]) {
  const enrolment = new Enrolment();
  for (const rows of replays) enrolment.add(replay(...rows));
  return enrolment;
}

describe("enrolment", () => {
  it("keeps what comes back each time, with the mean of its residual, and calls the rest doubtful", () => {
    const set = enrolled(
      [{ nonce: 5, residualNs: 100 }, { nonce: 3, versionBits: 8192 }, { nonce: 9 }],
      [
        { nonce: 3, versionBits: 8192 },
        { nonce: 5, residualNs: 300 },
      ],
      [
        { nonce: 5, residualNs: 200 },
        { nonce: 3, versionBits: 8192 },
      ],
    ).set();
    expect(set.nonces.map(({ nonce, versionBits }) => [nonce, versionBits])).toEqual([
      [3, 8192],
      [5, 0],
    ]);
    expect(set.nonces[1]).toMatchObject({ chip: 1, core: 5, hitRate: 1, residualNs: 200, residualSdNs: 100 });
    expect(set.nonces[0]?.residualNs).toBeNaN();
    expect(set).toMatchObject({ doubtful: 1, replays: 3, missedAtHalf: 1 / 8 });
  });

  it("counts a nonce once a replay, and only when it verifies", () => {
    const twice = [{ nonce: 7 }, { nonce: 7, status: STATUS.duplicate }, { nonce: 8, status: STATUS.invalid }];
    const { nonces, doubtful } = enrolled(twice, twice).set();
    expect(nonces.map(({ nonce, hitRate }) => [nonce, hitRate])).toEqual([[7, 1]]);
    expect(doubtful).toBe(0);
  });

  it("knows how long nothing new has turned up", () => {
    const enrolment = enrolled([{ nonce: 1 }], [{ nonce: 1 }], [{ nonce: 1 }]);
    expect(enrolment.replaysWithoutNews).toBe(2);
    enrolment.add(replay({ nonce: 2 }));
    expect([enrolment.replaysWithoutNews, enrolment.replays]).toEqual([0, 4]);
  });

  it("refuses a set without a nonce, with what to change", () => {
    expect(() => enrolled([{ nonce: 1 }], [], []).set()).toThrow(/3 replays/);
  });
});

describe("a replay under stress", () => {
  const set = enrolled(
    [{ nonce: 1, residualNs: 50 }, { nonce: 2, residualNs: 70 }, { nonce: 3 }],
    [{ nonce: 1, residualNs: 50 }, { nonce: 2, residualNs: 70 }, { nonce: 3 }],
  ).set();

  it("is told nonce by nonce: hit with its shift, missed, invalid, other", () => {
    const { hit, shiftNs, hits, misses, invalid, others } = scoreReplay(
      set,
      replay({ nonce: 2, residualNs: 100 }, { nonce: 2, residualNs: 900 }, { nonce: 44 }, { nonce: 1, status: STATUS.invalid }),
    );
    expect([...hit]).toEqual([0, 1, 0]);
    expect(shiftNs[1]).toBe(30);
    expect(shiftNs[0]).toBeNaN();
    expect({ hits, misses, invalid, others }).toEqual({ hits: 1, misses: 2, invalid: 1, others: 1 });
  });

  it("hits and misses are all of the set, whatever comes back in whatever order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (nonces) => {
        const { hits, misses, hit } = scoreReplay(set, replay(...nonces.map((nonce) => ({ nonce }))));
        expect(hits + misses).toBe(3);
        expect([...hit]).toEqual([1, 2, 3].map((golden) => (nonces.includes(golden) ? 1 : 0)));
      }),
    );
  });
});
