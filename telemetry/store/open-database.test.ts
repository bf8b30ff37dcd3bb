import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openReadonly, openWritable } from "./open-database.ts";
import { temporaryFolder } from "./store.test-support.ts";

const options = { maxBytes: null, wallMs: 1 };

test("a database open for writing syncs every commit: NORMAL loses acknowledged commits in a power cut (specs/stack.md)", () => {
  const { db, close } = openWritable(join(temporaryFolder(), "t.db"), options);
  expect(db.pragma("synchronous", { simple: true })).toBe(2);
  expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
  expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
  close();
});

test("a database open for reading refuses to write", () => {
  const path = join(temporaryFolder(), "t.db");
  openWritable(path, options).close();
  const { db, close } = openReadonly(path);
  expect(() => db.exec("DELETE FROM runs")).toThrow(/readonly/);
  close();
});

test("a folder is no database, and the file that was meant is named", () => {
  const folder = temporaryFolder();
  const refusal = expect.objectContaining({ code: "DATABASE_DENIED", hint: expect.stringContaining(join(folder, "telemetry.db")) });
  expect(() => openWritable(folder, options)).toThrow(refusal);
  expect(() => openReadonly(folder)).toThrow(refusal);
});

test.runIf(process.platform === "linux")("a folder that the system does not let be made is refused, not tried for ever", () => {
  expect(() => openWritable("/proc/no-such-folder/deeper/t.db", options)).toThrow(expect.objectContaining({ code: "DATABASE_DENIED" }));
});

test("folders that are not there are made", () => {
  const path = join(temporaryFolder(), "a", "b", "t.db");
  openWritable(path, options).close();
  openReadonly(path).close();
});

test("a record whose write-ahead log cannot be opened is refused with what to do", () => {
  const path = join(temporaryFolder(), "t.db");
  openWritable(path, options).close();
  rmSync(`${path}-wal`, { force: true });
  mkdirSync(`${path}-wal`);
  const hint = expect.stringContaining("into a folder that can be written");
  expect(() => openReadonly(path)).toThrow(expect.objectContaining({ code: "DATABASE_DENIED", hint }));
});

test("a connection's memory does not grow with the record: neither what it wrote nor what it read stays in it", () => {
  const path = join(temporaryFolder(), "t.db");
  const MB = 2 ** 20;
  const grownMb = (work: () => void) => {
    const before = process.memoryUsage().rss;
    work();
    return (process.memoryUsage().rss - before) / MB;
  };
  const writer = openWritable(path, options);
  writer.db.exec("CREATE TABLE filler (bytes BLOB)");
  // Without rows on the JavaScript side, whose heap would grow.
  const write = (megabytes: number) => {
    for (let at = 0; at < megabytes; at++)
      writer.db.exec(
        "INSERT INTO filler SELECT randomblob(4000) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 256) SELECT i FROM n)",
      );
  };
  write(2);
  expect(grownMb(() => write(14))).toBeLessThan(6);
  const reader = openReadonly(path);
  const read = (megabytes: number) =>
    reader.db.prepare("SELECT sum(length(bytes)) FROM (SELECT bytes FROM filler LIMIT ?)").get(256 * megabytes);
  read(2);
  expect(grownMb(() => read(16))).toBeLessThan(6);
  reader.close();
  writer.close();
});
