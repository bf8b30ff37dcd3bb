import { addressInterval } from "../bm13xx/addresses.ts";
import { COUNTER_STEPS, COUNTS_PER_ADDRESS, type NonceOrigin } from "./nonce.ts";

/** Share of a chip's slice after which new work is due. specs/bm1387.md 3.6 */
const PERIOD_SHARE = 0.9;

/** A stamp may be so much earlier than it should: start and arrival are both known to a few microseconds only. */
const EARLY_NS = 20_000;

/** What the ideal time of a nonce depends on, besides the nonce. */
export interface Sweep {
  /** Core clock of each chip, by position on the chain. */
  readonly frequenciesMhz: readonly number[];
  /** Versions tried per count. */
  readonly midstates: number;
}

/** Counts from one chip's start to the next one's. specs/bm1387.md 3.6 */
export function sliceCounts(chips: number): number {
  return addressInterval(chips) * COUNTS_PER_ADDRESS;
}

/** Time between works, whole ns: 0.9 of what the fastest chip needs for its slice. specs/bm1387.md 3.6 */
export function workPeriodNs({ frequenciesMhz, midstates }: Sweep): number {
  return Math.floor((PERIOD_SHARE * midstates * sliceCounts(frequenciesMhz.length) * 1000) / Math.max(...frequenciesMhz));
}

/**
 * Ideal time from the start of a job to the moment chip `chip` comes to `counter`, ns: one count per core clock and midstate, from the chip's
 * address on, once around. The job starts at the end of its frame's last stop bit. specs/bm1387.md 3.6, 11
 */
export function idealOffsetNs(counter: number, chip: number, { frequenciesMhz, midstates }: Sweep): number {
  const start = chip * sliceCounts(frequenciesMhz.length);
  const position = (counter - start + COUNTER_STEPS) % COUNTER_STEPS;
  return (position * midstates * 1000) / (frequenciesMhz[chip] as number);
}

/** Who found a nonce, and when it should have. */
export interface Placed {
  readonly chip: number;
  readonly idealNs: number;
}

/**
 * The chip that found a nonce `observedNs` after its job started, on work that lasted `lastedNs` (infinity while it lasts). As long as works are on time that is the chip in
 * whose slice the counter lies. When a work lasted longer, chips ran on into the slices behind theirs; then of those that can have come
 * by, it is the one that came last before the nonce was seen. specs/bm1387.md 3.6, 7.12
 */
export function placeNonce({ counter, slice }: NonceOrigin, observedNs: number, lastedNs: number, sweep: Sweep): Placed {
  let placed: Placed = { chip: slice, idealNs: idealOffsetNs(counter, slice, sweep) };
  let latestNs = placed.idealNs <= observedNs + EARLY_NS ? placed.idealNs : Number.NEGATIVE_INFINITY;
  for (let chip = 0; chip < sweep.frequenciesMhz.length; chip++) {
    const idealNs = idealOffsetNs(counter, chip, sweep);
    if (idealNs <= latestNs || idealNs > observedNs + EARLY_NS || idealNs > lastedNs) continue;
    placed = { chip, idealNs };
    latestNs = idealNs;
  }
  return placed;
}
