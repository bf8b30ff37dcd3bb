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
