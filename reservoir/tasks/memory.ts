/** Tasks about the past of a random input: recall, exclusive or, parity, and which waveform is going on. */
import { ScienceError } from "../../common/errors.ts";
import { lcg32, splitmix64 } from "../../common/random.ts";
import type { Task } from "./task.ts";

function checked(steps: number, delay: number): void {
  if (!Number.isInteger(delay) || delay < 0 || steps <= delay)
    throw new ScienceError("TOO_FEW_STEPS", `${steps} steps hold no delay of ${delay}.`, "Make the series longer.", { steps, delay });
}

/** u uniform in [-1, 1); target u(t - delay). */
export function recall(delay: number, seed: number, steps: number): Task {
  checked(steps, delay);
  const random = lcg32(seed);
  const u = Float64Array.from({ length: steps }, () => 2 * random.next() - 1);
  return {
    name: `recall of u(t-${delay})`,
    u,
    range: [-1, 1],
    target: u.map((_, t) => (t >= delay ? (u[t - delay] as number) : Number.NaN)),
    kind: "regression",
    convention: "u uniform in [-1, 1); capacity is 1 - NRMSE^2",
  };
}

/** Random bits as u = 0 or 1; target: 1 when an odd number of u(t - delay), ..., u(t - delay - bits + 1) are 1. Two bits are the exclusive or. */
export function parity(bits: number, delay: number, seed: number, steps: number): Task {
  checked(steps, delay + bits - 1);
  if (!Number.isInteger(bits) || bits < 2)
    throw new ScienceError("TOO_FEW_STEPS", `A parity of ${bits} bits is no task.`, "Use two or more.");
  const random = splitmix64(seed);
  const u = Float64Array.from({ length: steps }, () => (random.next() < 0.5 ? 0 : 1));
  return {
    name: bits === 2 ? `delayed XOR, delay ${delay}` : `parity of ${bits}, delay ${delay}`,
    u,
    range: [0, 1],
    target: u.map((_, t) => {
      if (t < delay + bits - 1) return Number.NaN;
      let odd = 0;
      for (let i = 0; i < bits; i++) odd ^= u[t - delay - i] as number;
      return odd;
    }),
    kind: "classification",
    convention: "fair bits; no linear function of any set of past bits does better than a coin",
  };
}

/** Periods of sine or square wave of 8 samples, one after the other, chosen by coin; target: 1 while it is a square. Phase is the same for both. */
export function waveforms(seed: number, periods: number, samplesPerPeriod = 8): Task {
  const random = splitmix64(seed);
  const target = new Float64Array(periods * samplesPerPeriod);
  const u = new Float64Array(target.length);
  for (let period = 0; period < periods; period++) {
    const square = random.next() < 0.5;
    for (let i = 0; i < samplesPerPeriod; i++) {
      const sine = Math.sin((2 * Math.PI * (i + 0.5)) / samplesPerPeriod);
      u[period * samplesPerPeriod + i] = square ? Math.sign(sine) : sine;
      target[period * samplesPerPeriod + i] = square ? 1 : 0;
    }
  }
  return {
    name: "sine or square",
    u,
    range: [-1, 1],
    target,
    kind: "classification",
    convention: "a period is 8 samples, sampled off the zero crossings; u(t)^2 alone tells the two apart: nonlinearity, no memory",
  };
}

/** Share of targets whose class a prediction names, thresholded at 0.5; chance is the share of the larger class. */
export function accuracy(target: ArrayLike<number>, predicted: ArrayLike<number>): { accuracy: number; chance: number } {
  let [right, ones] = [0, 0];
  for (let i = 0; i < target.length; i++) {
    if (((predicted[i] as number) > 0.5 ? 1 : 0) === target[i]) right++;
    ones += target[i] as number;
  }
  const share = ones / target.length;
  return { accuracy: right / target.length, chance: Math.max(share, 1 - share) };
}
