import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createHub } from "../../telemetry/hub.ts";
import { journalLines, leadsToJournal } from "./journal.ts";
import { followHub, ProgressLine } from "./progress.ts";

test("every line of a text has its priority", () => {
  expect(journalLines("two\nlines", "error")).toBe("<3>two\n<3>lines");
  expect(journalLines("one", "warning")).toBe("<4>one");
  expect(journalLines("one", "info")).toBe("<6>one");
});

test("only a descriptor that $JOURNAL_STREAM names leads to the journal", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "journal-"));
  const fd = openSync(path.join(folder, "file"), "w");
  const { dev, ino } = fstatSync(fd, { bigint: true });
  expect(leadsToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
  expect(leadsToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1n}` })).toBe(false);
  expect(leadsToJournal(fd, {})).toBe(false);
  closeSync(fd);
  expect(leadsToJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(false);
  rmSync(folder, { recursive: true });
});

test("in the journal a fault is an error, a warning a warning and the rest information", () => {
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const hub = createHub({ rig: "test", origin: "twin", software: "test", startedWallMs: 0 });
  followHub(hub, new ProgressLine(stream, true), () => "info");
  hub.publish("state", { state: "running", stateReason: "hashing" });
  hub.publish("event", { wallMs: 0, level: "warning", source: "rig", text: "warm" });
  hub.publish("activity", { label: "ramp", done: 1, total: 2 });
  hub.publish("state", { state: "fault", stateReason: "hot" });
  expect(written).toEqual(["<6>[running] hashing\n", "<4>warning: warm\n", "<6>ramp\n", "<3>[fault] hot\n"]);
});
