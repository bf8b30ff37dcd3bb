import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockedTarget } from "./flash-lock.ts";
import { FLASH_STEPS, FlashJournal } from "./journal.ts";
import { whatNext } from "./what-next.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TARGET = "http://192.168.1.2";

describe("a target that is being flashed", () => {
  it("is not flashed by another, and is free afterwards, also after a failure", async () => {
    await lockedTarget(folder, TARGET, async () => {
      await expect(lockedTarget(folder, TARGET, async () => "in")).rejects.toMatchObject({
        code: "FIRMWARE_BUSY",
        context: { pid: process.pid },
      });
      await expect(lockedTarget(folder, "another", async () => "in")).resolves.toBe("in");
    });
    await expect(lockedTarget(folder, TARGET, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await expect(lockedTarget(folder, TARGET, async () => "in")).resolves.toBe("in");
  });

  it("is taken over from a process that was killed", async () => {
    mkdirSync(path.join(folder, "journal"));
    writeFileSync(path.join(folder, "journal", `${encodeURIComponent(TARGET)}.lock`), "4194305");
    await expect(lockedTarget(folder, TARGET, async () => "in")).resolves.toBe("in");
  });
});

describe("the journal", () => {
  const START = {
    target: TARGET,
    board: "bitaxe-ultra-205",
    method: "axeos-ota",
    image: "a@1",
    startedAt: "x",
    said: [] as string[],
  } as const;

  it("keeps the way back of the first try when the same image is begun again", () => {
    const journal = new FlashJournal(folder);
    journal.advance(journal.begin({ ...START, formerVersion: "0.9", formerPartition: "ota_0" }, false), "writing", "a.bin");
    const again = journal.begin({ ...START, formerVersion: "1", formerPartition: "ota_1" }, false);
    expect(again).toMatchObject({ formerVersion: "0.9", formerPartition: "ota_0" });
    journal.finish(again, "now");
    expect(journal.begin({ ...START, formerVersion: "1", formerPartition: "ota_1" }, false)).toMatchObject({ formerVersion: "1" });
    expect(journal.all()).toMatchObject([{ target: TARGET, history: [{ image: "a@1", at: "now" }] }]);
  });

  it("says what to do after every step of every method, and nothing when all is done", () => {
    const journal = new FlashJournal(folder);
    const record = journal.begin({ ...START, formerVersion: null, formerPartition: null }, false);
    for (const method of ["esp32s3-serial", "axeos-ota", "s9-pic"] as const)
      for (const step of FLASH_STEPS) {
        const next = whatNext({ ...record, method, step }, "/images");
        if (step === "done") expect(next).toBeNull();
        else expect(next?.command).toMatch(/^asic-reservoir firmware (flash|verify) a@1 --\w+ http.* --folder \/images$/);
      }
  });

  it("names the command as a shell takes it, with what was said of the board's supply", () => {
    const journal = new FlashJournal(folder);
    const said = ["--config", "/etc/my rig's.yaml"];
    const record = journal.begin({ ...START, method: "esp32s3-serial", said, formerVersion: null, formerPartition: null }, false);
    const { command } = whatNext(record, null) ?? { command: "" };
    const words = execFileSync("sh", ["-c", `for word in ${command}; do echo "$word"; done`], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
    expect(words.slice(-4)).toEqual(["--board", "bitaxe-ultra-205", ...said]);
  });

  it("of an older program says nothing of the board's supply", () => {
    const journal = new FlashJournal(folder);
    journal.begin({ ...START, formerVersion: null, formerPartition: null }, false);
    const file = path.join(folder, "journal", `${encodeURIComponent(TARGET)}.json`);
    const { said: _, ...older } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(older));
    expect(journal.read(TARGET)).toMatchObject({ step: "checked", said: [] });
  });

  it("is never half written, and says so when somebody else wrote into it", () => {
    const journal = new FlashJournal(folder);
    journal.begin({ ...START, formerVersion: null, formerPartition: null }, false);
    expect(readdirSync(path.join(folder, "journal"))).toEqual([`${encodeURIComponent(TARGET)}.json`]);
    const file = path.join(folder, "journal", `${encodeURIComponent(TARGET)}.json`);
    writeFileSync(file, "{");
    expect(() => journal.read(TARGET)).toThrow(expect.objectContaining({ code: "FIRMWARE_JOURNAL_UNREADABLE" }));
    expect(existsSync(file)).toBe(true);
  });
});
