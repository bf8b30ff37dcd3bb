import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Random, splitmix64 } from "../../common/random.ts";
import { CriticalVoltage, edgeLaw, invalidShareAt } from "./edge/critical-voltage.ts";
import { type EdgeLook, EdgeSearch, type EdgeSetting } from "./edge.ts";

const law = edgeLaw({ share: 0.1, domains: 1, fromMv: 380, toMv: 420 });
const railsMv = Array.from({ length: 81 }, (_, i) => 380 + i / 2);
const FULL_MHZ = 600;
const options = {
  law,
  railsMv,
  startMv: 420,
  frequencyMhz: FULL_MHZ,
  slowestMhz: null,
  voltages: (railMv: number, clocksMhz: readonly number[]) => clocksMhz.map(() => railMv),
  halfWidthMv: 5,
  risk: 0.002,
};

/** Chips by the law itself: counts of `nonces` at a setting, silent where the law says. A slower clock needs 0.305 mV/MHz less (specs/bm1387.md 8.3). */
function look(criticalMv: readonly number[], widthMv: number, setting: EdgeSetting, nonces: number, random: Random): EdgeLook {
  const { railMv, clocksMhz } = setting;
  const critical = criticalMv.map((mv, chip) => mv - 0.305 * (FULL_MHZ - (clocksMhz[chip] as number)));
  const silent = critical.flatMap((mv, chip) => (mv - law.silentBelowMv > railMv ? [chip] : []));
  const chips = critical.map((mv) => {
    const share = invalidShareAt(railMv, mv, widthMv, law.share);
    let invalid = 0;
    for (let i = 0; i < nonces; i++) if (random.next() < share) invalid++;
    return { valid: nonces - invalid, invalid };
  });
  return { ...setting, chips: silent.length > 0 ? [] : chips, silent: silent.length > 0 ? silent : null };
}

function search(criticalMv: readonly number[], widthMv: number, seed: number, slowestMhz: number | null = null, nonces = 16) {
  const random = splitmix64(seed);
  const edge = new EdgeSearch({ ...options, slowestMhz, chips: criticalMv.length });
  let looks = 0;
  let silenced = 0;
  for (let setting = edge.next(); setting !== null && looks < 100; setting = edge.next()) {
    const seen = look(criticalMv, widthMv, setting, nonces, random);
    if (seen.silent !== null) silenced++;
    edge.saw(seen);
    looks++;
  }
  return { placed: edge.placed(), looks, silenced };
}

describe("what is known of a critical voltage", () => {
  test("never leaves the sum of one, whatever was seen", () => {
    const seen = fc.array(fc.record({ mv: fc.integer({ min: 370, max: 430 }), valid: fc.nat(500), invalid: fc.nat(500) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(seen, (looks) => {
        const chip = new CriticalVoltage(law);
        for (const { mv, valid, invalid } of looks) chip.counted(mv, valid, invalid);
        expect(chip.probability.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
        const { lowMv, mv, highMv } = chip.interval();
        expect(lowMv).toBeLessThanOrEqual(mv);
        expect(mv).toBeLessThanOrEqual(highMv);
      }),
      { numRuns: 30 },
    );
  });

  test("moves up with invalid nonces, down with valid ones, and up with a chip that fell silent", () => {
    const medianAfter = (see: (chip: CriticalVoltage) => void) => {
      const chip = new CriticalVoltage(law);
      see(chip);
      return chip.interval().mv;
    };
    const before = medianAfter(() => {});
    expect(medianAfter((chip) => chip.counted(400, 0, 5))).toBeGreaterThan(before);
    expect(medianAfter((chip) => chip.counted(400, 50, 0))).toBeLessThan(before);
    expect(medianAfter((chip) => chip.fellSilent(400))).toBeGreaterThan(before);
  });
});

describe("the search for the edge", () => {
  test("begins where the chips are known to run", () => {
    expect(new EdgeSearch({ ...options, chips: 2 }).next()).toMatchObject({ railMv: 420 });
  });

  test("places chips of any width to 5 mV with few looks, and its 95 % intervals hold nineteen times of twenty", () => {
    const random = splitmix64(7);
    let chips = 0;
    let inside = 0;
    let far = 0;
    for (let seed = 0; seed < 80; seed++) {
      const base = 390 + 20 * random.next();
      const critical = Array.from({ length: 4 }, () => base + 4 * random.next());
      const { placed, looks } = search(critical, [1.5, 2.2, 3.2][seed % 3] as number, seed);
      expect(looks).toBeLessThan(25);
      for (const [at, one] of placed.entries()) {
        const truth = critical[at] as number;
        if (!one.placed) continue;
        chips++;
        if (truth >= one.lowMv && truth <= one.highMv) inside++;
        if (Math.abs(truth - one.criticalMv) > 5) far++;
      }
    }
    expect(chips).toBe(320);
    // 320 at 95 %: standard error 1.2 %; chips of one search share their voltages.
    expect(inside / chips).toBeGreaterThan(0.92);
    expect(far / chips).toBeLessThan(0.05);
  });

  test("hardly ever lets a chip fall silent", () => {
    const random = splitmix64(8);
    let silenced = 0;
    let looks = 0;
    for (let seed = 0; seed < 100; seed++) {
      const found = search([390 + 25 * random.next()], 2.2, seed);
      silenced += found.silenced;
      looks += found.looks;
    }
    expect(silenced / looks).toBeLessThan(0.01);
  });

  test("never goes back down to where a chip fell silent, and says what it could not place", () => {
    // The strong chip's edge lies below what the weak one survives.
    const { placed, silenced } = search([410, 385], 2.2, 3);
    expect(placed[0]).toMatchObject({ placed: true });
    expect(placed[1]?.placed).toBe(false);
    expect(placed[1]?.lowMv).toBeLessThan(385);
    expect(placed[1]?.highMv).toBeGreaterThan(385);
    expect(silenced).toBeLessThanOrEqual(1);
  });

  test("slows weak chips that are placed, where they have clocks of their own, and so places the strong ones too", () => {
    let worst = 0;
    for (let seed = 0; seed < 20; seed++) {
      const critical = [410, 385, 384, 396];
      const { placed, silenced } = search(critical, 2.2, seed, 300);
      expect(placed.every((chip) => chip.placed)).toBe(true);
      expect(silenced).toBeLessThanOrEqual(1);
      worst = Math.max(worst, ...placed.map(({ criticalMv }, chip) => Math.abs(criticalMv - (critical[chip] as number))));
    }
    // 80 chips with a half-width of at most 5 mV at 95 %.
    expect(worst).toBeLessThan(10);
  });

  test("goes on without a chip that the highest voltage cannot keep, and says that it is not placed", () => {
    const { placed, silenced } = search([440, 395, 397], 2.2, 5, 200);
    expect(silenced).toBe(1);
    expect(placed.map((chip) => chip.placed)).toEqual([false, true, true]);
    expect(placed[0]?.lowMv).toBeGreaterThan(415);
  });

  test("ends when nothing that may be set tells anything", () => {
    const { placed, looks } = search([330], 2.2, 4);
    expect(placed[0]).toMatchObject({ placed: false });
    expect(looks).toBeLessThan(40);
  });
});
