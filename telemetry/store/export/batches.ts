/** The rows of a run's tables, out of the database. */
import type { Database } from "better-sqlite3";
import { decodeColumns } from "../columns.ts";
import { tableOf } from "./nonce-table.ts";
import type { Batch, Cell, ExportTable } from "./tables.ts";

const ROWS_AT_ONCE = 4096;

export function batchesOf(db: Database, table: ExportTable, runId: number): Generator<Batch> {
  return table.orderBy === null ? nonceBatches(db, runId) : rowBatches(db, table, runId);
}

function* nonceBatches(db: Database, runId: number): Generator<Batch> {
  const chunks = db.prepare<[number], { columns: Uint8Array }>("SELECT columns FROM nonce_chunks WHERE run = ? ORDER BY seq");
  for (const { columns } of chunks.iterate(runId)) yield tableOf(decodeColumns(columns));
}

function* rowBatches(db: Database, { name, columns, orderBy }: ExportTable, runId: number): Generator<Batch> {
  const select = db.prepare<[number], Cell[]>(
    `SELECT ${columns.map((column) => column.name).join(", ")} FROM ${name} WHERE run = ? ORDER BY ${orderBy}`,
  );
  let batch: Cell[][] = columns.map(() => []);
  for (const row of select.raw().safeIntegers().iterate(runId)) {
    for (const [at, cells] of batch.entries()) cells.push(row[at] ?? null);
    if ((batch[0]?.length ?? 0) < ROWS_AT_ONCE) continue;
    yield batch;
    batch = columns.map(() => []);
  }
  yield batch;
}
