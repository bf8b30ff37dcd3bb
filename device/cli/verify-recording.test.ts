/** Captures that our own server wrote of a twin, Bitcoin's and LBRY's, given back to the command line. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MINER_KINDS } from "../../twin/network/miner-kinds.ts";
import { CaptureFile } from "../network/capture-file.ts";
import { rehearse } from "../network/rehearsal.ts";
import { readReplayable } from "../recordings/read-wire.ts";
import { Recordings } from "../settle/recordings.ts";
import { EXIT } from "./exit.ts";
import { verifyRecordingCommand } from "./verify-recording.ts";

const folder = mkdtempSync(path.join(tmpdir(), "verify-recording-"));
const [s9, lbry] = [path.join(folder, "s9.csv"), path.join(folder, "lbry.csv")];
let out = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  out += String(text);
  return true;
});

beforeAll(async () => {
  const runs = [
    [s9, rehearse({ kind: MINER_KINDS.s9, mode: "swh", seed: 3, seconds: 5 })],
    [lbry, rehearse({ kind: MINER_KINDS["lb-box"], algorithm: "lbry", mode: "pool", difficulty: 1024, seed: 3, seconds: 5 })],
  ] as const;
  for (const [file, { rows }] of runs) {
    const capture = new CaptureFile(file, "twin");
    for (const row of rows) capture.write(row, Number(row.tNs) / 1e9);
    await capture.close();
  }
});
afterEach(() => {
  out = "";
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy with other lines. */
function edited(file: string, edit: (lines: string[]) => string[]): string {
  const copy = path.join(folder, `edited-${Math.random()}.csv`);
  writeFileSync(copy, edit(readFileSync(file, "utf8").trimEnd().split("\n")).join("\n"));
  return copy;
}

describe("verify-recording of a twin's capture", () => {
  it.each([
    ["s9", "sha256d", 256],
    ["lbry", "lbry", 1024],
  ] as const)("says that %s is a twin's, in text and in JSON, and needs to be told no difficulty", async (name, algorithm, ticketFloor) => {
    const file = name === "s9" ? s9 : lbry;
    expect(await verifyRecordingCommand(file, {})).toBe(EXIT.good);
    expect(out.split("\n")[0]).toContain("origin: twin");
    out = "";
    expect(await verifyRecordingCommand(file, { json: true })).toBe(EXIT.good);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ origin: "twin", recordedFrom: "twin", algorithm, workScale: 32, ticketFloor, bad: [] });
    expect(report.rows).toBeGreaterThan(20);
    expect(report.verified).toBe(report.rows);
  });

  it("finds a share whose nonce was changed", async () => {
    const file = edited(lbry, (lines) => lines.map((line, i) => (i < 4 ? line : line.replace(/,[0-9a-f]{8},twin/, ",00000000,twin"))));
    expect(await verifyRecordingCommand(file, { json: true })).toBe(EXIT.no);
    expect(JSON.parse(out).bad.length).toBeGreaterThan(0);
  });

  it("cannot be made hardware's by another word, nor by a column less", async () => {
    const renamed = edited(s9, (lines) => lines.map((line) => line.replace(",twin,", ",hardware,")));
    expect(await verifyRecordingCommand(renamed, { json: true })).toBe(EXIT.no);
    expect(JSON.parse(out)).toMatchObject({ verified: 0 });
    const lacking = edited(s9, ([head = "", ...rest]) => [head.replace(",origin", ",whence"), ...rest]);
    await expect(verifyRecordingCommand(lacking, {})).rejects.toMatchObject({ code: "RECORDING_FORMAT" });
    out = "";
    // Of a real difficulty its shares never are.
    const stripped = edited(s9, (lines) => lines.map((line) => line.replace(/,(origin|twin),.*/, "")));
    expect(await verifyRecordingCommand(stripped, { json: true })).toBe(EXIT.no);
    expect(JSON.parse(out)).toMatchObject({ origin: "recording", verified: 0 });
  });

  it("leaves out rows of another kind of miner than the first, and says so", async () => {
    const mixed = edited(s9, (lines) => lines.map((line, i) => (i === 2 ? line.replace(",32,", ",31,") : line)));
    expect(await verifyRecordingCommand(mixed, { json: true })).toBe(EXIT.no);
    expect(JSON.parse(out).bad).toEqual([{ line: 3, reason: expect.stringContaining("work_scale") }]);
  });

  it("takes no --difficulty, because the file says it", async () => {
    await expect(verifyRecordingCommand(s9, { difficulty: 1 })).rejects.toMatchObject({ code: "BAD_OPTION" });
  });

  it("replays as a twin's wire, or not at all where it is LBRY's", async () => {
    expect((await readReplayable(s9)).header).toMatchObject({ origin: "twin", workScale: 32 });
    await expect(readReplayable(lbry)).rejects.toMatchObject({ code: "RECORDING_NO_WIRE" });
  });

  it("settles nothing in the place of the published capture", async () => {
    const published = mkdtempSync(path.join(folder, "published-"));
    const capture = new Recordings(published);
    expect(await capture.capture()).toBeNull();
    mkdirSync(path.join(published, "s9-capture"));
    copyFileSync(s9, path.join(published, "s9-capture", "shares-0000-1499.csv"));
    await expect(new Recordings(published).capture()).rejects.toMatchObject({ code: "RECORDING_OF_TWIN" });
  });
});
