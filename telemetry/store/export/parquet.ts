/** Tables as Apache Parquet: INT64, DOUBLE, UTF8 and plain BYTE_ARRAY columns, Snappy. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead, type SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { TableEncoder } from "./files.ts";
import type { Batch, Cell, ColumnType, ExportTable } from "./tables.ts";

/** Rows of a row group: a reader needs memory for one at a time. */
const GROUP_ROWS = 65_536;

const TYPES: Record<ColumnType, Pick<SchemaElement, "type" | "converted_type">> = {
  int64: { type: "INT64" },
  double: { type: "DOUBLE" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  bytes: { type: "BYTE_ARRAY" },
};

/** `facts` are kept in the file's own key-value metadata. */
export function parquetEncoder(table: ExportTable, facts: Readonly<Record<string, string>> = {}): TableEncoder {
  const schema: SchemaElement[] = [
    { name: "root", num_children: table.columns.length },
    ...table.columns.map(
      ({ name, type, nullable }): SchemaElement => ({ name, ...TYPES[type], repetition_type: nullable ? "OPTIONAL" : "REQUIRED" }),
    ),
  ];
  const bytes = new ByteWriter();
  const kvMetadata = Object.entries(facts).map(([key, value]) => ({ key, value }));
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false, createdBy: "asic-reservoir", kvMetadata });
  /** What was written since the last time; its offsets go on counting. */
  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  const group: Cell[][] = table.columns.map(() => []);
  const flush = () => {
    const rows = group[0]?.length ?? 0;
    if (rows === 0) return;
    const columnData = table.columns.map(({ name }, at) => ({ name, data: group[at] as Cell[] }));
    writer.write({ columnData, rowGroupSize: rows });
    for (const cells of group) cells.length = 0;
  };
  return {
    append(batch) {
      for (const [at, cells] of batch.entries()) for (const cell of cells) group[at]?.push(cell);
      if ((group[0]?.length ?? 0) >= GROUP_ROWS) flush();
      return take();
    },
    finish() {
      flush();
      writer.finish();
      return take();
    },
  };
}

export async function* readParquet(file: string, table: ExportTable): AsyncGenerator<Batch> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  let rowStart = 0;
  for (const { num_rows: groupRows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(groupRows);
    const rows: Record<string, Cell>[] = [];
    await parquetRead({
      file: buffer,
      metadata,
      rowStart,
      rowEnd,
      utf8: false,
      rowFormat: "object",
      onComplete: (found) => {
        for (const row of found) rows.push(row as Record<string, Cell>);
      },
    });
    yield table.columns.map(({ name }) => rows.map((row) => row[name] ?? null));
    rowStart = rowEnd;
  }
}
