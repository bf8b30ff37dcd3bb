/** What the recordings hold: the capture beside its README, and the published sets that no verdict may rest on, each refused by name. */
import { matrix } from "../../reservoir/matrix.ts";
import { checkPredictor, type PredictorRows } from "../../reservoir/verdict/claims/predictor-check.ts";
import { quantities, statedValues } from "../recordings/stated-table.ts";
import type { Evidence } from "./claim.ts";
import type { NumberTable, Recordings } from "./recordings.ts";

/** Features of each, as the published trainers took them. */
export const FLAWED_SETS: Readonly<Record<string, readonly string[]>> = {
  "s9-labels-0000-1499.csv": ["jitter_ms"],
  "lv06-windows-2s.csv": ["window_shares", "jitter_mean", "jitter_std"],
  "lv06-windows-3s.csv": ["share_count", "jitter_mean", "jitter_std"],
};

export interface RecordingsReport {
  /** Quantity, ours, as stated beside the capture; null without a capture. */
  readonly capture: { readonly rows: readonly (readonly [string, string, string | null])[]; readonly evidence: Evidence } | null;
  readonly flawed: readonly {
    readonly file: string;
    readonly rows: number;
    readonly refused: readonly string[];
    readonly evidence: Evidence;
  }[];
}

/** Rows of a set as its trainer takes them. */
export function trainerRows({ columns, rows }: NumberTable, names: readonly string[]): PredictorRows {
  const features = matrix(rows, names.length);
  for (const [c, name] of names.entries())
    for (const [r, value] of (columns.get(name) as Float64Array).entries()) features.data[r * names.length + c] = value;
  return { names, features, labels: columns.get("label") as Float64Array, timesS: columns.get("timestamp") as Float64Array };
}

export async function reportRecordings(recordings: Recordings): Promise<RecordingsReport> {
  const capture = await recordings.capture();
  const stated = statedValues(recordings.readme());
  const flawed: RecordingsReport["flawed"][number][] = [];
  for (const [file, names] of Object.entries(FLAWED_SETS)) {
    const table = recordings.flawed(file);
    if (table === null) continue;
    const { refused } = await checkPredictor(trainerRows(table, names));
    flawed.push({ file, rows: table.rows, refused, evidence: table.evidence });
  }
  return {
    capture: capture && {
      rows: quantities(capture.report).map(([name, ours]) => [name, ours, stated.get(name) ?? null] as const),
      evidence: capture.evidence,
    },
    flawed,
  };
}
