/** What a search for lines needs of its times and its band. */
import { ScienceError } from "../../common/errors.ts";
import { requireFinite } from "./kernels.ts";

/** ScienceError NO_DATA without events, BAD_VALUES for a time that is not finite. */
export function requireEvents(times: ArrayLike<number>): void {
  if (times.length === 0) throw new ScienceError("NO_DATA", "No events, no line.", "Collect data first.");
  requireFinite("Time", times);
}

/** Largest time less the least, in any order. ScienceError as requireEvents, and NO_DATA when that is nothing. */
export function requireSpread(times: ArrayLike<number>): number {
  requireEvents(times);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < times.length; i++) {
    least = Math.min(least, times[i] as number);
    most = Math.max(most, times[i] as number);
  }
  if (most === least)
    throw new ScienceError("NO_DATA", `${times.length} events at one time have no spectrum.`, "Check the column of times.");
  return most - least;
}

/** ScienceError BAD_WINDOW for a band that ends before it begins, or not at all. */
export function requireBand(from: number, to: number): void {
  if (!(from <= to && Number.isFinite(from) && Number.isFinite(to)))
    throw new ScienceError("BAD_WINDOW", `A band from ${from} to ${to} holds no frequency.`, "Give the lower end first.", { from, to });
}
