/** The recordings of a folder, one after the other, each read or with the reason why not: a file that cannot be read takes nothing from the others. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { HEADER_BYTES } from "../../../common/block-header.ts";
import { AsicError, RecordingError } from "../../../common/errors.ts";
import type { Origin } from "../../../common/origin.ts";
import { verifyHeaders } from "../../../drivers/native/index.ts";
import { sha256Hex } from "../../../twin/planted/seal.ts";
import { MANIFEST_FILE } from "../../planted/plant-set.ts";
import { readShareCapture } from "../../recordings/share-capture.ts";
import { observedShares, type Read, readRecording } from "./reading.ts";
import { unreadable } from "./table.ts";

export interface BlindFile {
  readonly recording: string;
  /** Of the file of answers; null when there is none to read. */
  readonly sha256: string | null;
  /** Of the file of the drive; null where there is none beside it. */
  readonly driveSha256: string | null;
  /** Or why not, in words. */
  readonly read: Read | { readonly problem: string };
}

interface Manifest {
  readonly origin?: unknown;
  readonly recordings?: unknown;
}

/** Half an hour of a whole S9 is a hundred. */
const MOST_BYTES = 256 * 2 ** 20;
const ANSWERS = /(\.nonces)?\.csv$/i;
/** What stands beside the answers. */
const BESIDE = /\.(drive|jobs)\.csv$/i;

/** Names of a folder's recordings: those of the manifest of `twin plant`, or every table of answers. RecordingError BLIND_FORMAT where there are none. */
export function blindRecordings(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw noSet(folder, "it is no folder");
  const names =
    ofManifest(path.join(folder, MANIFEST_FILE)) ??
    readdirSync(folder)
      .filter((name) => ANSWERS.test(name) && !BESIDE.test(name))
      .map((name) => name.replace(ANSWERS, ""))
      .sort();
  if (names.length === 0) throw noSet(folder, "there is no recording in it");
  return [...new Set(names)];
}

/** What the manifest says, and a recording where there is none. */
export function blindOrigin(folder: string): Origin {
  const origin = manifestOf(path.join(folder, MANIFEST_FILE))?.origin;
  return origin === "twin" || origin === "hardware" ? origin : "recording";
}

/** null where there is no manifest that lists recordings: then the files themselves say what there is. */
function ofManifest(file: string): string[] | null {
  const recordings = manifestOf(file)?.recordings;
  if (!Array.isArray(recordings) || !recordings.every((name) => typeof name === "string")) return null;
  return recordings.map((name) => path.basename(name));
}

function manifestOf(file: string): Manifest | null {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof manifest === "object" ? (manifest as Manifest) : null;
  } catch {
    return null;
  }
}

/** Never throws for what is in a file. */
export async function blindFile(folder: string, recording: string): Promise<BlindFile> {
  let sha256: string | null = null;
  let driveSha256: string | null = null;
  const read = async () => {
    const file = answersOf(folder, recording);
    const nonces = bytesOf(file);
    sha256 = sha256Hex(nonces);
    const beside = path.join(folder, `${recording}.drive.csv`);
    const isCapture = nonces.subarray(0, 400).includes("coinb1");
    if (isCapture) return readCapture(file);
    const drive = existsSync(beside) ? bytesOf(beside) : null;
    driveSha256 = drive && sha256Hex(drive);
    return readRecording(nonces, drive);
  };
  try {
    const found = await read();
    return { recording, sha256, driveSha256, read: found };
  } catch (error) {
    if (!(error instanceof AsicError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return { recording, sha256, driveSha256, read: { problem: (error as Error).message } };
  }
}

function answersOf(folder: string, recording: string): string {
  const file = [`${recording}.nonces.csv`, `${recording}.csv`].map((name) => path.join(folder, name)).find(existsSync);
  if (file !== undefined) return file;
  const other = readdirSync(folder).find((name) => ANSWERS.test(name) && name.replace(ANSWERS, "") === recording);
  if (other === undefined) throw unreadable(`there is no ${recording}.nonces.csv`);
  return path.join(folder, other);
}

function bytesOf(file: string): Buffer {
  const stat = statSync(file);
  if (!stat.isFile()) throw unreadable(`${path.basename(file)} is no file`);
  if (stat.size > MOST_BYTES) throw unreadable(`${path.basename(file)} has ${stat.size} bytes, and ${MOST_BYTES} are the most`);
  return readFileSync(file);
}

/** A capture's shares are hashed again: what cannot be verified is left out. */
async function readCapture(file: string): Promise<Read> {
  const { shares, bad } = await readShareCapture(file);
  const once = [...new Map(shares.map((share) => [Buffer.from(share.header).toString("hex"), share])).values()];
  once.sort((a, b) => a.timestampS - b.timestampS);
  const headers = new Uint8Array(once.length * HEADER_BYTES);
  for (const [i, { header }] of once.entries()) headers.set(header, i * HEADER_BYTES);
  const observed = observedShares(
    Float64Array.from(once, ({ timestampS }) => timestampS),
    Float64Array.from(verifyHeaders(headers).difficultyLog2),
  );
  const said: readonly (readonly [number, string])[] = [
    [bad.length, "rows that cannot be read"],
    [shares.length - once.length, "answers that had come before"],
  ];
  return { observed, remarks: said.flatMap(([many, what]) => (many > 0 ? [`left out: ${many} ${what}`] : [])) };
}

function noSet(folder: string, why: string): RecordingError {
  return new RecordingError(
    "BLIND_FORMAT",
    `${folder} holds nothing to answer: ${why}.`,
    "Name a folder of recordings, such as `twin plant` makes.",
    { folder },
  );
}
