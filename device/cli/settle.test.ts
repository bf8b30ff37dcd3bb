import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sha256Hex } from "../../twin/planted/seal.ts";
import { plantSet } from "../planted/plant-set.ts";
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from "../settle/checkpoint.ts";
import { keepRehearsals } from "../settle/rehearsal/kept.ts";
import { settleCommand, settleResumeCommand } from "./settle.ts";
import { settleBlindCommand, settleScoreCommand } from "./settle-blind.ts";
import { settleEvidenceCommand } from "./settle-evidence.ts";
import { scoreIn } from "./settle-files.ts";
import { settlePlanCommand } from "./settle-plan.ts";
import { settleRehearseCommand } from "./settle-rehearse.ts";

let out = "";
let printed = "";
beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), "settle-"));
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(out, { recursive: true, force: true });
});

test("settle writes the page and the same report as JSON; 1 when a row has no answer", async () => {
  expect(await settleCommand(["16", "lean"], { seed: 1, out })).toBe(0);
  expect(printed).toContain("trivially true");
  expect(readFileSync(path.join(out, "report.html"), "utf8")).toContain('id="tpf-theory"');
  printed = "";
  expect(await settleCommand(["seeds"], { seed: 1, out, json: true })).toBe(1);
  expect(JSON.parse(printed)).toEqual(JSON.parse(readFileSync(path.join(out, "report.json"), "utf8")));
});

test("resume settles what is left and nothing else, and refuses a plan that is not the one it began with", async () => {
  await settleCommand(["16", "lean"], { seed: 1, out });
  const whole = readCheckpoint(out);
  const first = { ...(whole.settled[0] as (typeof whole.settled)[number]), because: "kept" };
  writeCheckpoint(out, { ...whole, settled: [first] });
  printed = "";
  expect(await settleResumeCommand({ out, json: true })).toBe(0);
  expect(JSON.parse(printed).claims.map(({ name, because }: { name: string; because: string }) => [name, because === "kept"])).toEqual([
    ["tpf-theory", true],
    ["lean", false],
  ]);
  writeCheckpoint(out, { ...whole, seed: 2 });
  await expect(settleResumeCommand({ out })).rejects.toMatchObject({ code: "PLAN_CHANGED" });
});

test("resume takes no row that was edited, and measures again a row whose evidence has changed", async () => {
  await settleCommand(["16", "lean"], { seed: 1, out });
  const file = path.join(out, CHECKPOINT_FILE);
  const whole = readFileSync(file, "utf8");
  writeFileSync(file, whole.replaceAll("trivially true", "reproduced"));
  await expect(settleResumeCommand({ out })).rejects.toMatchObject({ code: "NO_CHECKPOINT" });
  writeFileSync(file, whole);
  appendFileSync(path.join(out, "evidence", "random-abort-policies.csv"), "1,2\n");
  expect(await settleResumeCommand({ out })).toBe(0);
  expect(await settleEvidenceCommand("16", { out, rows: 1 })).toBe(0);
});

test("plan says rig, design and hours, or that no rig can add anything", () => {
  expect(settlePlanCommand(["23", "24"], {})).toBe(0);
  expect(printed).toMatch(/One after the other, these 2: 31\.3 h/);
  printed = "";
  expect(settlePlanCommand(["23", "16"], {})).toBe(0);
  expect(printed).toMatch(
    /16 tpf-theory[\s\S]*nothing that a rig could add[\s\S]*23 spatial-coupling[\s\S]*about 2\.5 h[\s\S]*settle rehearse spatial-coupling/,
  );
});

test("recordings are answered without their key, and scored with whichever secret opens them", async () => {
  const set = path.join(out, "set");
  const secret = "a secret of the test";
  plantSet({
    plant: { effect: "leakage", strength: 0.9, secret },
    board: "bitaxe",
    chips: 1,
    seconds: 10,
    count: 4,
    nullShare: 0.5,
    out: set,
  });
  expect(() => settleScoreCommand({ secret: [secret], out })).toThrow(expect.objectContaining({ code: "NO_ANSWERS" }));
  expect(await settleBlindCommand([set], { out })).toBe(0);
  expect(printed).toMatch(/recording-1 [\s\S]*4 recordings, at level 0.02[\s\S]*sha256 [0-9a-f]{64}/);
  expect(() => settleScoreCommand({ secret: [], out })).toThrow(expect.objectContaining({ code: "SEAL_BROKEN" }));
  expect(() => settleScoreCommand({ secret: ["another secret"], out })).toThrow(expect.objectContaining({ code: "SEAL_BROKEN" }));
  printed = "";
  settleScoreCommand({ secret: ["another secret", secret], out, json: true });
  expect(JSON.parse(printed)).toMatchObject({ files: 4, falsePositives: { files: 2 }, power: [{ effect: "leakage", found: 2, files: 2 }] });
  const answers = path.join(out, "blind-answers.json");
  expect(JSON.parse(readFileSync(path.join(out, "blind-score.json"), "utf8")).answersSha256).toBe(sha256Hex(readFileSync(answers)));

  const refused = () =>
    expect(() => settleScoreCommand({ secret: [secret], out })).toThrow(expect.objectContaining({ code: "SET_CHANGED" }));
  const given = readFileSync(answers, "utf8");
  const edited = (edit: (sets: { answers: Record<string, unknown>[] }[]) => unknown) => {
    const { sets } = JSON.parse(given);
    writeFileSync(answers, JSON.stringify({ sets: edit(sets) }));
    refused();
    writeFileSync(answers, given);
  };
  // An answer left out, one given twice, one to other bytes, one beside another drive, and the same set twice.
  edited(([set]) => [{ ...set, answers: set?.answers.slice(1) }]);
  edited(([set]) => [{ ...set, answers: [...(set?.answers ?? []), set?.answers[0]] }]);
  edited(([set]) => [{ ...set, answers: set?.answers.map((one) => ({ ...one, sha256: "00" })) }]);
  edited(([set]) => [{ ...set, answers: set?.answers.map((one) => ({ ...one, driveSha256: null })) }]);
  edited(([set]) => [set, set]);

  for (const kind of ["drive", "nonces"]) {
    const file = path.join(set, `recording-2.${kind}.csv`);
    const sealed = readFileSync(file);
    appendFileSync(file, "\n");
    refused();
    writeFileSync(file, sealed);
  }
  settleScoreCommand({ secret: [secret], out, json: true });
  expect(scoreIn(out)).toMatchObject({ origins: ["twin"], planted: { found: 2, files: 2 } });
  const score = path.join(out, "blind-score.json");
  const { origins, ...ofEarlier } = JSON.parse(readFileSync(score, "utf8"));
  writeFileSync(score, JSON.stringify(ofEarlier));
  expect([origins, scoreIn(out)]).toEqual([["twin"], null]);
});

test("evidence prints the rows of a verdict by line, says when they are not what they were, and measures again", async () => {
  await expect(settleEvidenceCommand("16", { out, rows: 2 })).rejects.toMatchObject({ code: "NOT_SETTLED" });
  await settleCommand(["16", "seeds"], { seed: 3, out });
  printed = "";
  expect(await settleEvidenceCommand("16", { out, rows: 2, again: true })).toBe(0);
  expect(printed).toMatch(
    /16 tpf-theory: trivially true[\s\S]*random-abort-policies\.csv@[\s\S]*\n {2}2 \d[\s\S]*19998 more[\s\S]*the same rows/,
  );
  expect(await settleEvidenceCommand("seeds", { out, rows: 2 })).toBe(0);
  expect(printed).toContain("nothing was measured");
  await expect(settleEvidenceCommand("lean", { out, rows: 2 })).rejects.toMatchObject({ code: "NOT_SETTLED" });
  appendFileSync(path.join(out, "evidence", "random-abort-policies.csv"), "\n1,2\n");
  expect(await settleEvidenceCommand("16", { out, rows: 1, json: true })).toBe(1);
});

test("rehearse puts what a twin did beside the claims of a report, goes on after the last one that was done, and moves no verdict", async () => {
  await settleCommand(["heartbeat"], { seed: 1, out });
  const reportOf = () => JSON.parse(readFileSync(path.join(out, "report.json"), "utf8"));
  const before = reportOf();
  await expect(settleRehearseCommand(["lean"], { out, seed: 1 })).rejects.toMatchObject({ code: "NO_REHEARSAL" });
  const shows = "found by nobody";
  const kept = { origin: "twin", design: "", measured: [], controls: [], sampleSize: "", shows, evidence: [], plots: [] } as const;
  keepRehearsals(out, 1, { heartbeat: kept });
  printed = "";
  expect(await settleRehearseCommand(["heartbeat"], { out, seed: 1 })).toBe(0);
  expect(printed).toMatch(/heartbeat \(origin: twin\)\n {2}found by nobody[\s\S]*same verdicts as before/);
  const after = reportOf();
  expect(after.claims[0]).toEqual({ ...before.claims[0], rehearsal: kept });
  expect(after.verdicts).toEqual(before.verdicts);
  expect(readFileSync(path.join(out, "report.html"), "utf8")).toContain("origin: twin, no part of the verdict");
});
