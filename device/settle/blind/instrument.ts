/**
 * The instrument that is scored: a fixed set of tests, each for one way in which timing could know something, on a recording of which nothing is said. It knows
 * the kinds that docs/planted-effects.md lists and their usual parameters, and neither which one was planted nor whether any was.
 */
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import { betainc, studentTSf } from "../../../reservoir/statistics/special.ts";
import { lineInRate, lineInResiduals } from "./lines.ts";
import { neighboursP } from "./neighbours.ts";
import type { Observed } from "./observed.ts";

/** Below the 0.05 that is promised: where p-values are uniform, alarms at 0.05 come in 5 of 100 nulls, and their bound never falls below that. */
export const BLIND_ALPHA = 0.02;

export interface BlindTest {
  readonly name: string;
  readonly pValue: number;
}

export interface BlindAnswer {
  readonly nonces: number;
  readonly tests: readonly BlindTest[];
  /** Of the least of them, as if the tests were independent: 1 - (1 - p)^tests (Sidak 1967). */
  readonly pValue: number;
  /** The test that speaks loudest; a finding only when `planted`. */
  readonly strongest: string;
  readonly planted: boolean;
}

/** Time constants and leaks of a memory of the drive that are looked for. */
const POLES_S = [3] as const;
const LEAKS = [0.6] as const;
const STEP_S = 0.5;
/** A winner has so many bits more than the least difficulty. */
const WINNER_BITS = 2;
const LEAST_NONCES = 100;

/** null below a hundred nonces: no answer. */
export function blindAnswer(observed: Observed): BlindAnswer | null {
  const n = observed.residualNs.length;
  if (n < LEAST_NONCES) return null;
  const tests = testsFor(observed);
  const strongest = tests.reduce((least, test) => (test.pValue < least.pValue ? test : least));
  const pValue = -Math.expm1(tests.length * Math.log1p(-Math.min(strongest.pValue, 1 - 1e-16)));
  return { nonces: n, tests, pValue, strongest: strongest.name, planted: pValue < BLIND_ALPHA };
}

function testsFor(observed: Observed): BlindTest[] {
  const { chip, residualNs, difficultyLog2 } = observed;
  const chain = chip.some((one) => one > 0);
  const neighbours = { name: "neighbours in the chain", pValue: chain ? neighboursP(observed) : 1 };
  // Chips of a chain have slow fields of their own (shared rails), which every test that takes residuals for independent hears as memory.
  if (chain && dependsOnItsPast(observed)) return [neighbours];
  return [
    ...POLES_S.map((tau) => ({ name: `memory of the drive, pole of ${tau} s`, pValue: correlationP(poleAt(observed, tau), residualNs) })),
    ...LEAKS.map((leak) => ({ name: `memory of past steps, leak ${leak}`, pValue: correlationP(kernelAt(observed, leak), residualNs) })),
    { name: "line in the residuals", pValue: lineInResiduals(observed) },
    { name: "line in the rate", pValue: lineInRate(observed, STEP_S) },
    { name: "difficulty in the residuals", pValue: correlationP(difficultyLog2, residualNs) },
    { name: "offsets of cores", pValue: coresP(observed) },
    { name: "a delay before a winner", pValue: precursorP(observed) },
    ...(chain ? [neighbours] : []),
  ];
}

const DEPENDENT_BELOW = 1e-6;

/** A chip's residual goes with the one before it, beyond all chance. */
function dependsOnItsPast({ chip, residualNs }: Observed): boolean {
  const last = new Map<number, number>();
  const pairs: [number, number][] = [];
  for (const [i, residual] of residualNs.entries()) {
    const before = last.get(chip[i] as number);
    if (before !== undefined) pairs.push([before, residual]);
    last.set(chip[i] as number, residual);
  }
  const column = (at: 0 | 1) => Float64Array.from(pairs, (pair) => pair[at]);
  return correlationP(column(0), column(1)) < DEPENDENT_BELOW;
}

/** Two-sided, by Student's t; 1 where one of them does not vary. */
function correlationP(a: Float64Array, b: Float64Array): number {
  const r = pearson(a, b);
  if (!Number.isFinite(r)) return 1;
  const degrees = a.length - 2;
  return Math.min(1, 2 * studentTSf(Math.abs(r) * Math.sqrt(degrees / Math.max(1e-300, 1 - r * r)), degrees));
}

/** The drive through one pole, at each nonce. */
function poleAt({ tS, drive }: Observed, tauS: number): Float64Array {
  let [state, step] = [0, 0];
  let sinceS = drive[0]?.tS ?? 0;
  const settled = (at: number) => {
    const decay = Math.exp(-(at - sinceS) / tauS);
    return decay * state + (1 - decay) * (2 * (drive[step]?.u ?? 0.5) - 1);
  };
  return tS.map((at) => {
    for (let next = drive[step + 1]; next !== undefined && next.tS <= at; next = drive[step + 1]) {
      state = settled(next.tS);
      sinceS = next.tS;
      step++;
    }
    return settled(at);
  });
}

/** The leaky sum of the steps before the one that holds each nonce. */
function kernelAt({ tS, drive }: Observed, leak: number): Float64Array {
  const sums = [0];
  for (const { u } of drive) sums.push(leak * (sums.at(-1) as number) + 2 * u - 1);
  const firstS = drive[0]?.tS ?? 0;
  return tS.map((at) => sums[Math.max(0, Math.min(drive.length - 1, Math.floor((at - firstS) / STEP_S)))] as number);
}

/** One-way analysis of variance of the residuals by chip and core. */
function coresP({ chip, core, residualNs }: Observed): number {
  const n = residualNs.length;
  const sums = new Map<number, { sum: number; count: number }>();
  let [total, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const place = (chip[i] as number) * 65_536 + (core[i] as number);
    const at = sums.get(place) ?? { sum: 0, count: 0 };
    sums.set(place, { sum: at.sum + (residualNs[i] as number), count: at.count + 1 });
    total += residualNs[i] as number;
  }
  const mean = total / n;
  for (let i = 0; i < n; i++) squares += ((residualNs[i] as number) - mean) ** 2;
  const between = [...sums.values()].reduce((sum, { sum: own, count }) => sum + (own - count * mean) ** 2 / count, 0);
  const [d1, d2] = [sums.size - 1, n - sums.size];
  if (d1 < 1 || d2 < 1 || !(squares > between)) return 1;
  const f = between / d1 / ((squares - between) / d2);
  return betainc(d2 / 2, d1 / 2, d2 / (d2 + d1 * f));
}

/** A residual against whether the chip's next answer is a winner. */
function precursorP({ chip, difficultyLog2, residualNs }: Observed): number {
  const least = Math.floor(difficultyLog2.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY) + 1e-3);
  const last = new Map<number, number>();
  const before: number[] = [];
  const winner: number[] = [];
  for (const [i, residual] of residualNs.entries()) {
    const former = last.get(chip[i] as number);
    if (former !== undefined) {
      before.push(former);
      winner.push((difficultyLog2[i] as number) - least >= WINNER_BITS ? 1 : 0);
    }
    last.set(chip[i] as number, residual);
  }
  return correlationP(Float64Array.from(before), Float64Array.from(winner));
}
