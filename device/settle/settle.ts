/** Settles rows one after the other. What is done is handed over after each row, so that a run that is cut off loses one row at most. */
import { AsicError } from "../../common/errors.ts";
import { type ClaimRow, type Finding, rigHours, type SettleBench, type Settled } from "./claim.ts";

export interface SettleSettings {
  /** Rows that a former run has settled. */
  readonly done?: readonly Settled[];
  readonly onSettled?: (settled: Settled) => void;
}

/** In the order of `rows`. A recording that cannot be read leaves its rows without an answer, and says why. */
export async function settle(
  rows: readonly ClaimRow[],
  bench: SettleBench,
  { done = [], onSettled }: SettleSettings = {},
): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const [i, row] of rows.entries()) {
    const before = done.find(({ name }) => name === row.name);
    if (before !== undefined) {
      settled.push(before);
      continue;
    }
    bench.progress(`claim ${row.row}: ${row.name}`, i, rows.length);
    const one = await settleRow(row, bench);
    settled.push(one);
    onSettled?.(one);
  }
  return settled;
}

async function settleRow(claim: ClaimRow, bench: SettleBench): Promise<Settled> {
  const { row, name, published, device, kind } = claim;
  const shell = { row, name, claim: claim.claim, published, device, kind, rehearsal: null };
  try {
    const finding = (await claim.run?.(bench)) ?? null;
    return { ...shell, ...(finding ?? unanswered(claim, missing(claim))) };
  } catch (error) {
    if (!(error instanceof AsicError)) throw error;
    return { ...shell, ...unanswered(claim, `It could not be measured: ${error.code}, ${error.message}`) };
  }
}

function missing({ run }: ClaimRow): string {
  return run === null
    ? "No recording or arithmetic can answer it."
    : "Its recordings are not here: give their folder with --data or ASICR_DATA.";
}

function unanswered({ rig }: ClaimRow, why: string): Finding {
  const need =
    rig === null ? "" : ` It takes ${rig.rig}: ${rig.design}; ${rig.arms} x ${rig.samples} ${rig.unit}, about ${hoursText(rigHours(rig))}.`;
  return {
    measured: [],
    controls: [],
    sampleSize: "0",
    power: rig === null ? "none" : `with the rig's design: ${rig.detects}`,
    verdict: "not testable with these data",
    because: `${why}${need}`,
    evidence: [],
    origin: null,
    plots: [],
  };
}

export function hoursText(hours: number): string {
  if (hours >= 48) return `${(hours / 24).toFixed(1)} days`;
  return hours >= 1 ? `${hours.toFixed(1)} h` : `${Math.ceil(60 * hours)} min`;
}
