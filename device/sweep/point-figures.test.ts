import { describe, expect, test } from "vitest";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { pointFigures } from "./point-figures.ts";
import { poissonInterval } from "./poisson-interval.ts";

const GHS_PER_NONCE_PER_S = 2 ** 32 / 1e9;

/** A Poisson process with a dead time after each event, ms; a share of its events is invalid. */
function events(n: number, meanMs: number, deadMs: number, invalid: number, seed: number): NonceBatch {
  const random = splitmix64(seed);
  const batch = allocateNonces(n);
  let ms = 0;
  for (let i = 0; i < n; i++) {
    ms += deadMs - meanMs * Math.log(1 - random.next());
    batch.tNs[i] = BigInt(Math.round(ms * 1e6));
    batch.status[i] = random.next() < invalid ? 1 : 0;
  }
  return batch;
}

const place = {
  setPoint: { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 },
  index: 0,
  total: 1,
  expectedGhs: 100 * GHS_PER_NONCE_PER_S,
};
const figures = (batch: NonceBatch, seconds: number, powersW = [10, 10, 10]) =>
  pointFigures(place, { seconds, batches: [batch], powersW, tempsC: [50] });

describe("what came out of a point", () => {
  test("a sound one is healthy, with a rate, an energy and a CV in their intervals", () => {
    const point = figures(events(1000, 10, 0, 0, 1), 10);
    expect(point).toMatchObject({ regime: "healthy", nonces: { valid: 1000 }, invalidShare: { share: 0, low: 0 } });
    const [low, high] = point.joulesPerTerahashInterval ?? [0, 0];
    expect(low).toBeLessThan(point.joulesPerTerahash as number);
    expect(high).toBeGreaterThan(point.joulesPerTerahash as number);
    // Power without spread: the width is that of a count of 1000, 6.2 % to either side.
    expect((high - low) / 2 / (point.joulesPerTerahash as number)).toBeCloseTo(0.062, 2);
  });

  test("invalid nonces make an edge", () => {
    expect(figures(events(1000, 10, 0, 0.1, 2), 10)).toMatchObject({ regime: "edge" });
  });

  test("a dead time lowers the CV, and its own null with it: it is no sign of anything", () => {
    let outsidePoisson = 0;
    let outsideNull = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { cv, cvBand, cvNull } = figures(events(400, 10, 4, 0, seed), 5.6);
      const outside = (band: readonly [number, number]) => (cv as number) < band[0] || (cv as number) > band[1];
      if (outside(cvBand as [number, number])) outsidePoisson++;
      if (outside((cvNull as NonNullable<typeof cvNull>).band)) outsideNull++;
    }
    expect(outsidePoisson).toBeGreaterThan(190);
    // 5 % of 200, by chance up to 20.
    expect(outsideNull).toBeLessThan(21);
  });

  test("energy is unknown without power, and without verified nonces", () => {
    expect(figures(events(10, 10, 0, 0, 1), 1, [])).toMatchObject({ joulesPerTerahash: null, joulesPerTerahashInterval: null });
    expect(figures(events(10, 10, 0, 1, 1), 1)).toMatchObject({ joulesPerTerahash: null, joulesPerTerahashInterval: null, regime: "dead" });
  });
});

test("Garwood's interval: tabled values, and none at zero", () => {
  expect(poissonInterval(0)[0]).toBe(0);
  expect(poissonInterval(0)[1]).toBeCloseTo(3.689, 3);
  expect(poissonInterval(10).map((value) => Number(value.toFixed(2)))).toEqual([4.8, 18.39]);
  expect(poissonInterval(1000)[1]).toBeCloseTo(1063.9, 0);
});
