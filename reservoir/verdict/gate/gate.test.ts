import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { matrix } from "../../matrix.ts";
import { capacity } from "../../properties/capacity.ts";
import { PLANTED_CASES, plantedSession } from "../../software/planted.ts";
import { circularProjections } from "../../statistics/correlation.ts";
import { circularShifts, shifted } from "../../statistics/surrogates.ts";
import { narma10 } from "../../tasks/narma10.ts";
import { memoryTerms, nonlinearTerms, testCapacities } from "./capacities.ts";
import { gate } from "./gate.ts";
import { GATE_PLAN, prepare, type Session } from "./session.ts";
import { shiftControl } from "./surrogates.ts";

const inputOf = (seed: number, steps = 2000) => narma10(seed, steps).u.map((u) => 4 * u - 1);

/** A case of the table, on a session of its own. */
function sessionOf(name: string, seed = 1): Session {
  const found = PLANTED_CASES.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return plantedSession(found.planted, inputOf(seed), 500 + seed);
}

describe("gate", () => {
  it.each(["white noise", "drift, AR(0.99)", "random walk", "memoryless, 40 dB", "memoryless, 10 dB, drifting", "encoder leak, logged"])(
    "a substrate that does not compute does not pass: %s",
    async (name) => {
      const { passes, tier, invalid } = await gate(sessionOf(name));
      expect(passes).toBe(false);
      expect(invalid).toEqual([]);
      expect(["none", "T0 responds"]).toContain(tier);
    },
  );

  it.each([
    ["thermal pole, tau 1, 40 dB", "T3 useful"],
    ["thermal ladder, 20 dB", "T3 useful"],
    ["delay ring, 40 dB", "T3 useful"],
  ])("one that does passes: %s", async (name, tier) => {
    const result = await gate(sessionOf(name));
    expect(result).toMatchObject({ passes: true, tier, invalid: [] });
    expect(result.capacities.memory.total).toBeGreaterThan(0.5);
  });

  it.each(["virtual nodes, tau 1, 10 dB", "thermal pole, tau 3, 20 dB, drifting"])("of eight sessions most do: %s", async (name) => {
    let passed = 0;
    for (let seed = 11; seed < 19; seed++) if ((await gate(sessionOf(name, seed))).passes) passed++;
    // Some masks hide the input from the pole, and some drifts bury it.
    expect(passed).toBeGreaterThan(3);
  });

  it("states that know the future make the session worthless, whatever else they do", async () => {
    const { passes, tier, invalid } = await gate(sessionOf("non-causal filter"));
    expect([passes, tier]).toEqual([false, "none"]);
    expect(invalid.join()).toMatch(/future inputs/);
  });

  it("an encoder with memory passes where its drive was not logged as it was: that is why there is no verdict without the log", async () => {
    expect((await gate(sessionOf("encoder leak, not logged"))).passes).toBe(true);
    await expect(gate({ ...sessionOf("white noise"), emitted: null })).rejects.toMatchObject({ code: "NO_DRIVE_LOG" });
  });

  it("a long clean delay line is competitive, and a shift register of quadratic terms an advantage over none", async () => {
    const v = inputOf(3);
    const states = matrix(2000, 40);
    const noise = gaussian(splitmix64(1));
    for (let t = 0; t < 2000; t++)
      for (let k = 0; k < 20; k++) {
        const past = t >= k ? (v[t - k] as number) : 0;
        states.data[t * 40 + k] = past + 1e-3 * noise();
        states.data[t * 40 + 20 + k] = past * (t >= k + 9 ? (v[t - k - 9] as number) : 0) + 1e-3 * noise();
      }
    const session = { v, emitted: matrix(2000, 1, v.slice()), states, names: Array.from({ length: 40 }, (_, i) => `d${i}`) };
    const { tier, usefulness } = await gate(session);
    expect(tier).toBe("T4 competitive");
    expect(usefulness.advantage?.volterra.answer).toBe(false);
    expect(usefulness.advantage?.network.answer).toBe(true);
  });

  it("steps that do not count are left out: their states are not even read", async () => {
    const session = sessionOf("thermal ladder, 40 dB");
    const valid = Uint8Array.from({ length: 2000 }, (_, t) => (t % 17 === 0 || (t > 700 && t < 760) ? 0 : 1));
    const data = session.states.data.map((value, i) => (valid[Math.floor(i / 20)] === 0 ? Number.NaN : value));
    const spoilt = { ...session, states: { ...session.states, data }, valid };
    const { passes, n, shifts } = await gate(spoilt);
    expect(passes).toBe(true);
    expect(n).toBe(valid.slice(110, 1990).reduce((sum, one) => sum + one, 0));
    const prepared = prepare(spoilt, GATE_PLAN);
    const direct = memoryTerms(session.v, prepared.rows, 10).reduce(
      (sum, { series }) => sum + capacity(series, { base: prepared.base, states: prepared.beyond }).raw,
      0,
    );
    expect(shifts.sum).toBeCloseTo(direct, 9);
    await expect(gate({ ...spoilt, valid: valid.slice(1) })).rejects.toMatchObject({ code: "SESSION_SHAPE" });
  });

  it("a feature that varies in one stretch only stops nothing", async () => {
    const session = sessionOf("thermal ladder, 40 dB");
    const data = session.states.data.map((value, i) => (i % 20 === 5 ? (i > 20 * 1200 && i < 20 * 1220 ? value : 0) : value));
    expect((await gate({ ...session, states: { ...session.states, data } })).passes).toBe(true);
  });

  it("is the same for the same session and plan", async () => {
    expect(await gate(sessionOf("thermal ladder, 40 dB"))).toEqual(await gate(sessionOf("thermal ladder, 40 dB")));
  });
});

describe("what the gate refuses", () => {
  const good = sessionOf("thermal pole, tau 1, 40 dB");
  it("a feature that is constant or a copy: leaving it out is a decision for before the run", async () => {
    const flat = { ...good, states: { ...good.states, data: good.states.data.map((value, i) => (i % 20 === 3 ? 7 : value)) } };
    await expect(gate(flat)).rejects.toThrow(/1 of 20 features cannot be used: x3 is constant/);
    const copy = {
      ...good,
      states: { ...good.states, data: good.states.data.map((value, i, all) => (i % 20 === 3 ? (all[i - 1] as number) : value)) },
    };
    await expect(gate(copy)).rejects.toThrow(/x3 is duplicate of x2/);
  });

  it("features that all say the same", async () => {
    const one = good.states.data.filter((_, i) => i % 20 === 0);
    const data = new Float64Array(4000).map((_, i) => (one[i >> 1] as number) * (i % 2 === 0 ? 1 : 3));
    await expect(gate({ ...good, states: matrix(2000, 2, data), names: ["a", "b"] })).rejects.toThrow(/All features say the same/);
  });

  it("rows that do not belong together, input out of range, too few steps, a diverging task", async () => {
    await expect(gate({ ...good, v: good.v.slice(1) })).rejects.toMatchObject({ code: "SESSION_SHAPE" });
    await expect(gate({ ...good, v: good.v.map((value, i) => (i === 9 ? 1.5 : value)) })).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(gate(good, { washout: 1800 })).rejects.toMatchObject({ code: "TOO_FEW_STEPS" });
    await expect(gate({ ...good, v: good.v.map((value, i) => (i > 1000 && i < 1200 ? 1 : value)) })).rejects.toMatchObject({
      code: "NARMA_DIVERGES",
    });
  });
});

describe("the parts", () => {
  it("fourteen nonlinear terms, as the protocol lists them", () => {
    const v = inputOf(2, 300);
    const rows = Uint32Array.from({ length: 100 }, (_, i) => 50 + i);
    const names = nonlinearTerms(v, rows).map(({ name }) => name);
    expect(names.length).toBe(14);
    expect(new Set(names).size).toBe(14);
    expect(memoryTerms(v, rows, 3).map(({ series }) => series[0])).toEqual([v[49], v[48], v[47]]);
  });

  it("shifts by projection are the shifts by recomputation", () => {
    const session = sessionOf("thermal pole, tau 1, 0 dB");
    const prepared = prepare(session, GATE_PLAN);
    const direct = (by: number) =>
      memoryTerms(shifted(session.v, by), prepared.rows, GATE_PLAN.lags).reduce(
        (sum, { series }) => sum + capacity(series, { base: prepared.base, states: prepared.beyond }).raw,
        0,
      );
    const { sum, largestShifted } = shiftControl(session.v, prepared, { ...GATE_PLAN, shifts: 1, seed: 4 });
    expect(sum).toBeCloseTo(direct(0), 9);
    const [by] = circularShifts(session.v.length, 1, splitmix64(4)) as [number];
    expect(largestShifted).toBeCloseTo(direct(by), 9);
  });

  it("circular projections are sums of products", () => {
    const noise = gaussian(splitmix64(2));
    const x = Float64Array.from({ length: 50 }, noise);
    const windows = [0, 1, 2].map(() => Float64Array.from({ length: 20 }, noise));
    circularProjections(windows, 7, x).forEach((projection, w) => {
      expect(projection.length).toBe(50);
      for (const s of [0, 1, 30, 49]) {
        const direct = (windows[w] as Float64Array).reduce((sum, value, i) => sum + value * (x[(7 + i + s) % 50] as number), 0);
        expect(projection[s]).toBeCloseTo(direct, 12);
      }
    });
  });

  it("the memory family keeps its level: of 200 sessions of noise at most a few show memory at 1 %", () => {
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const session = plantedSession({ kind: seed % 2 === 0 ? "random-walk" : "white-noise" }, inputOf(40_000 + seed, 600), seed, 8);
      if (testCapacities(session.v, prepare(session, GATE_PLAN), GATE_PLAN).memory.found) found++;
    }
    // 2 expected, standard deviation 1.4.
    expect(found).toBeLessThan(8);
  });
});
