/** What a step could know of the steps before it: through a pole, through a leaky sum, from one step so long ago, or from its square. */
import type { DriveStep } from "./observed.ts";

/** Time constants of a pole, s, and leaks per step of a kernel; those between them are seen through their neighbours. */
const POLES_S = [1, 3, 10] as const;
const LEAKS = [0.3, 0.6, 0.9] as const;
/** A ladder of thermal stages has its longest memory some steps back: so many of them, of a step each. */
const STAGES = [2, 4] as const;
/** A delay line tells one of so many steps. */
const LAGS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
/** A square is looked for so many steps back: of the second Legendre polynomial, as in specs/reservoir.md 5, S2. */
const SQUARED_LAGS = [1, 2, 3] as const;

/** Steps to come that are looked at, to see whether the drive follows the delays. */
const AHEAD = [1, 2, 3] as const;

export type Kernel = (u: Float64Array) => Float64Array;

/** Each takes an input, a value from -1 to 1 a step, and never sees the present one, but for the product of it with the one before. */
export function memoryKernels(drive: readonly DriveStep[]): Kernel[] {
  return [
    ...POLES_S.map((tau) => throughPole(drive, tau)),
    ...LEAKS.map((leak) => throughLeak(leak)),
    ...STAGES.map(
      (stages): Kernel =>
        (u) =>
          Array.from({ length: stages }, () => throughLeak(1 / Math.E)).reduce((row, stage) => stage(row), u),
    ),
    ...LAGS.map(
      (lag): Kernel =>
        (u) =>
          u.map((_, step) => u[step - lag] ?? 0),
    ),
    ...SQUARED_LAGS.map(
      (lag): Kernel =>
        (u) =>
          u.map((_, step) => (step < lag ? 0 : 1.5 * (u[step - lag] as number) ** 2 - 0.5)),
    ),
    (u) => u.map((now, step) => now * (u[step - 1] ?? 0)),
    (u) => u.map((_, step) => (u[step - 1] ?? 0) * (u[step - 2] ?? 0)),
  ];
}

/** What a step cannot know, unless the drive follows the delays: single steps after it, and leaky sums of them. */
export function aheadKernels(): Kernel[] {
  const leads = AHEAD.map(
    (lead): Kernel =>
      (u) =>
        u.map((_, step) => u[step + lead] ?? 0),
  );
  return [
    ...leads,
    ...LEAKS.map(
      (leak): Kernel =>
        (u) =>
          throughLeak(leak)(u.toReversed()).reverse(),
    ),
  ];
}

/** The steps before, through a pole, in the middle of each step. */
function throughPole(drive: readonly DriveStep[], tau: number): Kernel {
  const decays = drive.map(({ tS: at }, step) => Math.exp(-((drive[step + 1]?.tS ?? at) - at) / tau));
  return (u) => {
    const mean = meanOf(u);
    let state = 0;
    return u.map((value, step) => {
      const before = state;
      const decay = decays[step] as number;
      state = decay * state + (1 - decay) * (value - mean);
      return before * Math.sqrt(decay);
    });
  };
}

function throughLeak(leak: number): Kernel {
  return (u) => {
    const mean = meanOf(u);
    let state = 0;
    return u.map((value) => {
      const before = state;
      state = leak * state + (value - mean);
      return before;
    });
  };
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
