/** A recording of `twin plant` as an instrument sees it: never the answer. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { RecordingError } from "../../../common/errors.ts";
import { MANIFEST_FILE } from "../../planted/plant-set.ts";

/** Nonces that have a residual, in order of time, and the drive. */
export interface Observed {
  readonly tS: Float64Array;
  readonly chip: Int32Array;
  readonly core: Int32Array;
  /** log2 of the difficulty. */
  readonly difficultyLog2: Float64Array;
  readonly residualNs: Float64Array;
  readonly drive: readonly { readonly tS: number; readonly u: number }[];
}

export interface BlindFile {
  readonly recording: string;
  readonly sha256: string;
  readonly observed: Observed;
}

interface Manifest {
  readonly recordings: readonly string[];
}

/** One after the other. RecordingError BLIND_FORMAT where the folder or a file is not what `twin plant` writes. */
export function* blindFiles(folder: string): Generator<BlindFile> {
  const file = path.join(folder, MANIFEST_FILE);
  if (!existsSync(file)) throw format(file, "it is not there");
  const { recordings } = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  if (!Array.isArray(recordings)) throw format(file, "it lists no recordings");
  for (const recording of recordings) {
    const nonces = path.join(folder, `${path.basename(recording)}.nonces.csv`);
    const text = readText(nonces);
    const drive = columnsOf(path.join(folder, `${path.basename(recording)}.drive.csv`), ["t_ns", "u"]);
    yield { recording, sha256: createHash("sha256").update(text).digest("hex"), observed: observedOf(nonces, text, drive) };
  }
}

export function countBlindFiles(folder: string): number {
  const file = path.join(folder, MANIFEST_FILE);
  return existsSync(file) ? ((JSON.parse(readFileSync(file, "utf8")) as Manifest).recordings?.length ?? 0) : 0;
}

function observedOf(file: string, text: string, drive: readonly string[][]): Observed {
  const rows = pick(file, text, ["t_ns", "chip", "core", "difficulty_log2", "residual_ns"]).filter((row) => row[4] !== "");
  rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  const column = (at: number) => Float64Array.from(rows, (row) => Number(row[at]));
  return {
    tS: column(0).map((ns) => ns / 1e9),
    chip: Int32Array.from(column(1)),
    core: Int32Array.from(column(2)),
    difficultyLog2: column(3),
    residualNs: column(4),
    drive: drive.map(([tNs, u]) => ({ tS: Number(tNs) / 1e9, u: Number(u) })),
  };
}

const columnsOf = (file: string, names: readonly string[]) => pick(file, readText(file), names);

function readText(file: string): string {
  if (!existsSync(file)) throw format(file, "it is not there");
  return readFileSync(file, "utf8");
}

/** The named columns of each row. */
function pick(file: string, text: string, names: readonly string[]): string[][] {
  const [heading = "", ...lines] = text.trimEnd().split("\n");
  const at = names.map((name) => heading.split(",").indexOf(name));
  if (at.includes(-1)) throw format(file, `it lacks ${names.filter((_, i) => at[i] === -1).join(", ")}`);
  return lines.map((line) => {
    const cells = line.split(",");
    return at.map((i) => cells[i] ?? "");
  });
}

function format(file: string, why: string): RecordingError {
  return new RecordingError(
    "BLIND_FORMAT",
    `${file} is not what \`twin plant\` writes: ${why}.`,
    "Name the folder that `twin plant` made.",
    { file },
  );
}
