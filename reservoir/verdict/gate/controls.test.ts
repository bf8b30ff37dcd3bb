import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../common/random.ts";
import { matrix } from "../../matrix.ts";
import { PLANTED_CASES, plantedSession } from "../../software/planted.ts";
import { narma10 } from "../../tasks/narma10.ts";
import { type ControlEvidence, type ControlRow, controlRows, tierLimit } from "./control-rows.ts";
import { memoryOfAnother, scoreControls } from "./controls.ts";
import { gate } from "./gate.ts";
import { poissonSession } from "./poisson-session.ts";
import { GATE_PLAN, type Session } from "./session.ts";

const inputOf = (seed: number, steps = 1200) => narma10(seed, steps).u.map((u) => 4 * u - 1);

function sessionOf(name: string, seed = 1): Session {
  const found = PLANTED_CASES.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return plantedSession(found.planted, inputOf(seed), 500 + seed);
}

/** What one session says, with the given changes. */
async function evidenceOf(session: Session, fedBack: number[] = []): Promise<ControlEvidence> {
  const controls = [await scoreControls(session, GATE_PLAN, fedBack)];
  return { origin: "twin", sessions: [await gate(session)], controls, shuffled: [], swapped: [], constantDrive: [] };
}

const rowOf = (rows: readonly ControlRow[], name: string) => {
  const found = rows.find((row) => row.name === name);
  if (!found) throw new Error(`no row ${name}`);
  return found;
};

describe("the Poisson surrogate of a session", () => {
  const ladder = sessionOf("thermal ladder, 40 dB");

  it("answers to the present drive as the substrate does, and remembers nothing", async () => {
    const surrogate = { ...poissonSession(ladder, 11, 3) };
    const [own, chance] = [await gate(ladder), await gate(surrogate)];
    expect(chance.capacities.response.found).toBe(true);
    expect(chance.capacities.memory.found).toBe(false);
    expect(chance.passes).toBe(false);
    const [mine, theirs] = [own, chance].map(({ capacities }) => capacities.response.terms[0]?.capacity ?? 0);
    expect(theirs).toBeCloseTo(mine as number, 1);
  });

  it("of a count is a count with a variance as large as its mean, at any size; what failed stays failed", () => {
    const steps = 4000;
    const drive = Float64Array.from({ length: steps }, (_, t) => (t % 2 === 0 ? -1 : 1));
    const random = splitmix64(4);
    const data = Float64Array.from({ length: 2 * steps }, (_, i) => {
      const low = i % 2 === 0 ? 6 : 6000;
      return Math.floor(i / 2) % 2 === 0 ? low : 2 * low + Math.floor(2 * random.next());
    });
    const session = {
      v: drive,
      emitted: matrix(steps, 1, drive.slice()),
      states: matrix(steps, 2, data),
      names: ["few", "many"],
      valid: Uint8Array.from(drive, (_, t) => (t === 7 ? 0 : 1)),
    };
    const { states } = poissonSession(session, 1, 5);
    expect(states.data.slice(14, 16)).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    for (const [column, mean] of [
      [0, 6],
      [1, 6000],
    ] as const) {
      const low = Array.from({ length: steps / 2 }, (_, i) => states.data[4 * i + column] as number);
      const average = low.reduce((sum, value) => sum + value, 0) / low.length;
      const variance = low.reduce((sum, value) => sum + (value - average) ** 2, 0) / low.length;
      expect(low.every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
      expect(Math.abs(average / mean - 1)).toBeLessThan(0.05);
      expect(Math.abs(variance / mean - 1)).toBeLessThan(0.15);
    }
  });
});

describe("control rows", () => {
  const computing = evidenceOf(sessionOf("thermal ladder, 40 dB"));

  it("of a substrate that computes: all that lie below it hold, each with its score and its consequence", async () => {
    const rows = controlRows(await computing);
    for (const name of ["constant", "u(t) only", "encoder bypass", "host state", "Poisson surrogate", "surrogate at the gate"])
      expect(rowOf(rows, name).holds, name).toBe(true);
    // Ten stages of heat remember less than twenty taps.
    expect(rowOf(rows, "taps").holds).toBe(false);
    expect(tierLimit(rows)).toBe(3);
    const [constant, input, bypass] = ["constant", "u(t) only", "encoder bypass"].map((name) => rowOf(rows, name).score as number);
    expect(constant).toBeCloseTo(1, 1);
    expect(input).toBeLessThan(0.92);
    expect(bypass).toBeCloseTo(input as number, 1);
    expect(rowOf(rows, "host state").note).toMatch(/fed nothing back/);
    expect(rows.filter(({ measure }) => measure === "NRMSE").every(({ score, origin }) => score !== null && origin === "software")).toBe(
      true,
    );
  });

  it("of a memoryless one: as good as its surrogate, so it is not the substrate", async () => {
    const rows = controlRows(await evidenceOf(sessionOf("memoryless, 40 dB")));
    expect(rowOf(rows, "Poisson surrogate").holds).toBe(false);
    expect(rowOf(rows, "encoder bypass").holds).toBe(false);
    expect(tierLimit(rows)).toBe(2);
  });

  it("what the host fed back is the host's: beside it the states add nothing, past it they seem to", async () => {
    const ladder = sessionOf("thermal ladder, 40 dB");
    // The host feeds the states' own memory back and logs it.
    const emitted = matrix(1200, 2);
    for (let t = 0; t < 1200; t++) {
      emitted.data[2 * t] = ladder.emitted?.data[t] as number;
      emitted.data[2 * t + 1] = t > 0 ? (ladder.v[t - 1] as number) : 0;
    }
    const states = matrix(1200, 2);
    const random = splitmix64(9);
    for (let t = 0; t < 1200; t++) {
      states.data[2 * t] = (emitted.data[2 * t + 1] as number) + 0.01 * random.next();
      states.data[2 * t + 1] = (emitted.data[2 * t] as number) + 0.01 * random.next();
    }
    const rows = controlRows(await evidenceOf({ ...ladder, emitted, states, names: ["a", "b"] }, [1]));
    expect(rowOf(rows, "encoder bypass").holds).toBe(true);
    expect(rowOf(rows, "host state")).toMatchObject({ holds: false, otherwise: "T2 at most", note: null });
    expect(rowOf(rows, "host state").score).toBeLessThan((rowOf(rows, "encoder bypass").score as number) - 0.01);
  });

  it("states show no memory of an input that did not drive them, and do of one that leaks", () => {
    const session = sessionOf("delay ring, 40 dB");
    expect(memoryOfAnother(session, inputOf(2), GATE_PLAN)).toEqual({ found: false, why: null });
    expect(memoryOfAnother(session, session.v, GATE_PLAN).found).toBe(true);
    expect(memoryOfAnother(session, inputOf(2, 150), GATE_PLAN)).toEqual({ found: null, why: "too few steps count" });
    const still = { ...session, states: matrix(1200, 20, new Float64Array(24_000).fill(3)) };
    expect(memoryOfAnother(still, inputOf(2), GATE_PLAN)).toEqual({ found: null, why: "fewer than two features vary" });
  });

  it("one finding in five sessions is chance, two are not; one in one session counts", async () => {
    const evidence = await computing;
    const rowWith = (found: number, sessions: number) => {
      const swapped = Array.from({ length: sessions }, (_, i) => ({ found: i < found, why: null }));
      return rowOf(controlRows({ ...evidence, swapped }), "another session's input");
    };
    expect(rowWith(1, 5)).toMatchObject({ holds: true, score: 1, sessions: 5, origin: "twin", otherwise: "no answer" });
    expect(rowWith(2, 5).holds).toBe(false);
    expect(rowWith(1, 1).holds).toBe(false);
    expect(rowOf(controlRows(evidence), "constant drive")).toMatchObject({ holds: null, score: null, note: "every step of it failed" });
  });
});
