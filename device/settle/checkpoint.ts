/** A run of `settle` on disk: what is settled so far, for `resume`. */
import { createHash } from "node:crypto";
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
  const text = JSON.stringify(checkpoint);
  writeFileSync(`${file}.new`, `${sha256Of(text)}\n${text}`);
  renameSync(`${file}.new`, file);
}

const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex");

/** ConfigError NO_CHECKPOINT when there is none, or it is not as it was written: rows that somebody has edited are nobody's measurement. */
export function readCheckpoint(folder: string): Checkpoint {
  const file = path.join(folder, CHECKPOINT_FILE);
  try {
    if (existsSync(file)) {
      const [sha256, text = ""] = readFileSync(file, "utf8").split("\n", 2);
      if (sha256 === sha256Of(text)) return JSON.parse(text) as Checkpoint;
    }
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
