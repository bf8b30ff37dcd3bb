/**
 * Tables as CSV (RFC 4180, UTF-8, a header line). Numbers are written so that reading them gives the same number; NaN, Infinity and -Infinity are
 * words. Text stands in quotes, always; bytes are hexadecimal; null is an empty field without quotes.
 */
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import type { TableEncoder } from "./files.ts";
import type { Batch, Cell, ColumnType, ExportTable } from "./tables.ts";

/** Rows handed on at once when reading. */
const ROWS_AT_ONCE = 4096;

export function csvEncoder(table: ExportTable): TableEncoder {
  let head = `${table.columns.map((column) => column.name).join(",")}\n`;
  const withHead = (lines: string): Uint8Array => {
    const bytes = Buffer.from(head + lines);
    head = "";
    return bytes;
  };
  return {
    append(batch) {
      const rows = batch[0]?.length ?? 0;
      let lines = "";
      for (let row = 0; row < rows; row++) lines += `${batch.map((cells) => fieldOf(cells[row] ?? null)).join(",")}\n`;
      return withHead(lines);
    },
    finish: () => withHead(""),
  };
}

export async function* readCsv(file: string, table: ExportTable): AsyncGenerator<Batch> {
  // A quoted field is text, also when it is empty or looks like a number.
  const parser = parse({ from_line: 2, cast: (field, { quoting }) => (quoting ? { text: field } : field) });
  const fields = createReadStream(file).pipe(parser);
  let columns: Cell[][] = table.columns.map(() => []);
  for await (const record of fields as AsyncIterable<(string | { text: string })[]>) {
    for (const [at, column] of table.columns.entries()) columns[at]?.push(cellOf(record[at] ?? "", column.type));
    if ((columns[0]?.length ?? 0) < ROWS_AT_ONCE) continue;
    yield columns;
    columns = table.columns.map(() => []);
  }
  if ((columns[0]?.length ?? 0) > 0) yield columns;
}

function fieldOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return `"${cell.replaceAll('"', '""')}"`;
  if (cell instanceof Uint8Array) return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString("hex");
  return Object.is(cell, -0) ? "-0" : String(cell);
}

function cellOf(field: string | { text: string }, type: ColumnType): Cell {
  if (typeof field !== "string") return field.text;
  if (field === "") return null;
  if (type === "int64") return BigInt(field);
  if (type === "double") return Number(field);
  return type === "bytes" ? new Uint8Array(Buffer.from(field, "hex")) : field;
}
