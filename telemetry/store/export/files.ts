/** The files of an export: one a table, and run.json, which is written last and says what the others must be. */
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../../common/errors.ts";
import type { Origin } from "../../../common/origin.ts";
import type { RunSummary } from "../../messages.ts";
import type { StoredRun } from "../store.ts";
import type { Batch } from "./tables.ts";

export const EXPORT_FORMATS = ["csv", "parquet"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const MANIFEST = "run.json";
export const EXPORT_VERSION = 1;
const EXPORT_NAME = "asic-reservoir run";
const READ_BYTES = 2 ** 20;

/** A table as the bytes of a file, part by part. What `append` and `finish` give, one after another, is the file. */
export interface TableEncoder {
  append(batch: Batch): Uint8Array;
  finish(): Uint8Array;
}

export interface TableWriter {
  append(batch: Batch): void;
  close(): void;
}

/** Bytes into a new file as they come. */
export function writeTableFile(file: string, encoder: TableEncoder): TableWriter {
  const fd = openSync(file, "wx");
  return {
    append: (batch) => void writeSync(fd, encoder.append(batch)),
    close() {
      writeSync(fd, encoder.finish());
      closeSync(fd);
    },
  };
}

export interface Manifest {
  readonly export: typeof EXPORT_NAME;
  readonly version: number;
  readonly format: ExportFormat;
  readonly exportedMs: number;
  readonly run: {
    readonly id: number;
    readonly kind: string;
    readonly origin: Origin;
    readonly status: RunSummary["status"];
    readonly startedMs: number;
    readonly endedMs: number | null;
    readonly lastCommitMs: number;
    readonly commitIntervalMs: number | null;
    /** Not in exports from before it was written down. */
    readonly commits?: StoredRun["commits"];
    readonly note: string;
    readonly provenance: Record<string, unknown>;
    readonly software: string | null;
    readonly configSha256: string | null;
    readonly imported: { readonly wallMs: number; readonly from: Record<string, unknown> } | null;
  };
  readonly files: Readonly<Record<string, { readonly rows: number; readonly sha256: string }>>;
}

export function manifestOf(parts: Omit<Manifest, "export" | "version">): Manifest {
  return { export: EXPORT_NAME, version: EXPORT_VERSION, ...parts };
}

export function sha256Of(file: string): string {
  const hash = createHash("sha256");
  const fd = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(READ_BYTES);
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}

/** Reads run.json and checks every file it names. Throws StoreError EXPORT_MISSING, EXPORT_NEWER or EXPORT_DAMAGED. */
export function checkedManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) {
    const hint = "Name the folder that `runs export` wrote; an export that was cut short has no run.json.";
    throw new StoreError("EXPORT_MISSING", `${folder} holds no export.`, hint, { folder });
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch (cause) {
    throw damaged(folder, "run.json does not parse", cause);
  }
  if (manifest?.export !== EXPORT_NAME) throw damaged(folder, "run.json is of another program");
  if (!(manifest.version <= EXPORT_VERSION)) {
    const message = `${folder} was written by a newer asic-reservoir (export ${manifest.version}, this one knows ${EXPORT_VERSION}).`;
    throw new StoreError("EXPORT_NEWER", message, "Install the newer version.", { folder, version: manifest.version });
  }
  for (const [name, { sha256 }] of Object.entries(manifest.files ?? {})) {
    const path = join(folder, name);
    if (name.includes("/") || !existsSync(path)) throw damaged(folder, `${name} is missing`);
    if (sha256Of(path) !== sha256) throw damaged(folder, `${name} is not what was exported`);
  }
  return manifest;
}

export function damaged(folder: string, what: string, cause?: unknown): StoreError {
  const hint = "Copy it again or export the run anew. A record that was edited is no record: analyse changed files elsewhere.";
  return new StoreError("EXPORT_DAMAGED", `The export in ${folder} cannot be used: ${what}.`, hint, { folder, what }, cause);
}
