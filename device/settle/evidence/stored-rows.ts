/** Rows of the database beside a report, by their ids: read by a second, read-only reader, and hashed by what they say. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { NONCE_COLUMN_NAMES } from "../../../common/nonce-batch.ts";
import { decodeColumns } from "../../../telemetry/store/columns.ts";
import type { StoredRows } from "../claim.ts";

/** The record of what was rehearsed, in the folder of the report; a telemetry database like any other. */
export const EVIDENCE_DATABASE = "evidence.db";

export interface StoredRow {
  /** Id of its row; of a nonce that of its chunk, and its place in it: "7/12". */
  readonly id: string;
  readonly cells: readonly string[];
}

export interface ReadRows {
  readonly columns: readonly string[];
  readonly rows: readonly StoredRow[];
  readonly ids: readonly [number, number];
  readonly sha256: string;
}

/** All rows of one table of a run, as evidence names them; null when there are none. The store must have been flushed. */
export function storedRows(folder: string, run: number, table: StoredRows["table"]): StoredRows | null {
  const read = readStoredRows(folder, { run, table });
  if (read === null || read.rows.length === 0) return null;
  const { ids, sha256, rows } = read;
  const id = `${EVIDENCE_DATABASE}@${sha256.slice(0, 12)}:run ${run} ${table} ${ids[0]}-${ids[1]}`;
  return { id, kind: "rows", database: EVIDENCE_DATABASE, run, table, ids, count: rows.length, sha256 };
}

/** null when the database or the run is not there. */
export function readStoredRows(folder: string, { run, table }: Pick<StoredRows, "run" | "table">): ReadRows | null {
  const file = path.join(folder, EVIDENCE_DATABASE);
  if (!existsSync(file)) return null;
  const db = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  try {
    if (db.prepare("SELECT 1 FROM runs WHERE id = ?").get(run) === undefined) return null;
    const { columns, rows, ids } = table === "nonce_chunks" ? noncesOf(db, run) : rowsOf(db, run, table);
    const hash = createHash("sha256");
    hash.update(`${columns.join(",")}\n`);
    for (const { id, cells } of rows) hash.update(`${id} ${cells.join(",")}\n`);
    return { columns, rows, ids: [ids[0] ?? 0, ids.at(-1) ?? 0], sha256: hash.digest("hex") };
  } finally {
    db.close();
  }
}

function noncesOf(db: Database, run: number) {
  const chunks = db
    .prepare<[number], { id: number; columns: Uint8Array }>("SELECT id, columns FROM nonce_chunks WHERE run = ? ORDER BY seq")
    .all(run);
  const rows = chunks.flatMap(({ id, columns }) => {
    const batch = decodeColumns(columns);
    return Array.from({ length: batch.length }, (_, at) => ({
      id: `${id}/${at}`,
      cells: NONCE_COLUMN_NAMES.map((name) => String(batch[name][at])),
    }));
  });
  return { columns: NONCE_COLUMN_NAMES, rows, ids: chunks.map(({ id }) => id) };
}

const READ = {
  results: { columns: ["kind", "origin", "value"], where: "results" },
  samples: { columns: ["t_ns", "set_core_voltage_mv", "set_frequency_mhz", "core_voltage_mv", "power_w", "chip_temp_c"], where: "samples" },
} as const;

function rowsOf(db: Database, run: number, table: keyof typeof READ) {
  const { columns, where } = READ[table];
  const found = db
    .prepare<[number], Record<string, unknown>>(`SELECT id, ${columns.join(", ")} FROM ${where} WHERE run = ? ORDER BY id`)
    .all(run);
  return {
    columns,
    rows: found.map((row) => ({ id: String(row.id), cells: columns.map((column) => String(row[column] ?? "")) })),
    ids: found.map(({ id }) => Number(id)),
  };
}
