import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";
import { readHanded } from "./handed-file.ts";
import { markInterrupted } from "./interrupted.ts";
import { makeFolder } from "./make-folder.ts";
import { migrate, schemaVersion } from "./migrations.ts";
import { SCHEMA_VERSION } from "./schema.ts";
import { corrupt, denied, toStoreError } from "./sqlite-error.ts";

/** Files up to this size are checked page by page on opening; a check of a larger one would hold up the start for minutes on an SD card. */
const QUICK_CHECK_BYTES = 64 * 2 ** 20;
const BUSY_TIMEOUT_MS = 5000;
/** What a connection keeps of the file in its own memory: SQLite's default. That of better-sqlite3 is eight times as much, filled by a day of a Bitaxe's record. */
const PAGE_CACHE_KIB = 2000;
/** SQLite's name for a database that goes with its connection. */
export const IN_MEMORY = ":memory:";

export interface OpenDatabase {
  readonly db: Database;
  close(): void;
}

/**
 * Opens for writing: makes the folder, takes the writer's lock, migrates, marks runs that a crash left `running` as `interrupted` at the
 * time of their last commit, and logs what each of them holds. `maxBytes` bounds the file; the path `:memory:` is a record that goes with the process. Throws StoreError DATABASE_BUSY, _CORRUPT, _DENIED, _FOREIGN, _NEWER.
 */
export function openWritable(path: string, { maxBytes, wallMs }: { maxBytes: number | null; wallMs: number }): OpenDatabase {
  const lock = path === IN_MEMORY ? null : takeLock(locate(path));
  let db: Database | null = null;
  try {
    db = openSqlite(path, false);
    const version = schemaVersion(db, path);
    if (version > 0) check(db, path);
    db.pragma("journal_mode = WAL");
    // NORMAL lost up to 30 s of acknowledged commits in a power cut, FULL none (specs/stack.md).
    db.pragma("synchronous = FULL");
    db.pragma("journal_size_limit = 67108864");
    boundPageCache(db);
    db.pragma("foreign_keys = ON");
    migrate(db, path);
    markInterrupted(db, wallMs, path === IN_MEMORY ? null : readHanded(path));
    if (maxBytes !== null) {
      const pageSize = db.pragma("page_size", { simple: true }) as number;
      db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
    }
  } catch (error) {
    db?.close();
    lock?.close();
    throw toStoreError(error, path);
  }
  const opened = db;
  return {
    db: opened,
    close() {
      opened.close();
      lock?.close();
    },
  };
}

/** Opens for reading, beside a writer or alone; changes nothing. Also throws StoreError DATABASE_MISSING and DATABASE_OLDER. */
export function openReadonly(path: string): OpenDatabase {
  if (!existsSync(path)) throw missing(path, "does not exist");
  requireFile(path);
  const db = openSqlite(path, true);
  try {
    const version = schemaVersion(db, path);
    if (version === 0) throw missing(path, "holds no record yet");
    if (version < SCHEMA_VERSION) {
      const message = `${path} was written by an older asic-reservoir (schema ${version}, this one reads ${SCHEMA_VERSION}).`;
      throw new StoreError("DATABASE_OLDER", message, "Start the daemon on it once: that brings it up to date.", { path, version });
    }
    boundPageCache(db);
  } catch (error) {
    db.close();
    throw isShut(error) ? noRoomBeside(path, error) : toStoreError(error, path);
  }
  return { db, close: () => db.close() };
}

function openSqlite(path: string, readonly: boolean): Database {
  try {
    return new SqliteDatabase(path, { readonly, timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw toStoreError(error, path);
  }
}

function boundPageCache(db: Database): void {
  db.pragma(`cache_size = -${PAGE_CACHE_KIB}`);
}

/** The file itself was opened: it is what SQLite keeps beside a write-ahead log that could not be. */
function isShut(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code.startsWith("SQLITE_CANTOPEN");
}

function noRoomBeside(path: string, cause: unknown): StoreError {
  const hint = "Copy it, with its -wal where there is one, into a folder that can be written, or read one that `runs backup` made.";
  const message = `${path} cannot be read where nothing can be written: a record needs a file beside it while it is read.`;
  return new StoreError("DATABASE_DENIED", message, hint, { path }, cause);
}

/** SQLite calls a folder a disk that fails. DATABASE_DENIED. */
function requireFile(path: string): void {
  const found = statSync(path);
  if (found.isFile()) return;
  const isFolder = found.isDirectory();
  const what = isFolder ? "a folder" : "not a file";
  const hint = isFolder ? `Name the database in it: ${join(path, "telemetry.db")}.` : "Choose another path.";
  throw new StoreError("DATABASE_DENIED", `${path} is ${what}, and a record is a file.`, hint, { path });
}

/** The same name for every way to write the path, so that two daemons meet at one lock. */
function locate(path: string): string {
  const absolute = resolve(path);
  try {
    makeFolder(dirname(absolute));
    if (existsSync(absolute)) {
      requireFile(path);
      return realpathSync(absolute);
    }
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw denied(path, error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * One writer per database: an exclusive transaction held open on an empty database beside it. The lock is the kernel's (fcntl), so it
 * goes with the process however that ends; a pid file would outlive kill -9. The main file stays free for readers.
 */
function takeLock(path: string): Database {
  const lockPath = `${path}.lock`;
  let lock: Database | null = null;
  try {
    lock = new SqliteDatabase(lockPath, { timeout: 0 });
    lock.pragma("journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const failure = toStoreError(error, lockPath);
    if (failure.code !== "DATABASE_BUSY") throw failure;
    const hint = "Stop it first, or choose another path. `runs list` can read beside it.";
    throw new StoreError("DATABASE_BUSY", `Another asic-reservoir daemon is writing to ${path}.`, hint, { path }, error);
  }
}

function check(db: Database, path: string): void {
  const bytes = (db.pragma("page_count", { simple: true }) as number) * (db.pragma("page_size", { simple: true }) as number);
  if (bytes > QUICK_CHECK_BYTES) return;
  const verdict = db.pragma("quick_check(1)", { simple: true }) as string;
  if (verdict !== "ok") throw corrupt(path, verdict);
}

function missing(path: string, what: string): StoreError {
  return new StoreError("DATABASE_MISSING", `${path} ${what}.`, "Start the daemon once, or give the path of its database.", { path });
}
