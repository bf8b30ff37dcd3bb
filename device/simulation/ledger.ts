/** What the database has committed, seen by a second reader: nothing of it may be lost or changed afterwards. */
import { existsSync } from "node:fs";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { digest } from "./event-log.ts";

/** Rows of these stay as they were committed (a run's own row is completed when it ends), and the columns that name a row. */
const TABLES = { jobs: ["run", "seq"], nonce_chunks: ["id"], samples: ["id"], results: ["id"], events: ["id"] } as const;
type Table = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as Table[];

export class Ledger {
  readonly #path: string;
  /** By table and by the row's name. */
  readonly #digests = new Map<Table, Map<string, string>>(NAMES.map((table) => [table, new Map()]));
  /** The first of the naming columns never goes back by more than a run: where the next look begins. */
  readonly #reached = new Map<Table, bigint>();
  #db: Database | null = null;
  #version: unknown = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes in what was committed since the last look; `told` gets a line for each table that grew. */
  look(told: (line: string) => void): void {
    const db = this.#open();
    const version = db?.pragma("data_version", { simple: true });
    if (db === null || version === this.#version) return;
    this.#version = version;
    for (const table of NAMES) {
      const known = this.#digests.get(table) as Map<string, string>;
      const fresh = rowsOf(db, table, this.#reached.get(table) ?? 0n).filter(({ name }) => !known.has(name));
      const last = fresh.at(-1);
      if (last === undefined) continue;
      for (const { name, text } of fresh) known.set(name, digest(text));
      this.#reached.set(table, last.first);
      told(`${table} ${fresh.length} rows to ${last.name} ${digest(fresh.map(({ text }) => text).join("\n"))}`);
    }
  }

  /** Rows seen so far. */
  get rows(): number {
    return [...this.#digests.values()].reduce((sum, known) => sum + known.size, 0);
  }

  /** What is missing or different now, in words. */
  differences(): string[] {
    const db = this.#open();
    return [...this.#digests].flatMap(([table, known]) => {
      const now = new Map(db === null ? [] : rowsOf(db, table, 0n).map(({ name, text }) => [name, digest(text)]));
      return [...known].flatMap(([name, was]) => {
        const is = now.get(name);
        if (is === undefined) return [`${table} row ${name} was committed and is gone`];
        return is === was ? [] : [`${table} row ${name} was committed and has changed`];
      });
    });
  }

  /** Lets go of the file; the next look opens it again. */
  close(): void {
    this.#db?.close();
    this.#db = null;
    this.#version = null;
  }

  /** null while there is no database with tables. */
  #open(): Database | null {
    if (this.#db !== null) return this.#db;
    if (!existsSync(this.#path)) return null;
    const db = new SqliteDatabase(this.#path, { readonly: true, fileMustExist: true });
    db.defaultSafeIntegers(true);
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get() === undefined) {
      db.close();
      return null;
    }
    this.#db = db;
    return db;
  }
}

interface NamedRow {
  readonly name: string;
  readonly first: bigint;
  readonly text: string;
}

function rowsOf(db: Database, table: Table, from: bigint): NamedRow[] {
  const naming = TABLES[table];
  const all = db.prepare<[bigint], Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${naming[0]} >= ? ORDER BY ${naming.join(", ")}`);
  return all.all(from).map((row) => ({
    name: naming.map((column) => String(row[column])).join("/"),
    first: row[naming[0]] as bigint,
    text: textOf(row),
  }));
}

function textOf(row: Record<string, unknown>): string {
  const shown = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value));
  return Object.entries(row)
    .map(([column, value]) => `${column}=${shown(value)}`)
    .join(" ");
}
