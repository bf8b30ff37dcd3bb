import { createReadStream, statSync } from "node:fs";
import { type CsvError, type Info, parse } from "csv-parse";
import { RecordingError } from "../../common/errors.ts";
import { headerOfShare, type StratumShare } from "../../drivers/stratum/share.ts";
import { SERVED_COLUMNS, type ServedCapture, type ServedRow, type ServedShare, servedShareOf } from "./served-share.ts";

export const COLUMNS = [
  "timestamp",
  "job_id",
  "jitter_ms",
  "version",
  "prevhash",
  "coinb1",
  "coinb2",
  "extranonce1",
  "extranonce2",
  "merkle_branch",
  "ntime",
  "nbits",
  "nonce",
] as const;
type Row = Record<(typeof COLUMNS)[number], string> & Partial<ServedRow>;

/** One share of a capture, ready to be hashed. */
export interface CapturedShare {
  /** Line in the file, counted from 1 with the header line. */
  readonly line: number;
  readonly timestampS: number;
  readonly jitterMs: number;
  /** 80 bytes; LBRY's 112. */
  readonly header: Uint8Array;
  /** null in captures that another server wrote. */
  readonly served: ServedShare | null;
}

export interface BadRow {
  readonly line: number;
  readonly reason: string;
}

export interface ShareCapture {
  readonly shares: readonly CapturedShare[];
  readonly bad: readonly BadRow[];
  /** What our own server says of all of them; null for a capture of another. */
  readonly served: ServedCapture | null;
}

/**
 * Reads a share capture (CSV: one mining.submit a row, with the notify fields it answers, and what our own server adds). Rows that cannot be read, or that
 * are of another miner's kind than the first, are listed with their line and left out; the others are returned in file order. RecordingError when the file
 * is no capture at all.
 */
export async function readShareCapture(file: string): Promise<ShareCapture> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new RecordingError("RECORDING_MISSING", `There is no file ${file}.`, "Check the path.", { file });
  if (!stat.isFile()) throw new RecordingError("RECORDING_MISSING", `${file} is not a file.`, "Name the CSV file itself.", { file });

  const shares: CapturedShare[] = [];
  let first: ServedShare | null = null;
  const bad: BadRow[] = [];
  const parser = createReadStream(file).pipe(
    parse({
      columns: (names: string[]) => checkColumns(file, names),
      info: true,
      bom: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error: CsvError | undefined) => {
        bad.push({ line: Number(error?.lines ?? 0), reason: skipReason(error) });
        return undefined;
      },
    }),
  );
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Row; info: Info }>) {
      const share = readRow(record, info.lines);
      if ("reason" in share) bad.push(share);
      else if (shares.length > 0 && !isOfOneKind(share.served, first)) bad.push({ line: share.line, reason: OTHER_KIND });
      else {
        first = share.served;
        shares.push(share);
      }
    }
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    throw new RecordingError(
      "RECORDING_UNREADABLE",
      `${file} cannot be read as CSV: ${(cause as Error).message}.`,
      "Check that it is a share capture.",
      { file },
      cause,
    );
  }
  if (shares.length === 0 && bad.length === 0) {
    throw new RecordingError(
      "RECORDING_EMPTY",
      `${file} holds no share.`,
      `A capture has a header line (${COLUMNS.join(",")}) and one row a share.`,
      { file },
    );
  }
  bad.sort((a, b) => a.line - b.line);
  return { shares, bad, served: first };
}

const OTHER_KIND = "malformed: origin, algorithm or work_scale is not the first share's";

function isOfOneKind(a: ServedCapture | null, b: ServedCapture | null): boolean {
  return a?.origin === b?.origin && a?.algorithm === b?.algorithm && a?.workScale === b?.workScale;
}

function checkColumns(file: string, names: string[]): string[] {
  // All of what our server adds or nothing: a twin's capture cannot lose the word by losing a column.
  const isServed = SERVED_COLUMNS.some((name) => names.includes(name));
  const missing = [...COLUMNS, ...(isServed ? SERVED_COLUMNS : [])].filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new RecordingError(
      "RECORDING_FORMAT",
      `${file} is no share capture: its first line lacks ${missing.join(", ")}.`,
      `A capture starts with the line ${COLUMNS.join(",")}.`,
      { file, missing },
    );
  }
  return names;
}

function skipReason(error: CsvError | undefined): string {
  if (error?.code?.includes("COLUMN")) return "malformed: the number of fields differs from the header's (cut off?)";
  return `malformed: ${error?.message ?? "not CSV"}`;
}

function readRow(row: Row, line: number): CapturedShare | BadRow {
  const timestampS = number(row.timestamp);
  if (timestampS === null) return { line, reason: "malformed: timestamp" };
  const jitterMs = number(row.jitter_ms);
  if (jitterMs === null) return { line, reason: "malformed: jitter_ms" };
  const merkleBranch = branches(row.merkle_branch);
  if (merkleBranch === null) return { line, reason: "malformed: merkle_branch" };
  const served = row.origin === undefined ? null : servedShareOf(row as ServedRow);
  if (served !== null && "malformed" in served) return { line, reason: `malformed: ${served.malformed}` };
  const claim = served?.claimTrieRoot ?? null;
  const share: StratumShare = { ...row, merkleBranch, ...(claim === null ? {} : { claimTrieRoot: claim }) };
  const header = headerOfShare(share);
  if ("malformed" in header) return { line, reason: `malformed: ${header.malformed}` };
  return { line, timestampS, jitterMs, header, served };
}

function number(text: string): number | null {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? null : value;
}

function branches(text: string): string[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((entry) => typeof entry === "string") ? list : null;
  } catch {
    return null;
  }
}
