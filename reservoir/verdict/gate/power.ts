/** What a run can detect, said before it begins. specs/reservoir.md 5, "Power" */
import { createHash } from "node:crypto";
import { capacityP } from "../../properties/capacity.ts";
import { betainc, gammaln, normalQuantile } from "../../statistics/special.ts";
import type { GatePlan } from "./session.ts";
import { MOST_MSE_RATIO } from "./usefulness.ts";

/** The chance to find a capacity C of one term at `level`, with r independent features, q columns of the base (constant included), n rows: noncentral F, lambda = n C / (1 - C). */
export function capacityPower(c: number, n: number, r: number, q: number, level: number): number {
  const m = n - r - q;
  const critical = solve((raw) => capacityP(raw, r, m) <= level);
  const half = (n * c) / (1 - c) / 2;
  // Poisson mixture of Beta tails, from its largest term outwards.
  const middle = Math.floor(half);
  let power = 0;
  for (const step of [1, -1]) {
    for (let j = step === 1 ? middle : middle - 1; j >= 0; j += step) {
      const weight = Math.exp(-half + j * Math.log(half || 1e-300) - gammaln(j + 1));
      power += weight * betainc(m / 2, r / 2 + j, 1 - critical);
      if (weight < 1e-12) break;
    }
  }
  return Math.min(1, power);
}

/** The least capacity found with probability `power`, by bisection. */
export function detectableCapacity(n: number, r: number, q: number, level: number, power = 0.9): number {
  return solve((c) => capacityPower(c, n, r, q, level) >= power);
}

function solve(above: (x: number) => boolean): number {
  let [low, high] = [0, 1 - 1e-9];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (above(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Least gain in squared error, as a share, for which the observed gain is `asked` or more with probability `power`: the sum over n steps of 2 e d - d^2 is nearly normal, d the readout's step. */
export function detectableGain(n: number, asked: number, power = 0.9): number {
  return solve((g) => g >= asked && g - asked >= normalQuantile(power) * 2 * Math.sqrt((g * (1 - g)) / n));
}

export interface Foresight {
  readonly usableSteps: number;
  /** Least memory capacity of a single lag that will be found in 9 of 10 runs. */
  readonly detectable: number;
  /** Least gain in squared error that will be called useful in 9 of 10 sessions, and in all sessions of 9 of 10 studies. */
  readonly usefulGain: number;
  readonly usefulGainInAll: number;
  /** Steps needed to find a capacity of 0.02 in 9 of 10 runs; null beyond ten million. */
  readonly stepsForTwoPercent: number | null;
}

/** For a plan with `sessions` sessions of `steps` steps, `features` independent features and `channels` logged channels of drive. */
export function foresee(plan: GatePlan, steps: number, features: number, channels: number, sessions = 1): Foresight {
  const q = 1 + channels * plan.degrees;
  const level = plan.alpha / plan.lags;
  const lost = plan.washout + 2 * plan.lags;
  const detectable = (n: number) => detectableCapacity(n, features, q, level);
  let needed: number | null = null;
  for (let n = 3 * (q + features); n <= 1e7 && needed === null; n = Math.ceil(n * 1.05)) if (detectable(n) <= 0.02) needed = n + lost;
  const usableSteps = steps - lost;
  const enough = usableSteps > q + features + 10;
  const gain = (power: number) => (enough ? detectableGain(usableSteps, 1 - MOST_MSE_RATIO, power) : 1);
  return {
    usableSteps,
    detectable: enough ? detectable(usableSteps) : 1,
    usefulGain: gain(0.9),
    usefulGainInAll: gain(0.9 ** (1 / sessions)),
    stepsForTwoPercent: needed,
  };
}

/** What was decided before the first step, as one hash to be stored with it: keys in order, so that the same plan has the same hash. */
export function planHash(plan: unknown): string {
  return createHash("sha256").update(canonical(plan)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
      .join(",")}}`;
  return JSON.stringify(value) ?? "null";
}
