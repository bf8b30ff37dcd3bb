import { createReadStream, statSync } from "node:fs";
import { type CsvError, type Info, parse } from "csv-parse";
import { RecordingError } from "../../common/errors.ts";
import { headerOfShare, type StratumShare } from "../../drivers/stratum/share.ts";

const COLUMNS = [
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
type Row = Record<(typeof COLUMNS)[number], string>;

/** One share of a capture, ready to be hashed. */
export interface CapturedShare {
  /** Line in the file, counted from 1 with the header line. */
  readonly line: number;
  readonly timestampS: number;
  readonly jitterMs: number;
  readonly header: Uint8Array;
}

export interface BadRow {
  readonly line: number;
  readonly reason: string;
}

/**
 * Reads a share capture (CSV: one mining.submit a row, with the notify fields it answers). Rows that cannot be read are
 * listed with their line and left out; the others are returned in file order. RecordingError when the file is no capture at all.
 */
export async function readShareCapture(file: string): Promise<{ shares: CapturedShare[]; bad: BadRow[] }> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new RecordingError("RECORDING_MISSING", `There is no file ${file}.`, "Check the path.", { file });
  if (!stat.isFile()) throw new RecordingError("RECORDING_MISSING", `${file} is not a file.`, "Name the CSV file itself.", { file });

  const shares: CapturedShare[] = [];
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
      else shares.push(share);
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
  return { shares, bad };
}

function checkColumns(file: string, names: string[]): string[] {
  const missing = COLUMNS.filter((name) => !names.includes(name));
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
  const share: StratumShare = { ...row, merkleBranch };
  const header = headerOfShare(share);
  if ("malformed" in header) return { line, reason: `malformed: ${header.malformed}` };
  return { line, timestampS, jitterMs, header };
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
