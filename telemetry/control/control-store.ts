/**
 * control.db: what must outlive the daemon for safety's sake: latched faults, settings, and who did what. Small, beside the record and apart
 * from it, every commit on the disk before it returns (synchronous FULL). Nothing that decides waits for it.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";
import { makeFolder } from "../store/make-folder.ts";
import { toStoreError } from "../store/sqlite-error.ts";
import { CONTROL_APPLICATION_ID, CONTROL_MIGRATIONS } from "./schema.ts";

export interface Latch {
  readonly id: number;
  readonly rig: string;
  readonly code: string;
  /** In words, as it was shown. */
  readonly cause: string;
  /** The last readings and the set-point, whatever was known. */
  readonly evidence: unknown;
  readonly wallMs: number;
  readonly clearedWallMs: number | null;
  readonly clearedReason: string | null;
}

export interface AuditRow {
  readonly id: number;
  readonly rig: string;
  readonly wallMs: number;
  readonly what: string;
  readonly detail: string;
}

interface LatchRow {
  id: number;
  rig: string;
  code: string;
  cause: string;
  evidence: string;
  wall_ms: number;
  cleared_wall_ms: number | null;
  cleared_reason: string | null;
}

const BUSY_TIMEOUT_MS = 2_000;

/** Every method throws StoreError. */
export class ControlStore {
  readonly path: string;
  readonly #db: Database;

  constructor(path: string, db: Database) {
    this.path = path;
    this.#db = db;
  }

  /** The faults of a rig that nobody has cleared, oldest first; `all`: the cleared ones too. */
  latches(rig: string, { all = false } = {}): readonly Latch[] {
    const rows = this.#try(() =>
      this.#db
        .prepare<[string], LatchRow>(`SELECT * FROM latches WHERE rig = ? ${all ? "" : "AND cleared_wall_ms IS NULL"} ORDER BY id`)
        .all(rig),
    );
    return rows.map((row) => ({
      id: row.id,
      rig: row.rig,
      code: row.code,
      cause: row.cause,
      evidence: JSON.parse(row.evidence) as unknown,
      wallMs: row.wall_ms,
      clearedWallMs: row.cleared_wall_ms,
      clearedReason: row.cleared_reason,
    }));
  }

  /** Resolves with its number. */
  latch({ rig, code, cause, evidence, wallMs }: Pick<Latch, "rig" | "code" | "cause" | "evidence" | "wallMs">): number {
    return this.#transaction(() => {
      const { lastInsertRowid } = this.#db
        .prepare("INSERT INTO latches (rig, code, cause, evidence, wall_ms) VALUES (?, ?, ?, ?, ?)")
        .run(rig, code, cause, JSON.stringify(evidence ?? null), wallMs);
      this.#note(rig, "latched", `${lastInsertRowid}: ${cause}`, wallMs);
      return Number(lastInsertRowid);
    });
  }

  /** FAULT_UNKNOWN when the rig has no such fault, FAULT_CLEARED when somebody has cleared it before. */
  clear(rig: string, id: number, reason: string, wallMs: number): void {
    this.#transaction(() => {
      const found = this.latches(rig, { all: true }).find((latch) => latch.id === id);
      if (found === undefined)
        throw new StoreError("FAULT_UNKNOWN", `${rig} has no fault ${id}.`, "`asic-reservoir faults list` has the numbers.", { rig, id });
      if (found.clearedReason !== null) {
        const when = new Date(found.clearedWallMs ?? 0).toISOString();
        throw new StoreError("FAULT_CLEARED", `Fault ${id} was cleared at ${when}: ${found.clearedReason}`, "Nothing is left to be done.", {
          rig,
          id,
        });
      }
      this.#db.prepare("UPDATE latches SET cleared_wall_ms = ?, cleared_reason = ? WHERE id = ?").run(wallMs, reason, id);
      this.#note(rig, "cleared", `${id}: ${reason}`, wallMs);
    });
  }

  note(rig: string, what: string, detail: string, wallMs: number): void {
    this.#try(() => this.#note(rig, what, detail, wallMs));
  }

  audit(rig: string, most: number): readonly AuditRow[] {
    return this.#try(() =>
      this.#db
        .prepare<[string, number], AuditRow>(
          `SELECT id, rig, wall_ms AS "wallMs", what, detail FROM audit WHERE rig = ? ORDER BY id DESC LIMIT ?`,
        )
        .all(rig, most),
    );
  }

  setting(rig: string, name: string): string | null {
    return this.#try(
      () =>
        this.#db.prepare<[string, string], { value: string }>("SELECT value FROM settings WHERE rig = ? AND name = ?").get(rig, name)
          ?.value ?? null,
    );
  }

  set(rig: string, name: string, value: string, wallMs: number): void {
    this.#transaction(() => {
      this.#db
        .prepare(
          "INSERT INTO settings VALUES (?, ?, ?, ?) ON CONFLICT (rig, name) DO UPDATE SET value = excluded.value, wall_ms = excluded.wall_ms",
        )
        .run(rig, name, value, wallMs);
      this.#note(rig, "set", `${name} = ${value}`, wallMs);
    });
  }

  close(): void {
    this.#db.close();
  }

  #note(rig: string, what: string, detail: string, wallMs: number): void {
    this.#db.prepare("INSERT INTO audit (rig, wall_ms, what, detail) VALUES (?, ?, ?, ?)").run(rig, wallMs, what, detail);
  }

  #transaction<T>(work: () => T): T {
    return this.#try(() => this.#db.transaction(work).immediate());
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }
}

/**
 * Opens it, or makes it. A file that is there and cannot be read is CONTROL_UNREADABLE: nobody knows whether a fault is latched in it. One that is
 * not there and cannot be made throws what kept it from being made.
 */
export function openControlStore(path: string): ControlStore {
  const existed = existsSync(path);
  let db: Database | null = null;
  try {
    makeFolder(dirname(path));
    db = new SqliteDatabase(path, { timeout: BUSY_TIMEOUT_MS });
    checkWhose(db, path);
    db.pragma("journal_mode = DELETE");
    db.pragma("synchronous = FULL");
    db.pragma(`application_id = ${CONTROL_APPLICATION_ID}`);
    migrate(db);
    return new ControlStore(path, db);
  } catch (error) {
    db?.close();
    if (!existed) throw toStoreError(error, path);
    const { message } = toStoreError(error, path);
    const hint = `Look at the board first. Then move the file aside: mv '${path}' '${path}.unreadable'.`;
    throw new StoreError("CONTROL_UNREADABLE", `Whether a fault is latched cannot be read: ${message}`, hint, { path }, error);
  }
}

function checkWhose(db: Database, path: string): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  const application = db.pragma("application_id", { simple: true }) as number;
  const tables = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM sqlite_schema").get()?.n ?? 0;
  if (tables > 0 && application !== CONTROL_APPLICATION_ID)
    throw new StoreError(
      "DATABASE_FOREIGN",
      `${path} is a database of another program.`,
      "Choose another path: nothing was changed in this file.",
      { path },
    );
  if (version > CONTROL_MIGRATIONS.length) {
    const message = `${path} was written by a newer asic-reservoir (layout ${version}, this one knows ${CONTROL_MIGRATIONS.length}).`;
    throw new StoreError("DATABASE_NEWER", message, "Install the newer version or choose another path.", { path, version });
  }
  // Two pages and an index: a whole check takes no time.
  const verdict = db.pragma("quick_check(1)", { simple: true }) as string;
  if (verdict !== "ok") throw new StoreError("DATABASE_CORRUPT", `${path} is damaged: ${verdict}.`, "", { path });
}

function migrate(db: Database): void {
  const from = db.pragma("user_version", { simple: true }) as number;
  for (const [index, sql] of CONTROL_MIGRATIONS.entries()) {
    if (index < from) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    }).exclusive();
  }
}
