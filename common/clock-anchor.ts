/** One moment on the monotonic clock and on the wall clock, and what two of them say. docs/time-stamps.md */
import { type Clock, type ClockAnchor, NS_PER_MS } from "./clock.ts";

/** NTP slews a clock by no more than this (adjtimex: 500 ppm); a crystal is off by less. */
const LARGEST_DRIFT_PPM = 1000;
/** A wall clock in whole milliseconds says the beginning of one. */
const HALF_MS_NS = 500_000;

/** From any clock: good to half a millisecond. */
export function anchorOf(clock: Clock): ClockAnchor {
  const beforeNs = clock.nowNs();
  const wallMs = Math.floor(clock.wallMs());
  const widthNs = clock.nowNs() - beforeNs;
  return {
    monotonicNs: beforeNs + widthNs / 2n,
    wallNs: BigInt(wallMs) * NS_PER_MS + BigInt(HALF_MS_NS),
    errorNs: Number((widthNs + 1n) / 2n) + HALF_MS_NS,
  };
}

export interface AnchorChange {
  /** How much further the wall clock went than the monotonic one, ns. */
  readonly gainedNs: number;
  /** What `gainedNs` may be off by: both anchors' errors. */
  readonly errorNs: number;
  /** gainedNs over the time between; null when there was none. */
  readonly driftPpm: number | null;
  /** More than any drift explains: somebody set the wall clock. */
  readonly stepped: boolean;
}

export function anchorChange(from: ClockAnchor, to: ClockAnchor): AnchorChange {
  const elapsedNs = Number(to.monotonicNs - from.monotonicNs);
  const gainedNs = Number(to.wallNs - from.wallNs) - elapsedNs;
  const errorNs = from.errorNs + to.errorNs;
  return {
    gainedNs,
    errorNs,
    driftPpm: elapsedNs > 0 ? (gainedNs / elapsedNs) * 1e6 : null,
    stepped: Math.abs(gainedNs) > errorNs + (Math.abs(elapsedNs) * LARGEST_DRIFT_PPM) / 1e6,
  };
}
