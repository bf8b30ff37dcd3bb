import type { Database } from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";
import { toStoreError } from "./sqlite-error.ts";

/**
 * The schema version of an open database, 0 for an empty file; reads only. Throws StoreError DATABASE_NEWER, DATABASE_FOREIGN or
 * what SQLite says about a damaged file.
 */
export function schemaVersion(db: Database, path: string, known = MIGRATIONS.length): number {
  const version = db.pragma("user_version", { simple: true }) as number;
  const applicationId = db.pragma("application_id", { simple: true }) as number;
  const tables = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM sqlite_schema").get()?.n ?? 0;
  if (applicationId !== APPLICATION_ID && (tables > 0 || version > 0)) {
    const hint = "Choose another path: nothing was changed in this file.";
    throw new StoreError("DATABASE_FOREIGN", `${path} is a database of another program.`, hint, { path, applicationId });
  }
  if (version > known) {
    const message = `${path} was written by a newer asic-reservoir (schema ${version}, this one knows ${known}).`;
    throw new StoreError("DATABASE_NEWER", message, "Install the newer version or choose another path.", { path, version, known });
  }
  return version;
}

/** Brings the database to the last schema, one transaction per step: a step that fails leaves the schema before it. */
export function migrate(db: Database, path: string, migrations: readonly string[] = MIGRATIONS): void {
  const from = schemaVersion(db, path, migrations.length);
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    const step = db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    });
    try {
      step.exclusive();
    } catch (error) {
      const cause = toStoreError(error, path);
      if (cause.code !== "STORE_FAILED") throw cause;
      const message = `${path} could not be brought from schema ${index} to ${index + 1}: ${cause.context.reason}.`;
      throw new StoreError("MIGRATION_FAILED", message, "It is unchanged. Please report this message.", { path, schema: index }, error);
    }
  }
}
