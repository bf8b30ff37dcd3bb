/** The kernels of native/addon.ts in TypeScript, for machines without the addon: the same definitions, far slower. */
import type { ReservoirKernels } from "../../native/addon.ts";
import { PortableAccumulator } from "./accumulator.ts";
import { harvest } from "./harvest.ts";
import { portableRidge } from "./ridge.ts";
import { PortableRls } from "./rls.ts";

export const portableKernels: ReservoirKernels = {
  ridge: async (options) => portableRidge(options),
  createAccumulator: (options) => new PortableAccumulator(options),
  createRls: (options) => new PortableRls(options),
  bindReadout({ features, targets, weights, intercepts }) {
    const input = new Float64Array(features);
    const output = new Float64Array(targets);
    const w = weights.slice();
    const b = intercepts.slice();
    return {
      input,
      output,
      step() {
        for (let t = 0; t < targets; t++) {
          let sum = b[t] as number;
          for (let i = 0; i < features; i++) sum += (w[t * features + i] as number) * (input[i] as number);
          output[t] = sum;
        }
      },
    };
  },
  createEsn: (network) => ({
    harvest: async (run) => harvest({ ...network, ...run }),
    bytesPerStep:
      network.value.byteLength + network.column.byteLength + network.inputWeights.byteLength + network.bias.byteLength + 16 * network.nodes,
  }),
  harvest: async (options) => harvest(options),
  kernelName: () => "typescript",
};
