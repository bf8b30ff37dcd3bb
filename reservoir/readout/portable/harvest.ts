import type { HarvestOptions } from "../../native/addon.ts";

/** x <- (1 - a) x + a tanh(W x + Win u + bias) for every step, as native/esn.h. */
export function harvest(options: HarvestOptions): void {
  const { nodes, inputs, steps, rowStart, column, value, inputWeights, bias, leak, input, state, states } = options;
  for (let t = 0; t < steps; t++) {
    const previous = t === 0 ? state.slice() : states.subarray((t - 1) * nodes, t * nodes);
    for (let i = 0; i < nodes; i++) {
      let sum = bias[i] as number;
      for (let d = 0; d < inputs; d++) sum += (inputWeights[i * inputs + d] as number) * (input[t * inputs + d] as number);
      for (let k = rowStart[i] as number; k < (rowStart[i + 1] as number); k++)
        sum += (value[k] as number) * (previous[column[k] as number] as number);
      states[t * nodes + i] = (1 - leak) * (previous[i] as number) + leak * Math.tanh(sum);
    }
  }
  if (steps > 0) state.set(states.subarray((steps - 1) * nodes, steps * nodes));
}
