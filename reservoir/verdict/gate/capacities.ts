/** S2 and S3: what the states know of past inputs beyond a memoryless function of the drive, and of future ones, which nothing can. */
import { capacity } from "../../properties/capacity.ts";
import { legendre } from "../../properties/legendre.ts";
import { joined, type Subspace, spanBeyond } from "../../properties/subspace.ts";
import { holm } from "../../statistics/multiple-testing.ts";
import type { GatePlan, Prepared } from "./session.ts";

export interface Term {
  readonly name: string;
  readonly series: Float64Array;
}

export interface TermCapacity {
  readonly name: string;
  /** Bias-corrected share of the term's variance. */
  readonly capacity: number;
  readonly pValue: number;
  /** Within its family. */
  readonly holmP: number;
}

export interface Family {
  readonly terms: readonly TermCapacity[];
  /** Sum of corrected capacities over the family. */
  readonly total: number;
  readonly leastP: number;
  readonly found: boolean;
}

/** The input k steps before (k < 0: after) each row. */
export function lagged(v: Float64Array, rows: Uint32Array, k: number): Float64Array {
  return Float64Array.from(rows, (row) => v[row - k] as number);
}

export function memoryTerms(v: Float64Array, rows: Uint32Array, lags: number): Term[] {
  return Array.from({ length: lags }, (_, i) => ({ name: `v(t-${i + 1})`, series: lagged(v, rows, i + 1) }));
}

/** The fourteen products of specs/reservoir.md 5 S2: P2(v_{t-k}), v_t v_{t-k}, k = 1..5, and v_{t-1} v_{t-k}, k = 2..5. */
export function nonlinearTerms(v: Float64Array, rows: Uint32Array): Term[] {
  const terms: Term[] = [];
  const now = lagged(v, rows, 0);
  const last = lagged(v, rows, 1);
  for (let k = 1; k <= 5; k++) {
    const past = lagged(v, rows, k);
    terms.push({ name: `P2(v(t-${k}))`, series: past.map((value) => legendre(2, value)) });
    terms.push({ name: `v(t) v(t-${k})`, series: past.map((value, i) => value * (now[i] as number)) });
    if (k > 1) terms.push({ name: `v(t-1) v(t-${k})`, series: past.map((value, i) => value * (last[i] as number)) });
  }
  return terms;
}

export function anticausalTerms(v: Float64Array, rows: Uint32Array, leads: number): Term[] {
  return Array.from({ length: leads }, (_, i) => ({ name: `v(t+${i + 1})`, series: lagged(v, rows, -i - 1) }));
}

/** Capacities of a family of terms, Holm's correction within it. */
export function testFamily(terms: readonly Term[], base: Subspace, states: Subspace, alpha: number): Family {
  const found = terms.map(({ series }) => capacity(series, { base, states }));
  const adjusted = holm(found.map(({ pValue }) => pValue));
  const leastP = Math.min(...adjusted);
  return {
    terms: terms.map(({ name }, i) => ({
      name,
      capacity: found[i]?.corrected ?? 0,
      pValue: found[i]?.pValue ?? 1,
      holmP: adjusted[i] as number,
    })),
    total: found.reduce((sum, { corrected }) => sum + corrected, 0),
    leastP,
    found: leastP < alpha,
  };
}

export interface Capacities {
  /** T0: any function of the present input. */
  readonly response: Family;
  /** T1's family. */
  readonly memory: Family;
  /** T2's family, freed of linear memory too. */
  readonly nonlinear: Family;
  /** S3: must find nothing. */
  readonly anticausal: Family;
}

export function testCapacities(v: Float64Array, prepared: Prepared, plan: GatePlan): Capacities {
  const { rows, base, beyond, whole, states } = prepared;
  const constant: Subspace = { n: base.n, vectors: base.vectors.slice(0, 1) };
  const now = lagged(v, rows, 0);
  const present = Array.from({ length: 5 }, (_, i) => ({ name: `P${i + 1}(v(t))`, series: now.map((value) => legendre(i + 1, value)) }));
  const memory = memoryTerms(v, rows, plan.lags);
  const withMemory = joined(
    base,
    spanBeyond(
      base,
      memory.map(({ series }) => series),
    ),
  );
  const columns = Array.from({ length: states.cols }, (_, column) =>
    Float64Array.from({ length: states.rows }, (__, row) => states.data[row * states.cols + column] as number),
  );
  return {
    response: testFamily(present, constant, whole, plan.alpha),
    memory: testFamily(memory, base, beyond, plan.alpha),
    nonlinear: testFamily(nonlinearTerms(v, rows), withMemory, spanBeyond(withMemory, columns), plan.alpha),
    anticausal: testFamily(anticausalTerms(v, rows, plan.lags), base, beyond, plan.alpha),
  };
}
