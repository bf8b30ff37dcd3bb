import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { sealAnswer, sha256Hex } from "../../twin/planted/seal.ts";
import type { PlantSpec } from "../../twin/planted/spec.ts";
import { SOFTWARE } from "../version.ts";
import { assign } from "./assignment.ts";
import { runBitaxe } from "./bitaxe-run.ts";
import type { PlantedBoardKind } from "./planted-recording.ts";
import { COLUMNS, recordingFiles } from "./recording-files.ts";
import { runS9 } from "./s9-run.ts";

export const ANSWER_FILE = "answer.sealed.json";
export const MANIFEST_FILE = "manifest.json";

export interface PlantSetOptions {
  readonly plant: PlantSpec;
  readonly board: PlantedBoardKind;
  readonly chips: number;
  readonly seconds: number;
  readonly count: number;
  /** Share of nulls among the recordings. */
  readonly nullShare: number;
  readonly out: string;
  readonly onProgress?: (done: number, count: number) => void;
}

/** Candidates left out by the twin: enough for a minute in well under a second (one chip) or in ten (a whole S9 board). */
const WORK_SCALE: Readonly<Record<PlantedBoardKind, number>> = { bitaxe: 24, s9: 26 };

export interface PlantedSet {
  readonly folder: string;
  readonly recordings: number;
  readonly nonces: readonly number[];
  readonly commitment: string;
}

/**
 * Writes `count` recordings, a manifest that says what they are and nothing of what was planted, and the sealed answer. ConfigError OUT_NOT_EMPTY,
 * PLANT_REFUSED.
 */
export function plantSet(options: PlantSetOptions): PlantedSet {
  const { plant, board, chips, seconds, count, nullShare, out } = options;
  const assigned = assign(plant, chips, count, nullShare);
  makeEmptyFolder(out);
  const workScale = WORK_SCALE[board];
  const files: Record<string, string> = {};
  const nonces: number[] = [];
  const names = assigned.map((_, i) => `recording-${String(i + 1).padStart(String(count).length, "0")}`);
  assigned.forEach(({ runSecret, plant: one }, i) => {
    const run = { board, chips, workScale, seconds, secret: runSecret, plant: one };
    const recording = board === "s9" ? runS9(run) : runBitaxe(run);
    for (const [kind, text] of Object.entries(recordingFiles(recording))) {
      const name = `${names[i]}.${kind}.csv`;
      writeFileSync(path.join(out, name), text);
      files[name] = sha256Hex(text);
    }
    nonces.push(recording.nonces.length);
    options.onProgress?.(i + 1, count);
  });
  const answer = {
    software: SOFTWARE,
    effect: plant.effect,
    recordings: assigned.map(({ plant: { effect, kind, strength, parameter } }, i) => ({
      recording: names[i],
      planted: strength > 0,
      effect,
      kind,
      strength,
      parameter,
    })),
  };
  const sealed = sealAnswer(answer, plant.secret, files);
  const manifest = {
    format: "asic-reservoir planted recordings",
    version: 1,
    origin: "twin",
    software: SOFTWARE,
    board,
    chips,
    workScale,
    seconds,
    driveRangeMhz: [DRIVE_RANGE[board].minMhz, DRIVE_RANGE[board].maxMhz],
    recordings: names,
    columns: COLUMNS,
    files,
    commitment: sealed.commitment,
  };
  writeFileSync(path.join(out, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(path.join(out, ANSWER_FILE), `${JSON.stringify(sealed, null, 2)}\n`);
  return { folder: out, recordings: count, nonces, commitment: sealed.commitment };
}

function makeEmptyFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new ConfigError("OUT_NOT_EMPTY", `${folder} is not empty.`, "Name a new folder: old recordings would mix with the new ones.", {
      folder,
    });
}
