/** A run of `settle` on disk: what is settled so far, for `resume`. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import type { Settled } from "./claim.ts";

export const CHECKPOINT_FILE = "settle.checkpoint.json";

export interface Checkpoint {
  readonly planHash: string;
  /** Rows that were asked for. */
  readonly names: readonly string[];
  readonly seed: number;
  /** Folder of the recordings; null without. */
  readonly data: string | null;
  readonly settled: readonly Settled[];
}

/** Whole or not at all: a run that dies while it writes leaves the file before. */
export function writeCheckpoint(folder: string, checkpoint: Checkpoint): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, CHECKPOINT_FILE);
  writeFileSync(`${file}.new`, JSON.stringify(checkpoint));
  renameSync(`${file}.new`, file);
}

/** ConfigError NO_CHECKPOINT when there is none, or it cannot be read. */
export function readCheckpoint(folder: string): Checkpoint {
  const file = path.join(folder, CHECKPOINT_FILE);
  try {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Checkpoint;
  } catch {
    // A file that is no JSON is as good as none.
  }
  throw new ConfigError(
    "NO_CHECKPOINT",
    `There is no run of settle to go on with in ${folder}.`,
    "Name the folder of the run with --out.",
    { folder },
  );
}
