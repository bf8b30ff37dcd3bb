/** What an export of a run consists of, as tables of typed columns. The files' columns have the names of the database's. */
import { SAMPLE_COLUMNS } from "../rows.ts";

/** int64 also holds what fits into fewer bits: every reader knows it. */
export type ColumnType = "int64" | "double" | "text" | "bytes";

export interface ExportColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export interface ExportTable {
  readonly name: string;
  readonly columns: readonly ExportColumn[];
  /** Of its rows in the database; null for nonces, which lie there in chunks. */
  readonly orderBy: string | null;
}

export type Cell = bigint | number | string | Uint8Array | null;
/** The cells of each column, all of one length. */
export type Batch = readonly (readonly Cell[])[];

const int = (name: string): ExportColumn => ({ name, type: "int64", nullable: false });
const real = (name: string): ExportColumn => ({ name, type: "double", nullable: false });
const text = (name: string): ExportColumn => ({ name, type: "text", nullable: false });
const bytes = (name: string): ExportColumn => ({ name, type: "bytes", nullable: false });
const orNull = (column: ExportColumn): ExportColumn => ({ ...column, nullable: true });

export const NONCES: ExportTable = {
  name: "nonces",
  orderBy: null,
  columns: [
    int("t_ns"),
    int("sigma_ns"),
    int("chip"),
    int("core"),
    int("nonce"),
    int("version_bits"),
    int("job_seq"),
    int("status"),
    real("difficulty_log2"),
    real("residual_ns"),
  ],
};

/** Rows of these go from database to file and back as they are, less the number of the run. */
export const ROW_TABLES: readonly ExportTable[] = [
  {
    name: "jobs",
    orderBy: "seq",
    columns: [
      int("seq"),
      int("wire_id"),
      int("version"),
      bytes("prev_hash"),
      bytes("merkle_root"),
      int("ntime"),
      int("nbits"),
      real("ticket_log2"),
      int("work_scale"),
      int("sent_ns"),
      real("frequency_mhz"),
      orNull(int("hash_counting_number")),
      orNull(bytes("claim_trie_root")),
    ],
  },
  {
    name: "set_points",
    orderBy: "id",
    columns: [
      int("t_ns"),
      ...["wall_ms", "core_voltage_mv", "frequency_mhz", "ticket_difficulty"].map(real),
      ...["asked_core_voltage_mv", "asked_frequency_mhz", "asked_ticket_difficulty"].map(real).map(orNull),
    ],
  },
  {
    name: "samples",
    orderBy: "id",
    columns: SAMPLE_COLUMNS.slice(1).map((name) => (name === "t_ns" ? int(name) : name === "wall_ms" ? real(name) : orNull(real(name)))),
  },
  { name: "events", orderBy: "id", columns: [real("wall_ms"), text("level"), text("source"), text("text")] },
  { name: "results", orderBy: "id", columns: [text("kind"), text("origin"), real("wall_ms"), text("value")] },
  {
    name: "nonce_minutes",
    orderBy: "minute_ns, chip",
    columns: [
      ...["minute_ns", "chip", "valid", "invalid", "stale", "duplicate", "unknown_job", "residuals"].map(int),
      ...["residual_mean_ns", "residual_sd_ns", "residual_min_ns", "residual_max_ns"].map(real).map(orNull),
    ],
  },
  { name: "dropped", orderBy: "what", columns: [text("what"), int("count"), real("first_wall_ms"), real("last_wall_ms"), text("reason")] },
];

export const EXPORT_TABLES: readonly ExportTable[] = [NONCES, ...ROW_TABLES];
