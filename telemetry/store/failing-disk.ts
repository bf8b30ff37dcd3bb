/** A disk that fails on demand, for simulations: what SQLite would say, at the moment it would say it, with the rollback it would do. */
import SqliteDatabase from "better-sqlite3";

export type DiskTrouble = "full" | "io-error";

/** Asked anew before each operation, so that trouble may come and go while the store is open. */
export interface FailingDisk {
  /** What the next commit meets; null for none. */
  readonly trouble: DiskTrouble | null;
  /** How long each operation takes, ms on the injected clock; 0 for at once. */
  readonly delayMs: number;
}

/** Throws what SQLite throws on such a disk. Inside a transaction the whole of it is rolled back. */
export function meetTrouble(disk: FailingDisk | null): void {
  if (disk === null || disk.trouble === null) return;
  if (disk.trouble === "full") throw new SqliteDatabase.SqliteError("database or disk is full", "SQLITE_FULL");
  throw new SqliteDatabase.SqliteError("disk I/O error", "SQLITE_IOERR_WRITE");
}
