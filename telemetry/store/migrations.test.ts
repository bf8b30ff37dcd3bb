import SqliteDatabase, { type Database } from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { migrate, schemaVersion } from "./migrations.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

const memory = () => new SqliteDatabase(":memory:");
const tables = (db: Database) => db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
const coded = (code: string) => expect.objectContaining({ code });

describe("migrations", () => {
  test("an empty file becomes the last schema, and a second pass changes nothing", () => {
    const db = memory();
    migrate(db, "x.db");
    expect(schemaVersion(db, "x.db")).toBe(SCHEMA_VERSION);
    expect(db.pragma("application_id", { simple: true })).toBe(APPLICATION_ID);
    expect(tables(db)).toEqual(expect.arrayContaining(["events", "jobs", "nonce_chunks", "results", "runs", "samples"]));
    const before = db.serialize();
    migrate(db, "x.db");
    expect(db.serialize().equals(before)).toBe(true);
  });

  test("a database of schema 1 keeps its rows on the way to schema 3", () => {
    const db = memory();
    migrate(db, "x.db", MIGRATIONS.slice(0, 1));
    db.exec(
      "INSERT INTO runs (kind, origin, status, started_ms, last_commit_ms, note, provenance) VALUES ('sweep', 'twin', 'finished', 1, 1, '', '{}')",
    );
    const first = MIGRATIONS[0] as string;
    const later = [first, "ALTER TABLE runs ADD COLUMN operator TEXT NOT NULL DEFAULT 'nobody'", "CREATE TABLE notes (text TEXT) STRICT"];
    migrate(db, "x.db", later);
    expect(schemaVersion(db, "x.db", 3)).toBe(3);
    expect(db.prepare("SELECT kind, operator FROM runs").get()).toEqual({ kind: "sweep", operator: "nobody" });
  });

  test("jobs from before there was LBRY are Bitcoin's, and a claim trie's root has 32 bytes or is refused", () => {
    const db = memory();
    migrate(db, "x.db", MIGRATIONS.slice(0, 3));
    db.exec(
      "INSERT INTO runs (kind, origin, status, started_ms, last_commit_ms, note, provenance) VALUES ('sweep', 'twin', 'finished', 1, 1, '', '{}')",
    );
    db.exec("INSERT INTO jobs VALUES (1, 0, 0, 0, zeroblob(32), zeroblob(32), 0, 0, 8, 0, 0, 0, NULL)");
    migrate(db, "x.db");
    expect(db.prepare("SELECT claim_trie_root FROM jobs").pluck().all()).toEqual([null]);
    db.exec("UPDATE jobs SET claim_trie_root = zeroblob(32)");
    expect(() => db.exec("UPDATE jobs SET claim_trie_root = zeroblob(31)")).toThrow("CHECK");
  });

  test("a step that fails leaves the schema before it, and the error names both", () => {
    const db = memory();
    migrate(db, "x.db");
    const broken = [...MIGRATIONS, "CREATE TABLE half (x TEXT) STRICT; CREATE TABLE runs (y TEXT)"];
    expect(() => migrate(db, "x.db", broken)).toThrow(coded("MIGRATION_FAILED"));
    expect(schemaVersion(db, "x.db")).toBe(SCHEMA_VERSION);
    expect(tables(db)).not.toContain("half");
  });

  test("a newer schema is refused and says which versions are in play", () => {
    const db = memory();
    migrate(db, "x.db");
    db.pragma("user_version = 7");
    expect(() => migrate(db, "x.db")).toThrow(coded("DATABASE_NEWER"));
    expect(() => migrate(db, "x.db")).toThrow(`written by a newer asic-reservoir (schema 7, this one knows ${SCHEMA_VERSION})`);
  });

  test("another program's database is refused, not filled with our tables", () => {
    const db = memory();
    db.exec("CREATE TABLE contacts (name TEXT)");
    expect(() => migrate(db, "x.db")).toThrow(coded("DATABASE_FOREIGN"));
    expect(tables(db)).toEqual(["contacts"]);
  });
});
