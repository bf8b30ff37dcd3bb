import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../../common/errors.ts";
import { openReadonly } from "./open-database.ts";
import { denied, toStoreError } from "./sqlite-error.ts";

/**
 * Copies the record as of one moment into a new file, while a daemon writes to it: SQLite's VACUUM INTO reads one snapshot, so no commit is half in it
 * and none makes it start again, as those of another process do with the backup interface. The file is complete and on the disk, or not there.
 * Returns its size in bytes. Throws StoreError BACKUP_EXISTS, DATABASE_DENIED, DISK_FULL, DISK_IO and what opening throws.
 */
export function backupDatabase(path: string, file: string): number {
  if (existsSync(file))
    throw new StoreError("BACKUP_EXISTS", `${file} exists already.`, "Choose another name: a backup is never overwritten.", { file });
  const { db, close } = openReadonly(path);
  const unfinished = `${file}.unfinished`;
  try {
    rmSync(unfinished, { force: true });
    db.prepare("VACUUM INTO ?").run(unfinished);
    sync(unfinished);
    renameSync(unfinished, file);
    sync(dirname(file));
    return statSync(file).size;
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === "EACCES" || code === "ENOENT" || code === "EROFS" ? denied(file, message, error) : toStoreError(error, file);
  } finally {
    close();
  }
}

function sync(file: string): void {
  const fd = openSync(file, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
