import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Random, splitmix64 } from "../../common/random.ts";
import { CriticalVoltage, edgeLaw, invalidShareAt } from "./edge/critical-voltage.ts";
import { EdgeSearch } from "./edge.ts";

const law = edgeLaw({ share: 0.1, domains: 1, fromMv: 380, toMv: 420 });
const voltagesMv = Array.from({ length: 81 }, (_, i) => 380 + i / 2);

/** Chips by the law itself: counts of `nonces` at a voltage, silent where the law says. */
function look(criticalMv: readonly number[], widthMv: number, mv: number, nonces: number, random: Random) {
  const silent = criticalMv.flatMap((critical, chip) => (critical - law.silentBelowMv > mv ? [chip] : []));
  const chips = criticalMv.map((critical) => {
    const share = invalidShareAt(mv, critical, widthMv, law.share);
    let invalid = 0;
    for (let i = 0; i < nonces; i++) if (random.next() < share) invalid++;
    return { valid: nonces - invalid, invalid };
  });
  return { mv, chips: silent.length > 0 ? [] : chips, silent: silent.length > 0 ? silent : null };
}

function search(criticalMv: readonly number[], widthMv: number, seed: number, nonces = 16) {
  const random = splitmix64(seed);
  const edge = new EdgeSearch({ chips: criticalMv.length, law, voltagesMv, startMv: 420, halfWidthMv: 5, risk: 0.002 });
  let looks = 0;
  let silenced = 0;
  for (let mv = edge.next(); mv !== null && looks < 100; mv = edge.next()) {
    const seen = look(criticalMv, widthMv, mv, nonces, random);
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
    expect(new EdgeSearch({ chips: 2, law, voltagesMv, startMv: 420, halfWidthMv: 5, risk: 0.002 }).next()).toBe(420);
  });

  test("places chips of any width to 5 mV with few looks, and its 95 % intervals hold nineteen times of twenty", () => {
    const random = splitmix64(7);
    let chips = 0;
    let inside = 0;
    let far = 0;
    for (let seed = 0; seed < 120; seed++) {
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
    expect(chips).toBe(480);
    // 480 at 95 %: standard error 1 %; chips of one search share their voltages.
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

  test("ends when nothing that may be set tells anything", () => {
    const { placed, looks } = search([330], 2.2, 4);
    expect(placed[0]).toMatchObject({ placed: false });
    expect(looks).toBeLessThan(40);
  });
});
