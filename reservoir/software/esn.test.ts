import { describe, expect, it, vi } from "vitest";
import { lcg32 } from "../../common/random.ts";
import { drive } from "../drive.ts";
import type { EsnNetwork } from "../native/addon.ts";
import { kernels, useKernels } from "../readout/kernels.ts";
import { EchoStateNetwork } from "./esn.ts";

function noise(count: number, seed: number): Float64Array {
  const random = lcg32(seed);
  return Float64Array.from({ length: count }, () => 0.5 * random.next());
}

describe("EchoStateNetwork", () => {
  it("is the same network for the same seed, another for another", async () => {
    const u = noise(50, 1);
    const states = async (seed: number) => [...(await new EchoStateNetwork({ nodes: 12, seed }).harvest(u)).data];
    expect(await states(3)).toEqual(await states(3));
    expect(await states(3)).not.toEqual(await states(4));
  });

  it("gives step by step what it gives in one harvest, and starts from rest when opened", async () => {
    const u = noise(30, 2);
    const network = new EchoStateNetwork({ nodes: 9, seed: 5 });
    const whole = await network.harvest(u);
    const { states } = await drive(network, u);
    expect([...states.data]).toEqual([...whole.data]);
  });

  it("forgets its initial state at the rate its spectral radius says", async () => {
    // Without input scaling and bias the network is linear near 0: |x| shrinks by the spectral radius per step.
    for (const spectralRadius of [0.5, 0.9]) {
      const network = new EchoStateNetwork({ nodes: 60, seed: 6, spectralRadius, bias: 0, inputScaling: 1e-6 });
      const steps = 160;
      const kick = new Float64Array(steps);
      kick[0] = 1;
      const { data } = await network.harvest(kick);
      const norm = (t: number) => Math.hypot(...data.subarray(60 * t, 60 * (t + 1)));
      expect((norm(150) / norm(50)) ** (1 / 100)).toBeCloseTo(spectralRadius, 1.5);
    }
  });

  it.each([
    { nodes: 40, leak: 0.6 },
    { nodes: 300, fanIn: 30, leak: 1 },
    { nodes: 300, fanIn: 30, leak: 1, wiring: "spread" },
  ] as const)("is the same network with and without the addon, to rounding: %o", async (settings) => {
    const u = noise(200, 7);
    const network = () => new EchoStateNetwork({ seed: 8, ...settings });
    const native = await network().harvest(u);
    expect(useKernels("typescript")).toBe(true);
    try {
      const portable = await network().harvest(u);
      for (const [i, value] of native.data.entries()) expect(portable.data[i]).toBeCloseTo(value, 13);
    } finally {
      useKernels("native");
    }
  });

  it("wired in a spread way, a node listens to one node of each run of neighbours", async () => {
    const nodes = 12;
    const fanIn = 4;
    const create = vi.spyOn(kernels(), "createEsn");
    new EchoStateNetwork({ nodes, seed: 9, fanIn, wiring: "spread" });
    const [[{ rowStart, column }]] = create.mock.calls as [[EsnNetwork]];
    create.mockRestore();
    for (let i = 0; i < nodes; i++) {
      const runs = [...column.subarray(rowStart[i], rowStart[i + 1])].map((j) => Math.floor((j * fanIn) / nodes));
      expect(runs).toEqual([0, 1, 2, 3]);
    }
    expect(new Set(column).size).toBeGreaterThan(nodes / 2);
  });

  it("large results that are held at once share no memory, and hold nothing of the ones before", async () => {
    const network = new EchoStateNetwork({ nodes: 300, seed: 10 });
    const steps = 500;
    const [one, other] = [noise(steps, 11), noise(steps, 12)];
    const fresh = async (u: Float64Array) => {
      await network.open();
      return await network.harvest(u);
    };
    const first = await fresh(one);
    const copy = first.data.slice();
    const second = await fresh(other);
    expect(first.data).toEqual(copy);
    expect(second.data).not.toEqual(copy);
    expect((await fresh(one)).data).toEqual(copy);
  });

  it("works at one node and refuses none", async () => {
    expect((await new EchoStateNetwork({ nodes: 1, seed: 1 }).harvest(noise(5, 3))).data.every(Number.isFinite)).toBe(true);
    for (const nodes of [0, 1.5, 65_537, Number.NaN]) expect(() => new EchoStateNetwork({ nodes, seed: 1 })).toThrow(/cannot be built/);
  });

  it.each([
    { seed: 0.5 },
    { seed: undefined as unknown as number },
    { spectralRadius: Number.NaN },
    { spectralRadius: -1 },
    { inputScaling: Number.POSITIVE_INFINITY },
    { bias: Number.NaN },
    { leak: 0 },
    { leak: 1.1 },
    { fanIn: 0 },
    { fanIn: 2.5 },
  ])("refuses a setting out of range by its name: %o", (wrong) => {
    const [setting] = Object.keys(wrong);
    expect(() => new EchoStateNetwork({ nodes: 5, seed: 1, ...wrong })).toThrow(
      expect.objectContaining({ code: "ESN_SETTINGS", message: expect.stringContaining(`network's ${setting} cannot be`) }),
    );
  });

  it("refuses an input that is not finite and says which, and goes on from where it was", async () => {
    const network = new EchoStateNetwork({ nodes: 5, seed: 1 });
    for (const wrong of [Number.NaN, Number.NEGATIVE_INFINITY])
      await expect(network.harvest(Float64Array.of(0.1, wrong))).rejects.toMatchObject({
        code: "NON_FINITE",
        message: `Input 1 is ${wrong}.`,
      });
    const rest = await new EchoStateNetwork({ nodes: 5, seed: 1 }).harvest(noise(4, 1));
    expect((await network.harvest(noise(4, 1))).data).toEqual(rest.data);
  });
});
