import { describe, expect, it } from "vitest";
import { drive } from "./drive.ts";
import { DelayLine } from "./software/delay-line.ts";
import type { StepOutcome, Substrate } from "./substrate.ts";

/** A substrate with one feature, 2 u, that does at each step what the test says. */
function doubling(change: (index: number) => Partial<StepOutcome> | Error = () => ({})) {
  const calls: string[] = [];
  const substrate: Substrate = {
    name: "doubling",
    origin: "software",
    featureNames: ["2u"],
    open: async () => void calls.push("open"),
    close: async () => void calls.push("close"),
    step: async (u, index) => {
      calls.push(`step ${index}`);
      const changed = change(index);
      if (changed instanceof Error) throw changed;
      return { features: Float64Array.of(2 * u), emitted: [{ knob: "u", value: u }], valid: true, ...changed };
    },
  };
  return { substrate, calls };
}

describe("drive", () => {
  const u = Float64Array.of(0.1, 0.2, 0.3);

  it("applies the inputs in order, keeps features and what was emitted, opens first and closes last", async () => {
    const { substrate, calls } = doubling();
    const seen: number[] = [];
    const driven = await drive(substrate, u, { onProgress: (done, total) => seen.push(done / total) });
    expect([...driven.states.data]).toEqual([0.2, 0.4, 0.6]);
    expect([...driven.valid]).toEqual([1, 1, 1]);
    expect(driven.emitted.map((list) => list[0]?.value)).toEqual([...u]);
    expect(calls).toEqual(["open", "step 0", "step 1", "step 2", "close"]);
    expect(seen.at(-1)).toBe(1);
  });

  it("marks an invalid step, hides its features, counts its reason and goes on", async () => {
    const { substrate } = doubling((index) =>
      index === 1 ? { valid: false, reason: "read-back off", features: new Float64Array(7) } : {},
    );
    const driven = await drive(substrate, u);
    expect([...driven.states.data]).toEqual([0.2, Number.NaN, 0.6]);
    expect([...driven.valid]).toEqual([1, 0, 1]);
    expect([...driven.invalid]).toEqual([["read-back off", 1]]);
  });

  it("refuses a valid step with another number of features, and still closes", async () => {
    const { substrate, calls } = doubling((index) => (index === 2 ? { features: new Float64Array(2) } : {}));
    await expect(drive(substrate, u)).rejects.toMatchObject({ code: "FEATURE_COUNT", context: { step: 2 } });
    expect(calls.at(-1)).toBe("close");
  });

  it("passes on what the substrate throws, and still closes", async () => {
    const { substrate, calls } = doubling((index) => (index === 1 ? new RangeError("link lost") : {}));
    await expect(drive(substrate, u)).rejects.toThrow("link lost");
    expect(calls).toEqual(["open", "step 0", "step 1", "close"]);
  });

  it("stops between steps when aborted", async () => {
    const { substrate, calls } = doubling();
    const stop = new AbortController();
    await expect(
      drive(substrate, u, { signal: stop.signal, onProgress: () => stop.abort(new DOMException("stop", "AbortError")) }),
    ).rejects.toThrow("stop");
    expect(calls).toEqual(["open", "step 0", "close"]);
  });
});

it("a delay line holds its last inputs and their products at the given lag", async () => {
  const line = new DelayLine({ taps: 3, productLag: 2 });
  const { states, names } = await drive(line, Float64Array.of(1, 2, 3, 5));
  expect(names).toEqual(["u(t-0)", "u(t-1)", "u(t-2)", "u(t-0) u(t-2)"]);
  expect([...states.data.subarray(0, 4)]).toEqual([1, 0, 0, 0]);
  expect([...states.data.subarray(12)]).toEqual([5, 3, 2, 10]);
});
