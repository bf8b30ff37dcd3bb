/**
 * Capacities: how much of a target series linear readouts of the states explain (Jaeger 2001, Dambre 2012), with their exact null distribution for an
 * i.i.d. input and their bias taken off. specs/reservoir.md 5 S2, oracles `memory_capacity` and `ipc_exact`
 */
import { betainc } from "../statistics/special.ts";
import { dot, removeWithin, type Subspace } from "./subspace.ts";

export interface Capacity {
  /** Share of the target's variance (beyond the base) that the states explain, in sample. */
  readonly raw: number;
  /** Less what rank alone explains of anything, (raw - b) / (1 - b): 0 on average for no relation. */
  readonly corrected: number;
  /** The chance of so much for a target that has nothing to do with the states: Beta(r / 2, (n - r - q) / 2). */
  readonly pValue: number;
}

/** What explains: `states` orthogonal to `base`, both orthonormal, and `base` holds the constant. */
export interface Explaining {
  readonly base: Subspace;
  readonly states: Subspace;
}

/** Capacity of the states for `target` (n values, left unchanged). A target that lies within the base has capacity 0, p 1. */
export function capacity(target: Float64Array, { base, states }: Explaining): Capacity {
  const n = target.length;
  const r = states.vectors.length;
  const freedom = n - base.vectors.length;
  const total = dot(target, target);
  const rest = removeWithin(target.slice(), base);
  const size = dot(rest, rest);
  if (r === 0 || !(size > 1e-12 * total)) return { raw: 0, corrected: 0, pValue: 1 };
  let explained = 0;
  for (const vector of states.vectors) explained += dot(rest, vector) ** 2;
  const raw = Math.min(1, explained / size);
  const bias = r / freedom;
  return { raw, corrected: (raw - bias) / (1 - bias), pValue: capacityP(raw, r, freedom - r) };
}

/** P(C > raw) for r states and m = n - r - q degrees of freedom left, from the tail itself. */
export function capacityP(raw: number, r: number, m: number): number {
  if (r < 1) return 1;
  return betainc(m / 2, r / 2, 1 - raw);
}
