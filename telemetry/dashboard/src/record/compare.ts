/** Two runs beside each other: what their nonces look like, and in what they were made differently. */

import { cvBlocks } from "../timing/cv-blocks.ts";
import { residualHistogram } from "../timing/residuals.ts";
import { number, object } from "./json.ts";

/** Figures of the nonces at a run's beginning. */
export interface NonceFigures {
  readonly rows: number;
  readonly seconds: number;
  readonly perSecond: number | null;
  readonly invalidShare: { readonly share: number; readonly low: number; readonly high: number } | null;
  /** Mean of the blocks' CVs, and how many of them lie outside the Poisson band. */
  readonly cv: { readonly mean: number; readonly blocks: number; readonly outside: number; readonly intervals: number } | null;
  readonly residual: { readonly medianMs: number; readonly spreadMs: number } | null;
}

/** Of one answer of GET /api/v1/runs/ID/nonces; null when it is none. */
export function nonceFigures(answer: unknown): NonceFigures | null {
  const columns = object(object(answer)?.columns);
  const { tNs, status, residualNs } = columns ?? {};
  if (!Array.isArray(tNs) || !Array.isArray(status) || !Array.isArray(residualNs) || tNs.length === 0) return null;
  const first = BigInt(String(tNs[0]));
  const allMs = tNs.map((t) => Number(BigInt(String(t)) - first) / 1e6);
  const valid = status.flatMap((one, row) => (one === 0 ? [row] : []));
  const invalid = status.filter((one) => one === 1).length;
  const timesMs = Float64Array.from(valid, (row) => allMs[row] as number);
  const blocks = cvBlocks(timesMs);
  const residuals = residualHistogram(
    Float64Array.from(valid, (row) => {
      const ns = number(residualNs[row]);
      return ns === null ? Number.NaN : ns / 1e6;
    }),
  );
  const seconds = (allMs.at(-1) as number) / 1000;
  return {
    rows: tNs.length,
    seconds,
    perSecond: seconds > 0 ? (valid.length - 1) / seconds : null,
    invalidShare: wilson(invalid, valid.length + invalid),
    cv:
      blocks === null
        ? null
        : {
            mean: blocks.cv.reduce((sum, value) => sum + value, 0) / blocks.cv.length,
            blocks: blocks.cv.length,
            outside: blocks.outside,
            intervals: blocks.intervals,
          },
    residual: residuals === null ? null : { medianMs: residuals.medianMs, spreadMs: residuals.spreadMs },
  };
}

const Z = 1.959964;

/** A share with its 95 % interval (Wilson 1927); null of nothing. */
export function wilson(hits: number, of: number): NonceFigures["invalidShare"] {
  if (of === 0) return null;
  const share = hits / of;
  const middle = (share + (Z * Z) / (2 * of)) / (1 + (Z * Z) / of);
  const half = (Z / (1 + (Z * Z) / of)) * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

export interface Difference {
  /** Names on the way to the value, with points between them. */
  readonly path: string;
  /** As JSON; null: not there. */
  readonly a: string | null;
  readonly b: string | null;
}

/** Values that two trees do not share, by path in the order of their names. Lists are compared as a whole. */
export function differences(a: unknown, b: unknown): Difference[] {
  const [left, right] = [leaves(a), leaves(b)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .sort()
    .map((path) => ({ path, a: left.get(path) ?? null, b: right.get(path) ?? null }));
}

function leaves(tree: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  const branch = object(tree);
  if (branch === null || Object.keys(branch).length === 0) {
    if (tree !== undefined) into.set(path, JSON.stringify(tree));
    return into;
  }
  for (const [name, value] of Object.entries(branch)) leaves(value, path === "" ? name : `${path}.${name}`, into);
  return into;
}
