/** A run out of the record into files that other programs read, and back. Reads beside a running daemon. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../../common/errors.ts";
import { openReadonly } from "../open-database.ts";
import { createReader } from "../reader.ts";
import type { StoredRun } from "../store.ts";
import { batchesOf } from "./batches.ts";
import { ENCODERS } from "./encoders.ts";
import { type ExportFormat, MANIFEST, type Manifest, manifestOf, sha256Of, type TableWriter, writeTableFile } from "./files.ts";
import { type Batch, EXPORT_TABLES } from "./tables.ts";

export interface ExportRequest {
  /** The database. */
  readonly path: string;
  readonly runId: number;
  /** Made if it does not exist; must be empty. */
  readonly folder: string;
  readonly format: ExportFormat;
  readonly wallMs: number;
}

/**
 * All of it as of one moment: a run that goes on is exported as far as it was committed. Throws StoreError RUN_UNKNOWN, EXPORT_EXISTS, EXPORT_DENIED
 * and what opening throws.
 */
export function exportRun({ path, runId, folder, format, wallMs }: ExportRequest): Manifest {
  const { db, close } = openReadonly(path);
  try {
    return db.transaction(() => {
      const run = createReader(db).run(runId);
      if (run === null) throw new StoreError("RUN_UNKNOWN", `There is no run ${runId}.`, "See `runs list` for those there are.", { runId });
      makeEmpty(folder);
      const files: Record<string, { rows: number; sha256: string }> = {};
      // A file that goes elsewhere without run.json still says what it is of.
      const facts = factsOf(run);
      for (const table of EXPORT_TABLES) {
        const name = `${table.name}.${format}`;
        const file = join(folder, name);
        const rows = writeTable(writeTableFile(file, ENCODERS[format](table, facts)), batchesOf(db, table, runId));
        files[name] = { rows, sha256: sha256Of(file) };
      }
      const manifest = manifestOf({ format, exportedMs: wallMs, run: described(run), files });
      writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
      return manifest;
    })();
  } finally {
    close();
  }
}

/** What a file of a table says of the run it is from. */
export function factsOf({ id, origin, kind, software }: Pick<StoredRun, "id" | "origin" | "kind" | "software">): Record<string, string> {
  return { origin, run: String(id), kind, software: software ?? "unknown" };
}

function writeTable(writer: TableWriter, batches: Iterable<Batch>): number {
  let rows = 0;
  try {
    for (const batch of batches) {
      writer.append(batch);
      rows += batch[0]?.length ?? 0;
    }
  } finally {
    writer.close();
  }
  return rows;
}

function described(run: StoredRun): Manifest["run"] {
  const { id, kind, origin, status, note, provenance, software, configSha256, commitIntervalMs, commits, imported } = run;
  const { startedWallMs: startedMs, endedWallMs: endedMs, lastCommitWallMs: lastCommitMs } = run;
  return {
    id,
    kind,
    origin,
    status,
    startedMs,
    endedMs,
    lastCommitMs,
    commitIntervalMs,
    commits,
    note,
    provenance,
    software,
    configSha256,
    imported,
  };
}

function makeEmpty(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError("EXPORT_DENIED", `${folder} cannot be written: ${reason}.`, "Choose another folder.", { folder }, cause);
  }
  throw new StoreError("EXPORT_EXISTS", `${folder} is not empty.`, "Choose a new folder: an export never mixes with other files.", {
    folder,
  });
}
