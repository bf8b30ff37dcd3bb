/** Rehearsals beside a report: each is written when it is done, so that a run that is cut off goes on after the last one. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SOFTWARE } from "../../version.ts";
import type { Rehearsal, Settled } from "../claim.ts";

export const REHEARSALS_FILE = "rehearsals.json";

export interface KeptRehearsals {
  readonly software: string;
  readonly seed: number;
  readonly rehearsals: Readonly<Record<string, Rehearsal>>;
}

/** Those of the folder; none when there are none. */
export function keptRehearsals(folder: string): KeptRehearsals | null {
  const file = path.join(folder, REHEARSALS_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KeptRehearsals) : null;
}

export function keepRehearsals(folder: string, seed: number, rehearsals: KeptRehearsals["rehearsals"]): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, REHEARSALS_FILE);
  const kept: KeptRehearsals = { software: SOFTWARE, seed, rehearsals };
  writeFileSync(`${file}.new`, `${JSON.stringify(kept, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** Beside each claim what was rehearsed of it. Nothing else of the claim changes: a twin settles nothing. */
export function withRehearsals(claims: readonly Settled[], kept: KeptRehearsals | null): Settled[] {
  return claims.map((claim) => ({ ...claim, rehearsal: kept?.rehearsals[claim.name] ?? null }));
}
