/** Chaotic series to be predicted: Mackey-Glass, Lorenz, and a laser's intensity from the equations that Lorenz's share. */
import { ScienceError } from "../../common/errors.ts";
import type { Task } from "./task.ts";

/**
 * Mackey-Glass, dx/dt = 0.2 x(t-tau) / (1 + x(t-tau)^10) - 0.1 x, history 1.2, RK4 with h = 0.1 and the delayed value at the start, the linear middle and the
 * end of each step, one sample per unit of time, the first one x(0). Oracle `mackey_glass` (tau 17).
 */
export function mackeyGlass(samples: number, tau = 17): Float64Array {
  const h = 0.1;
  const perSample = 10;
  const lag = Math.round(tau / h);
  const steps = (samples - 1) * perSample;
  const x = new Float64Array(lag + steps + 1).fill(1.2, 0, lag + 1);
  const slope = (now: number, delayed: number) => (0.2 * delayed) / (1 + delayed ** 10) - 0.1 * now;
  for (let i = 0; i < steps; i++) {
    const now = x[lag + i] as number;
    const [start, end] = [x[i] as number, x[i + 1] as number];
    const middle = (start + end) / 2;
    const k1 = slope(now, start);
    const k2 = slope(now + (h / 2) * k1, middle);
    const k3 = slope(now + (h / 2) * k2, middle);
    const k4 = slope(now + h * k3, end);
    x[lag + i + 1] = now + (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return Float64Array.from({ length: samples }, (_, i) => x[lag + i * perSample] as number);
}

type Vector = readonly [number, number, number];

function rungeKutta(state: Vector, h: number, slope: (at: Vector) => Vector): Vector {
  const along = (a: Vector, b: Vector, by: number): Vector => [a[0] + by * b[0], a[1] + by * b[1], a[2] + by * b[2]];
  const k1 = slope(state);
  const k2 = slope(along(state, k1, h / 2));
  const k3 = slope(along(state, k2, h / 2));
  const k4 = slope(along(state, k3, h));
  const of = (i: 0 | 1 | 2) => state[i] + (h / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  return [of(0), of(1), of(2)];
}

const lorenzSlope =
  (sigma: number, r: number, b: number) =>
  ([x, y, z]: Vector): Vector => [sigma * (y - x), x * (r - z) - y, x * y - b * z];

/** Lorenz 1963, sigma 10, r 28, b 8/3, from (1, 1, 1), RK4 with h = 0.01, transient of 1000 steps dropped: samples x 3, row-major, one sample every `every` steps. */
export function lorenz(samples: number, every = 2): Float64Array {
  const out = new Float64Array(samples * 3);
  let state: Vector = [1, 1, 1];
  const slope = lorenzSlope(10, 28, 8 / 3);
  for (let i = 0; i < 1000; i++) state = rungeKutta(state, 0.01, slope);
  for (let i = 0; i < samples; i++) {
    out.set(state, i * 3);
    for (let k = 0; k < every; k++) state = rungeKutta(state, 0.01, slope);
  }
  return out;
}

/**
 * Intensity x^2 of a single-mode laser by the Lorenz-Haken equations, sigma 2, r 15, b 1/4: the far-infrared NH3 laser whose recording became "Santa Fe A" is
 * described by them (Huebner, Abraham, Weiss 1989). From an equation, so that no recording has to be passed around. Scaled to [0, 1].
 */
export function chaoticLaser(samples: number, every = 8): Float64Array {
  const out = new Float64Array(samples);
  let state: Vector = [1, 1.1, 14];
  const slope = lorenzSlope(2, 15, 0.25);
  for (let i = 0; i < 5000; i++) state = rungeKutta(state, 0.01, slope);
  let most = 0;
  for (let i = 0; i < samples; i++) {
    out[i] = state[0] ** 2;
    most = Math.max(most, out[i] as number);
    for (let k = 0; k < every; k++) state = rungeKutta(state, 0.01, slope);
  }
  return out.map((value) => value / most);
}

/** Predict a series `ahead` samples: the input is the series itself. ScienceError TOO_FEW_STEPS. */
export function prediction(name: string, series: Float64Array, ahead: number): Task {
  if (!Number.isInteger(ahead) || ahead < 1 || series.length <= ahead)
    throw new ScienceError("TOO_FEW_STEPS", `A series of ${series.length} cannot be predicted ${ahead} ahead.`, "Make the series longer.");
  const u = series.slice(0, series.length - ahead);
  return {
    name: `${name}, ${ahead} ahead`,
    u,
    range: [Math.min(...u), Math.max(...u)],
    target: series.slice(ahead),
    kind: "regression",
    convention: `target x(t+${ahead}); one step ahead of Mackey-Glass is a linear task, so report 84 or free-running`,
  };
}

/** Free-running error 84 steps on, NRMSE84 of Jaeger and Haas 2004: rms over trials of the error at step 84 over the series' standard deviation. */
export function nrmse84(predicted: ArrayLike<number>, actual: ArrayLike<number>, standardDeviation: number): number {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += ((predicted[i] as number) - (actual[i] as number)) ** 2;
  return Math.sqrt(sum / actual.length) / standardDeviation;
}
