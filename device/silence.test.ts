import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../common/random.ts";
import { expectedNoncesPerSecond, falseAlarmsPerSecond, SILENCE_RULES, SilenceWatch } from "./silence.ts";

const S = 1_000_000_000n;
const from = (...chips: number[]) => ({ length: chips.length, chip: Uint16Array.from(chips) });
const all = (chips: number) => Array.from({ length: chips }, (_, chip) => chip);

describe("a board that stopped answering", () => {
  it("is told once, when chance cannot be the reason, and again after it was heard", () => {
    const watch = new SilenceWatch(0n);
    expect(watch.look(4n * S, 100, 1), "shorter than a hold-up").toBe(null);
    expect(watch.look(6n * S, 1, 1), "too few to be expected").toBe(null);
    expect(watch.look(6n * S, 100, 1)).toContain("no nonce for 6.0 s where about 600");
    expect(watch.look(7n * S, 100, 1)).toBe(null);
    expect(watch.heard(from(0), 8n * S)).toBe("nonces come again");
    expect(watch.heard(from(0), 9n * S)).toBe(null);
    expect(watch.look(15n * S, 100, 1)).not.toBe(null);
  });

  it("a new set-point begins anew, and a batch without nonces is no answer", () => {
    const watch = new SilenceWatch(0n);
    watch.restart(10n * S);
    expect(watch.look(12n * S, 100, 1)).toBe(null);
    expect(watch.heard(from(), 15n * S)).toBe(null);
    expect(watch.look(16n * S, 100, 1)).not.toBe(null);
  });

  it("nothing is said of chips that are heard every second, nor of those that are to report nothing", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        fc.integer({ min: 1, max: 189 }),
        fc.integer({ min: 1, max: 50 }),
        (rate, chips, seconds) => {
          const watch = new SilenceWatch(0n);
          const silent = new SilenceWatch(0n);
          for (let second = 1n; second <= BigInt(seconds); second++) {
            expect(watch.look(second * S, rate, chips)).toBe(null);
            watch.heard(from(...all(chips)), second * S);
            expect(silent.look(second * S, 0, chips)).toBe(null);
          }
        },
      ),
    );
  });
});

describe("chips that are silent behind the answers of others", () => {
  /** Sixty-three chips, each heard every second, those of `dead` only until second 20. */
  function live(dead: readonly number[], untilS: number, chips = 63): { atS: number; text: string }[] {
    const watch = new SilenceWatch(0n);
    const said: { atS: number; text: string }[] = [];
    for (let second = 1; second <= untilS; second++) {
      const nowNs = BigInt(second) * S;
      const text = watch.look(nowNs, chips, chips);
      if (text !== null) said.push({ atS: second, text });
      watch.heard(from(...all(chips).filter((chip) => second <= 20 || !dead.includes(chip))), nowNs);
    }
    return said;
  }

  it("are told of by their numbers, once, when each should have answered thirty times", () => {
    expect(live([], 200)).toEqual([]);
    expect(live([3, 40, 41, 42], 200)).toEqual([
      { atS: 50, text: expect.stringContaining("no nonce from chips 3, 40-42 of 63, where 30 or more") },
    ]);
    // All chips but one: a few answers hide nothing.
    expect(
      live(
        all(63).filter((chip) => chip !== 7),
        200,
      ),
    ).toEqual([{ atS: 50, text: expect.stringContaining("chips 0-6, 8-62 of 63") }]);
  });

  it("are told of together when they fall silent one soon after the other, and again each when they came back", () => {
    const watch = new SilenceWatch(0n);
    const heard = (second: number, silent: readonly number[]) =>
      watch.heard(from(...all(8).filter((chip) => !silent.includes(chip))), BigInt(second) * S);
    const said: string[] = [];
    for (let second = 1; second <= 80; second++) {
      const text = watch.look(BigInt(second) * S, 80, 8);
      if (text !== null) said.push(`${second}: ${/chips? [\d, -]+/.exec(text)?.[0].trim()}`);
      heard(second, [...(second > 20 ? [1] : []), ...(second > 22 ? [2] : []), ...(second > 24 ? [5] : [])]);
    }
    // Chip 1 at once; the others when ten seconds have passed.
    expect(said).toEqual(["25: chip 1", "35: chips 2, 5"]);
    expect(heard(81, [2, 5])).toBe("nonces come again from chip 1");
    expect(heard(82, [])).toBe("nonces come again from chips 2, 5");
    expect(heard(83, [])).toBe(null);
  });

  it("stay told of while the whole board is, and are told of by themselves when the others come back without them", () => {
    const watch = new SilenceWatch(0n);
    expect(watch.look(40n * S, 4, 4)).toContain("no nonce for 40.0 s");
    expect(watch.heard(from(0, 1, 2), 41n * S)).toBe("nonces come again");
    expect(watch.look(60n * S, 0.001, 4)).toBe(null);
    for (let second = 42n; second <= 71n; second++) watch.heard(from(0, 1, 2), second * S);
    expect(watch.look(72n * S, 4, 4)).toContain("chip 3 of 4");
  });

  it("a chip with half its cores dead is slow, and not silent", () => {
    const watch = new SilenceWatch(0n);
    let atS = 0;
    // Half the rate that is expected of it, for long.
    for (let nonce = 1; nonce <= 100; nonce++) {
      atS += 2;
      watch.heard(from(0, 0, 1), BigInt(atS) * S);
    }
    const keepAlive = (untilS: number) => {
      for (let second = atS + 1; second <= untilS; second++) watch.heard(from(0), BigInt(second) * S);
    };
    keepAlive(atS + 40);
    expect(watch.look(BigInt(atS + 40) * S, 2, 2), "forty expected of a whole chip, twenty of this one").toBe(null);
    keepAlive(atS + 61);
    expect(watch.look(BigInt(atS + 61) * S, 2, 2)).toContain("chip 1 of 2");
  });
});

describe("false alarms", () => {
  it("are no more than stated, and not so few that the statement says nothing: 63 sound chips for half an hour, told after 6 expected nonces", () => {
    const rules = { expectedNonces: 6, leastSeconds: 1, collectSeconds: 0 };
    const random = splitmix64(11);
    const [chips, seconds, lookS] = [63, 1800, 0.1];
    const watch = new SilenceWatch(0n, rules);
    const nextS = all(chips).map(() => -Math.log(1 - random.next()));
    let alarms = 0;
    for (let step = 1; step <= seconds / lookS; step++) {
      const nowNs = BigInt(Math.round(step * lookS * 1e9));
      const heard = all(chips).filter((chip) => (nextS[chip] as number) <= step * lookS);
      for (const chip of heard)
        while ((nextS[chip] as number) <= step * lookS) nextS[chip] = (nextS[chip] as number) - Math.log(1 - random.next());
      watch.heard(from(...heard), nowNs);
      const text = watch.look(nowNs, chips, chips);
      if (text !== null) alarms += countOf(text);
    }
    const stated = falseAlarmsPerSecond(chips, rules) * seconds;
    expect(alarms).toBeLessThan(stated + 4 * Math.sqrt(stated));
    expect(alarms).toBeGreaterThan(stated / 2);
  });

  it("of an S9 board at difficulty 1 come less than once in a century", () => {
    const perSecond = expectedNoncesPerSecond(13_500, 1);
    expect(falseAlarmsPerSecond(perSecond, SILENCE_RULES) * 86_400 * 365.25 * 100).toBeLessThan(1);
  });
});

/** Of "chips 3, 40-62": 24. */
function countOf(text: string): number {
  const list = /chips? ([\d, -]+?) of/.exec(text)?.[1] ?? "";
  return list.split(", ").reduce((sum, part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return sum + last - first + 1;
  }, 0);
}

it("one BM1366 of 434 GH/s reports about 101 nonces a second at difficulty 1", () => {
  expect(expectedNoncesPerSecond(434, 1)).toBeCloseTo(101.05, 1);
  expect(expectedNoncesPerSecond(434, 4)).toBeCloseTo(25.26, 1);
});
