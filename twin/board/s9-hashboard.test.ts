import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawSilicon1387, minimumVoltage1387 } from "../chip/bm1387-silicon.ts";
import { errorProbability } from "../physics/error-law.ts";
import { read, S9VirtualHost } from "../s9-virtual-host.ts";
import { S9HashBoard } from "./s9-hashboard.ts";
import { domainOf, type S9Inputs, s9AtRest, stepS9 } from "./s9-physics.ts";

/** All of the physics that a board shows at one moment. */
function snapshot(host: S9VirtualHost) {
  const { stringV, domainV, currentA, junctionC, packageC, boardC, heatInJ, heatOutJ } = host.board.state;
  return { stringV, domainV, currentA, junctionC, packageC, boardC, heatInJ, heatOutJ, nowNs: host.board.nowNs };
}

describe("the physics of a board", () => {
  it("goes the same way whatever the cuts between its steps", () => {
    const run = (cutsMs: readonly number[]) => {
      const host = new S9VirtualHost({ chips: 5, workScale: 30, seed: 8 });
      host.powerUp();
      host.run(20);
      for (const ms of cutsMs) host.run(ms);
      host.run(3000 - cutsMs.reduce((sum, ms) => sum + ms, 0));
      return snapshot(host);
    };
    const whole = run([]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.001, max: 200, noNaN: true }), { maxLength: 12 }), (cutsMs) => {
        // To the ns of the cuts' own rounding; states to the bit.
        expect({ ...run(cutsMs), nowNs: 0 }).toEqual({ ...whole, nowNs: 0 });
      }),
      { numRuns: 10 },
    );
  });

  it("is the same for the same seed, and another for another", () => {
    const run = (seed: number) => {
      const host = new S9VirtualHost({ chips: 9, workScale: 30, seed });
      host.powerUp();
      host.run(2000);
      return snapshot(host);
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1).domainV).not.toEqual(run(2).domainV);
  });
});

describe("the clock of a chip", () => {
  /** What the chips say of their PLL register. */
  const pll = (host: S9VirtualHost) => {
    host.send(read(0x0c));
    return host.run(1).map(({ bytes }) => (bytes[0] as number) >>> 7);
  };

  it("is not locked right after a write, and is 0.2 ms later; the cores stand still meanwhile", () => {
    const host = new S9VirtualHost({ chips: 2, workScale: 30 });
    host.bringUp(650);
    host.openCores(1);
    const hashesIn = (ms: number) => {
      const before = host.board.hashes;
      host.run(ms);
      return host.board.hashes - before;
    };
    // 2 x 114 hashes a clock, but for the time without one: the write is 9 bytes long.
    host.setMhz(600);
    const writtenMs = (9 * 10) / 1562.5;
    const runMs = 1;
    const expected = 2 * 114 * 1e3 * (650 * writtenMs + 600 * (runMs - writtenMs - 0.2));
    expect(Math.abs(hashesIn(runMs) / expected - 1)).toBeLessThan(0.002);
    host.setMhz(650);
    expect(pll(host)).toEqual([0, 0]);
    expect(pll(host)).toEqual([1, 1]);
  });

  it("set on one chip alone takes voltage from its domain, and with closed cores it answers all the same", () => {
    const host = new S9VirtualHost({ chips: 9, workScale: 30 });
    host.powerUp();
    host.release();
    host.enumerate();
    host.run(50);
    const even = host.board.state.domainV.slice();
    host.setMhz(700, 16);
    host.run(50);
    expect(host.board.state.domainV[1] as number).toBeLessThan((even[1] as number) - 0.02);
    expect(host.board.state.domainV[0] as number).toBeGreaterThan(even[0] as number);
    host.send(read(0));
    expect(host.run(50)).toHaveLength(9);
  });
});

describe("the crystal of a board", () => {
  const ppmAt = (seed: number, ambientC: number) => {
    const { crystalPpm: _exact, ...options } = new S9VirtualHost({ chips: 2, seed, ambientC }).options;
    return (new S9HashBoard(options).chain.lineRate / (25e6 / (8 * 27)) - 1) * 1e6;
  };

  it("runs some ppm off its marking, drawn from the seed, and drifts with the board's temperature", () => {
    expect(ppmAt(3, 25)).toBe(ppmAt(3, 25));
    expect(Math.abs(ppmAt(3, 25) - ppmAt(4, 25))).toBeGreaterThan(0.1);
    // Linear and cubic term from 25 to 60 C: -5.25 +- 1.4 (sd) and +4.5 ppm.
    expect(Math.abs(ppmAt(3, 60) - ppmAt(3, 25) - (-5.25 + 4.5))).toBeLessThan(4 * 1.4);
    expect(ppmAt(3, 60)).not.toBe(ppmAt(3, 25));
  });

  it("follows the temperature while the board runs", () => {
    const { crystalPpm: _exact, ...options } = new S9VirtualHost({ chips: 2, seed: 3 }).options;
    options.faults.set({ name: "over-temperature", value: 40, atMs: 500 });
    const board = new S9HashBoard(options);
    const before = board.chain.lineRate;
    board.advance(300e9);
    expect(Math.abs(board.chain.lineRate / before - 1)).toBeGreaterThan(1e-8);
    expect(Math.abs(board.chain.lineRate / before - 1)).toBeLessThan(2e-5);
  });
});

describe("errors of a warm board at the factory's settings, 651 MHz and 8.80 V", () => {
  it("are some 0.0004 % of all hashes (specs/bm1387.md 7.14): what the typical chip is calibrated on", () => {
    const mhz = new Float64Array(63).fill(651);
    const given: S9Inputs = {
      targetV: 8.8,
      hashingMhz: mhz,
      clockMhz: mhz,
      asicBoost: false,
      fanDuty: 5800 / 6150,
      fanStalled: false,
      ambientC: 30,
    };
    let wrong = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const chips = Array.from({ length: 63 }, (_, i) => drawSilicon1387(seed * 1000 + i, 0));
      const makeup = {
        dynamic: Float64Array.from(chips, (c) => c.dynamic),
        leakage: Float64Array.from(chips, (c) => c.leakage),
      };
      let state = s9AtRest(63, 30);
      for (let i = 0; i < 900; i++) state = stepS9(makeup, state, given, 1);
      chips.forEach((chip, i) => {
        const marginV = (state.domainV[domainOf(i)] as number) - minimumVoltage1387(651);
        for (const offsetV of chip.coreOffsetsV) wrong += errorProbability(marginV - offsetV) / (20 * 63 * 114);
      });
    }
    expect(wrong).toBeGreaterThan(4e-6 / 2);
    expect(wrong).toBeLessThan(4e-6 * 2);
  });
});
