/** Everything a run of `settle` says, as plain values fit for JSON. */
import { createHash } from "node:crypto";
import type { Answer } from "../../../reservoir/verdict/gate/conclusion.ts";
import { planHash } from "../../../reservoir/verdict/gate/power.ts";
import { SOFTWARE } from "../../version.ts";
import type { ScoreCard } from "../blind/score.ts";
import { type ClaimRow, rigHours, type Settled } from "../claim.ts";
import type { RecordingsReport } from "../flawed-sets.ts";
import { codeSha256 } from "./code-hash.ts";

export const REPORT_FORMAT = "asic-reservoir settle 1";

/** How a row is settled, in the registry's own words. */
export interface Method {
  readonly row: number;
  readonly name: string;
  readonly question: string;
  readonly method: string;
  readonly controls: readonly string[];
  readonly rig: (NonNullable<ClaimRow["rig"]> & { readonly hours: number }) | null;
}

export interface SettleReport {
  readonly format: typeof REPORT_FORMAT;
  readonly software: string;
  readonly seed: number;
  /** Of texts, seed and code: two reports with the same hash were made by the same plan. */
  readonly planHash: string;
  readonly verdicts: Readonly<Record<Answer, number>>;
  readonly claims: readonly Settled[];
  readonly methods: readonly Method[];
  /** null: no recordings were given. */
  readonly recordings: RecordingsReport | null;
  /** How good the instrument was on recordings of which it was told nothing; null before `settle score`. */
  readonly blind: ScoreCard | null;
}

export function methodOf({ row, name, question, method, controls, rig }: ClaimRow): Method {
  return { row, name, question, method, controls, rig: rig && { ...rig, hours: rigHours(rig) } };
}

/** Of everything that decides what a run of these rows measures: their texts, the seed, and the code that runs. */
export function planHashOf(rows: readonly ClaimRow[], seed: number): string {
  const runners = rows.map(({ run }) => createHash("sha256").update(String(run)).digest("hex"));
  return planHash({ software: SOFTWARE, seed, methods: rows.map(methodOf), runners, code: codeSha256() });
}

export function reportOf(
  rows: readonly ClaimRow[],
  claims: readonly Settled[],
  seed: number,
  recordings: RecordingsReport | null,
  blind: ScoreCard | null = null,
): SettleReport {
  const count = (answer: Answer) => claims.filter(({ verdict }) => verdict === answer).length;
  return {
    format: REPORT_FORMAT,
    software: SOFTWARE,
    seed,
    planHash: planHashOf(rows, seed),
    verdicts: {
      reproduced: count("reproduced"),
      refuted: count("refuted"),
      "not testable with these data": count("not testable with these data"),
      "trivially true": count("trivially true"),
    },
    claims,
    methods: rows.map(methodOf),
    recordings,
    blind,
  };
}
