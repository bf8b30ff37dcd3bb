import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { type ControlStore, openControlStore } from "./control-store.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-control-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => path.join(folder, `${count++}`, "control.db");

const FAULT = { rig: "a", code: "SENTINEL", cause: "too hot", evidence: { chipTempC: 90 }, wallMs: 1000 };

function reopened(store: ControlStore): ControlStore {
  store.close();
  return openControlStore(store.path);
}

describe("a latched fault", () => {
  it("survives a restart with cause, time and evidence, is its own rig's, and stays until it is cleared with a reason", () => {
    let store = openControlStore(fresh());
    expect(store.latches("a")).toEqual([]);
    const id = store.latch(FAULT);
    store = reopened(store);
    expect(store.latches("a")).toEqual([{ ...FAULT, id, clearedWallMs: null, clearedReason: null }]);
    expect(store.latches("b")).toEqual([]);
    expect(() => store.clear("b", id, "not mine", 2000)).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
    store.clear("a", id, "new paste", 2000);
    store = reopened(store);
    expect(store.latches("a")).toEqual([]);
    expect(store.latches("a", { all: true })).toMatchObject([{ id, clearedWallMs: 2000, clearedReason: "new paste" }]);
    expect(() => store.clear("a", id, "again", 3000)).toThrow(expect.objectContaining({ code: "FAULT_CLEARED" }));
    expect(store.audit("a", 10).map(({ what, detail }) => [what, detail])).toEqual([
      ["cleared", `${id}: new paste`],
      ["latched", `${id}: too hot`],
    ]);
    store.close();
  });

  it("settings are kept, the last one counts, and each change is in the audit", () => {
    let store = openControlStore(fresh());
    store.set("a", "fan", "60", 1);
    store.set("a", "fan", "80", 2);
    store = reopened(store);
    expect([store.setting("a", "fan"), store.setting("a", "none"), store.setting("b", "fan")]).toEqual(["80", null, null]);
    expect(store.audit("a", 1)).toMatchObject([{ what: "set", detail: "fan = 80", wallMs: 2 }]);
    store.close();
  });

  it("every commit is on the disk before it returns", () => {
    const store = openControlStore(fresh());
    store.latch(FAULT);
    const beside = new SqliteDatabase(store.path);
    expect(beside.prepare("SELECT count(*) AS n FROM latches").get()).toEqual({ n: 1 });
    beside.close();
    store.close();
  });
});

describe("a file that cannot be read", () => {
  const unreadable = expect.objectContaining({ code: "CONTROL_UNREADABLE", hint: expect.stringMatching(/mv '.*control\.db' /) });
  it.each([
    ["is no database", (file: string) => writeFileSync(file, "x".repeat(5000))],
    ["is cut off", (file: string) => truncateSync(file, 6000)],
    [
      "is another program's",
      (file: string) => {
        const db = new SqliteDatabase(file);
        db.pragma("application_id = 7");
        db.close();
      },
    ],
    [
      "is a newer version's",
      (file: string) => {
        const db = new SqliteDatabase(file);
        db.pragma("user_version = 99");
        db.close();
      },
    ],
  ])("because it %s, says so with the command that mends it", (_, spoil) => {
    const store = openControlStore(fresh());
    store.latch(FAULT);
    store.close();
    spoil(store.path);
    expect(() => openControlStore(store.path)).toThrow(unreadable);
  });

  it("because it cannot be made, is another matter", () => {
    const file = fresh();
    openControlStore(file).close();
    expect(() => openControlStore(path.join(file, "control.db"))).toThrow(expect.not.objectContaining({ code: "CONTROL_UNREADABLE" }));
  });
});
