import { ScienceError } from "../../common/errors.ts";
import { loadAddon } from "../native/addon.ts";
import type { StatisticsKernels } from "../native/statistics-kernels.ts";

const native = process.env.ASICR_PORTABLE === "1" ? null : (loadAddon()?.statistics ?? null);
let inUse: StatisticsKernels | null = native;

/** The native kernels, or null where TypeScript has to do: without the addon, or with ASICR_PORTABLE=1. Both give the same numbers, to rounding. */
export const statisticsKernels = (): StatisticsKernels | null => inUse;

/** Chooses by hand, for tests; false when there is no addon to choose. */
export function useStatisticsKernels(which: "native" | "typescript"): boolean {
  if (which === "native" && native === null) return false;
  inUse = which === "native" ? native : null;
  return true;
}

/** From so many values on, memory that was in use before is worth asking for: half a large page of the processor's. */
const LEAST_UNFILLED = 2 ** 17;

/** n values for a result, every one of which the caller sets: what is in a long one at first is anything. */
export function unfilled(n: number): Float64Array {
  return (n < LEAST_UNFILLED ? null : inUse?.unfilled(n)) ?? new Float64Array(n);
}

/** The values as a Float64Array: themselves if they are one, else a copy. */
export const doubles = (x: ArrayLike<number>): Float64Array => (x instanceof Float64Array ? x : Float64Array.from(x));

export function everyFinite(x: ArrayLike<number>): boolean {
  if (inUse !== null && x instanceof Float64Array) return inUse.everyFinite(x);
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return false;
  return true;
}

/** ScienceError BAD_VALUES when some value is not finite: every statistic of it would be NaN, or wrong without saying so. */
export function requireFinite(what: string, x: ArrayLike<number>): void {
  if (everyFinite(x)) return;
  const at = Array.prototype.findIndex.call(x, (value: number) => !Number.isFinite(value));
  throw new ScienceError("BAD_VALUES", `${what} ${at} is ${x[at]}.`, "Leave out what was not measured.", { at });
}

/** Whether all values are the same; of none and of one, true. */
export function isConstant(x: ArrayLike<number>): boolean {
  for (let i = 1; i < x.length; i++) if (x[i] !== x[0]) return false;
  return true;
}

/** ScienceError BAD_TIMES when times fall somewhere or are not finite. */
export function requireOrder(times: ArrayLike<number>): void {
  const [first, last] = [times[0] ?? 0, times[times.length - 1] ?? 0];
  // Between two finite ends nothing that never falls is not finite.
  if (inUse !== null && times instanceof Float64Array && Number.isFinite(first) && Number.isFinite(last) && inUse.neverFalls(times)) return;
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as number;
    if (!Number.isFinite(time) || (i > 0 && time < (times[i - 1] as number)))
      throw new ScienceError("BAD_TIMES", `Event ${i} has the time ${time}, out of order.`, "Sort the event times first.", { at: i });
  }
}

/** x in rising order, as a copy. */
export function sorted(x: ArrayLike<number>): Float64Array {
  if (inUse === null) return new Float64Array(x).sort();
  const copy = unfilled(x.length);
  copy.set(x);
  inUse.sort(copy);
  return copy;
}

/** order[rank] = index of the value of that rank; equal values by index. */
export function sortedOrder(x: Float64Array): Uint32Array {
  const order = new Uint32Array(x.length);
  if (inUse !== null) {
    inUse.sortedOrder(x, order);
    return order;
  }
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
}
