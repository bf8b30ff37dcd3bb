import { describe, expect, it } from "vitest";
import { drive } from "../drive.ts";
import { counts, perChip, virtualNodes } from "../features/nonce-features.ts";
import { together } from "../features/window.ts";
import type { Emitted } from "../substrate.ts";
import { PoissonSurrogate } from "./poisson-surrogate.ts";

const at = (mhz: number): Emitted[] => [{ knob: "frequency (MHz)", value: mhz }];
const surrogate = (emitted: Emitted[][], seed = 1) =>
  new PoissonSurrogate({
    emitted,
    rate: ([frequency]) => (frequency?.value ?? 0) / 4,
    stepMs: 100,
    features: together(counts(), perChip(2), virtualNodes(2)),
    chips: 2,
    cores: [0, 1, 2],
    seed,
  });

describe("PoissonSurrogate", () => {
  it("has the rate of each step's set-point, in counts whose variance is their mean", async () => {
    const log = Array.from({ length: 4000 }, (_, i) => at(i % 2 === 0 ? 200 : 600));
    const { states, names } = await drive(surrogate(log), new Float64Array(4000));
    expect(names.slice(0, 2)).toEqual(["nonces valid", "nonces invalid"]);
    const of = (parity: number) => Array.from({ length: 2000 }, (_, i) => states.data[(2 * i + parity) * names.length] as number);
    for (const [parity, expected] of [
      [0, 5],
      [1, 15],
    ] as const) {
      const values = of(parity);
      const mean = values.reduce((sum, value) => sum + value, 0) / 2000;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1999;
      // Standard error of the mean: sqrt(expected / 2000).
      expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(expected / 2000));
      expect(Math.abs(variance / mean - 1)).toBeLessThan(0.15);
    }
    const row = [...states.data.subarray(0, names.length)];
    expect((row[2] as number) + (row[3] as number)).toBe(row[0]);
    expect((row[4] as number) + (row[5] as number)).toBe(row[0]);
  });

  it("is the same for the same seed, leaves out the steps its run left out, and refuses steps that were not logged", async () => {
    const log = [at(400), [], at(400)];
    const [a, b] = [await drive(surrogate(log), new Float64Array(3)), await drive(surrogate(log), new Float64Array(3))];
    expect(a.states).toEqual(b.states);
    expect([...a.valid]).toEqual([1, 0, 1]);
    await expect(drive(surrogate(log), new Float64Array(4))).rejects.toMatchObject({ code: "NO_DRIVE_LOG" });
  });

  it("a rate of nothing gives nothing", async () => {
    const { states } = await drive(surrogate([at(0)]), new Float64Array(1));
    expect([...states.data]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
