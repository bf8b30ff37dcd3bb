/** One step's worth of what a rig delivers, and features made of it. */
import type { NonceBatch } from "../../common/nonce-batch.ts";

export interface StepWindow {
  /** CLOCK_MONOTONIC_RAW, ns: the step lasted from..to. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** Nonces that arrived within it, in order of time. */
  readonly nonces: NonceBatch;
  /** Sensors at its end, by name; null is unknown. */
  readonly analog: Readonly<Record<string, number | null>>;
}

/** Some features of a step. Values that are unknown are NaN: the guard refuses such a column with its reason, nothing fills it in. */
export interface Features {
  readonly names: readonly string[];
  /**
   * Steps of the past that the host adds by itself: 0 for everything read from the substrate. What is above 0 is memory of the host, and a report must
   * say how much of a score it alone explains.
   */
  readonly hostMemory: number;
  of(window: StepWindow): Float64Array;
}

export function windowSeconds({ fromNs, toNs }: StepWindow): number {
  return Number(toNs - fromNs) / 1e9;
}

/** All features side by side, in order. */
export function together(...parts: readonly Features[]): Features {
  return {
    names: parts.flatMap((part) => part.names),
    hostMemory: Math.max(0, ...parts.map((part) => part.hostMemory)),
    of: (window) => Float64Array.from(parts.flatMap((part) => [...part.of(window)])),
  };
}
