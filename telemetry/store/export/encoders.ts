import { csvEncoder } from "./csv.ts";
import type { ExportFormat, TableEncoder } from "./files.ts";
import { parquetEncoder } from "./parquet.ts";
import type { ExportTable } from "./tables.ts";

/** `facts` say what the file is about, where its format has room for that. */
export const ENCODERS: Record<ExportFormat, (table: ExportTable, facts?: Readonly<Record<string, string>>) => TableEncoder> = {
  csv: csvEncoder,
  parquet: parquetEncoder,
};
