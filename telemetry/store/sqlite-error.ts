import SqliteDatabase from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";

const DISK_FULL_HINT =
  "Free space or raise the size budget; what was committed stays, and what waits in memory is written as soon as there is room.";

/** A disk that is full or broken, or a file that someone else has locked: it may be over when it is tried again. */
export function isDiskTrouble(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && /^SQLITE_(FULL|IOERR|BUSY)/.test(error.code);
}

/** SQLite's result codes in the words of StoreError. Other exceptions become STORE_FAILED with the original as cause. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const sqliteCode = error instanceof SqliteDatabase.SqliteError ? error.code : "";
  const reason = error instanceof Error ? error.message : String(error);
  const context = { path, sqliteCode, reason };
  const make = (code: string, message: string, hint: string) => new StoreError(code, message, hint, context, error);
  if (sqliteCode === "SQLITE_FULL") return make("DISK_FULL", `No room is left to write to ${path}.`, DISK_FULL_HINT);
  if (sqliteCode.startsWith("SQLITE_IOERR")) {
    return make(
      "DISK_IO",
      `The disk refused to read or write ${path} (${sqliteCode}).`,
      "Check the disk and the kernel log (dmesg); what was committed stays.",
    );
  }
  if (sqliteCode.startsWith("SQLITE_CORRUPT") || sqliteCode === "SQLITE_NOTADB") return corrupt(path, reason, error);
  if (sqliteCode.startsWith("SQLITE_BUSY") || sqliteCode.startsWith("SQLITE_LOCKED")) {
    return make("DATABASE_BUSY", `${path} is in use by another process.`, "Stop the other daemon, or choose another path.");
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(sqliteCode)) return denied(path, reason, error);
  return make(
    "STORE_FAILED",
    `The database ${path} failed: ${reason}.`,
    "This is a defect of asic-reservoir: please report it with this message.",
  );
}

export function denied(path: string, reason: string, cause?: unknown): StoreError {
  const hint = "Check the owner and the permissions of the file and its folder, or choose another path.";
  return new StoreError("DATABASE_DENIED", `${path} cannot be opened: ${reason}.`, hint, { path, reason }, cause);
}

export function corrupt(path: string, reason: string, cause?: unknown): StoreError {
  const hint = "Move it aside (nothing was changed in it) and start again, or recover it with the sqlite3 command `.recover`.";
  return new StoreError("DATABASE_CORRUPT", `${path} is damaged or is no database: ${reason}.`, hint, { path, reason }, cause);
}
