import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FOLDER } from "./unit-file.test-support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "backups-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(path.join(FOLDER, script), args, { encoding: "utf8", env: { ...process.env, ...env } });
const record = (day: number) => `record-202601${String(day).padStart(2, "0")}T000000Z.db`;

describe("the retention of backups", () => {
  it("keeps the newest by name, whatever their files' times, and everything that is no backup", () => {
    const others = ["notes.txt", "record-of-last-year.db", "record-20260101T000000Z.db.partial"];
    for (const name of [...others, ...Array.from({ length: 20 }, (_, i) => record(20 - i))]) writeFileSync(path.join(folder, name), "");
    expect(run("keep-newest", [folder, "14"]).status).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([...others, ...Array.from({ length: 14 }, (_, i) => record(i + 7))].sort());
  });

  it("removes none when there are fewer, however old", () => {
    writeFileSync(path.join(folder, record(1)), "");
    expect(run("keep-newest", [folder, "14"]).status).toBe(0);
    expect(readdirSync(folder)).toEqual([record(1)]);
  });

  it.each(["0", "-1", "x", ""])("refuses to keep '%s'", (number) => {
    writeFileSync(path.join(folder, record(1)), "");
    expect(run("keep-newest", [folder, number]).status).toBe(2);
    expect(readdirSync(folder)).toEqual([record(1)]);
  });
});

describe("a backup", () => {
  it("is named so that the retention finds it, and fails when the program does", () => {
    const program = path.join(folder, "program");
    const said = path.join(folder, "said");
    writeFileSync(program, `#!/bin/sh\necho "$@" > ${said}\nexit 3\n`);
    chmodSync(program, 0o755);
    expect(run("backup-record", [folder, "rig.yaml"], { ASIC_RESERVOIR: program }).status).toBe(3);
    const [file = ""] = /(?<=runs backup ).*(?= --config rig\.yaml)/.exec(readFileSync(said, "utf8")) ?? [];
    writeFileSync(file, "");
    for (let day = 1; day <= 14; day++) writeFileSync(path.join(folder, record(day)), "");
    expect(run("keep-newest", [folder, "14"]).status).toBe(0);
    expect(readdirSync(folder)).toContain(path.basename(file));
    expect(readdirSync(folder)).not.toContain(record(1));
  });
});
