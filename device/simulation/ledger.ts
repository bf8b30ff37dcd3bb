/** What the database has committed, seen by a second reader: nothing of it may be lost or changed afterwards. */
import { existsSync } from "node:fs";
import SqliteDatabase, { type Database, type Statement } from "better-sqlite3";
import { NONCE_COLUMN_NAMES } from "../../common/nonce-batch.ts";
import { decodeColumns } from "../../telemetry/store/columns.ts";
import { digest } from "./event-log.ts";

/** Rows of these stay as they were committed (a run's own row is completed when it ends), and the columns that name a row. */
const TABLES = { jobs: ["run", "seq"], set_points: ["id"], samples: ["id"], results: ["id"], events: ["id"] } as const;
const TABLE_NAMES = Object.keys(TABLES) as (keyof typeof TABLES)[];
/** Chunks are joined when they are small: what stays is each nonce, and their order. */
type Kind = keyof typeof TABLES | "nonces";
const KINDS: readonly Kind[] = [...TABLE_NAMES, "nonces"];

/** Jobs are noted when a nonce of theirs comes, which may be of one before the last: so many of those that are known are looked at once more. */
const LOOK_BACK_ROWS = 16;

/** The first two naming columns of a row; of one column the second is 0. */
interface Place {
  readonly first: bigint;
  readonly second: bigint;
}
const BEGINNING: Place = { first: 0n, second: 0n };

interface NamedRow {
  readonly name: string;
  readonly text: string;
}

export class Ledger {
  readonly #path: string;
  /** Digests by kind and by the row's name. */
  readonly #digests = new Map<Kind, Map<string, string>>(KINDS.map((kind) => [kind, new Map()]));
  /** The last rows of each kind that came: the next look begins with the first of them. */
  readonly #last = new Map<Kind, Place[]>();
  readonly #noncesOfRun = new Map<bigint, number>();
  #reader: Reader | null = null;
  #version: unknown = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes in what was committed since the last look; `told` gets a line for each kind of row that came. */
  look(told: (line: string) => void): void {
    const reader = this.#open();
    const version = reader?.version();
    if (reader === null || version === this.#version) return;
    this.#version = version;
    for (const kind of KINDS) {
      const known = this.#digests.get(kind) as Map<string, string>;
      const latest = this.#last.get(kind) ?? [];
      const from = latest[0] ?? BEGINNING;
      const rows = kind === "nonces" ? reader.nonces(from.first, this.#noncesOfRun) : reader.rows(kind, from);
      const fresh = rows.filter(({ name }) => !known.has(name));
      const last = fresh.at(-1);
      if (last === undefined) continue;
      for (const { name, text } of fresh) known.set(name, digest(text));
      const kept = kind === "jobs" ? LOOK_BACK_ROWS : 1;
      this.#last.set(kind, [...latest, ...fresh.slice(-kept).map(({ name }) => placeOf(name))].slice(-kept));
      told(`${kind} ${fresh.length} rows to ${last.name} ${digest(fresh.map(({ text }) => text).join("\n"))}`);
    }
  }

  /** Rows seen so far, each nonce one. */
  get rows(): number {
    return [...this.#digests.values()].reduce((sum, known) => sum + known.size, 0);
  }

  /** What is missing or different now, in words; in a copy of the record, where one is named. */
  differences(copy?: string): string[] {
    if (copy === undefined) return this.#differences(this.#open());
    const reader = openReader(copy);
    try {
      return this.#differences(reader);
    } finally {
      reader?.close();
    }
  }

  #differences(reader: Reader | null): string[] {
    return [...this.#digests].flatMap(([kind, known]) => {
      const all = reader === null ? [] : kind === "nonces" ? reader.nonces(0n, new Map()) : reader.rows(kind, BEGINNING);
      const now = new Map(all.map(({ name, text }) => [name, digest(text)]));
      return [...known].flatMap(([name, was]) => {
        const is = now.get(name);
        if (is === undefined) return [`${kind} row ${name} was committed and is gone`];
        return is === was ? [] : [`${kind} row ${name} was committed and has changed`];
      });
    });
  }

  /** Lets go of the file; the next look opens it again. */
  close(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#version = null;
  }

  /** null while there is no database with tables. */
  #open(): Reader | null {
    this.#reader ??= openReader(this.#path);
    return this.#reader;
  }
}

function openReader(path: string): Reader | null {
  if (!existsSync(path)) return null;
  const db = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  db.defaultSafeIntegers(true);
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'set_points'").get() !== undefined) return new Reader(db);
  db.close();
  return null;
}

/** The rows of a database that is open, with their names. */
class Reader {
  readonly #db: Database;
  readonly #version: Statement<[], unknown>;
  readonly #rows: ReadonlyMap<keyof typeof TABLES, Statement<[bigint, bigint], Record<string, unknown>>>;
  readonly #chunks: Statement<[bigint], { id: bigint; run: bigint; count: bigint }>;
  readonly #columns: Statement<[bigint], Uint8Array>;

  constructor(db: Database) {
    this.#db = db;
    this.#version = db.prepare<[], unknown>("PRAGMA data_version").pluck();
    this.#rows = new Map(TABLE_NAMES.map((table) => [table, db.prepare(rowsSince(table))]));
    this.#chunks = db.prepare("SELECT id, run, count FROM nonce_chunks WHERE run >= ? ORDER BY run, seq");
    this.#columns = db.prepare<[bigint], Uint8Array>("SELECT columns FROM nonce_chunks WHERE id = ?").pluck();
  }

  /** Another number after each commit of somebody else. */
  version(): unknown {
    return this.#version.get();
  }

  rows(table: keyof typeof TABLES, from: Place): NamedRow[] {
    const naming = TABLES[table];
    const all = this.#rows.get(table)?.all(from.first, from.second) ?? [];
    return all.map((row) => ({ name: naming.map((column) => String(row[column])).join("/"), text: textOf(row) }));
  }

  /** Nonces of the runs from this one on, but for the first `known` ones of each run, whose count is brought up to date. */
  nonces(fromRun: bigint, known: Map<bigint, number>): NamedRow[] {
    const rows: NamedRow[] = [];
    const before = new Map<bigint, number>();
    for (const { id, run, count } of this.#chunks.all(fromRun)) {
      const at = before.get(run) ?? 0;
      const seen = known.get(run) ?? 0;
      before.set(run, at + Number(count));
      if (at + Number(count) <= seen) continue;
      const batch = decodeColumns(this.#columns.get(id) as Uint8Array);
      for (let row = Math.max(0, seen - at); row < batch.length; row++)
        rows.push({ name: `${run}/${at + row}`, text: NONCE_COLUMN_NAMES.map((column) => String(batch[column][row])).join(" ") });
    }
    for (const [run, count] of before) known.set(run, Math.max(count, known.get(run) ?? 0));
    return rows;
  }

  close(): void {
    this.#db.close();
  }
}

function rowsSince(table: keyof typeof TABLES): string {
  const naming = TABLES[table];
  const [first, second] = naming;
  const since = second === undefined ? `${first} >= ? AND 0 = ?` : `(${first}, ${second}) >= (?, ?)`;
  return `SELECT * FROM ${table} WHERE ${since} ORDER BY ${naming.join(", ")}`;
}

function placeOf(name: string): Place {
  const [first = "0", second = "0"] = name.split("/");
  return { first: BigInt(first), second: BigInt(second) };
}

function textOf(row: Record<string, unknown>): string {
  const shown = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value));
  return Object.entries(row)
    .map(([column, value]) => `${column}=${shown(value)}`)
    .join(" ");
}
