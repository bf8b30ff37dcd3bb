import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { calibrateCommand } from "./calibrate.ts";

afterEach(() => vi.restoreAllMocks());

it("takes up where it was stopped, and says the same as if it had not been", async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "calibrate-")), "runs.jsonl");
  const said: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const command = { runs: 2, only: "white noise", file, json: true };
  expect(await calibrateCommand(command)).toBe(0);
  const whole = readFileSync(file, "utf8");
  expect(whole.trim().split("\n").length).toBe(2);
  // Cut off in the second line.
  writeFileSync(file, whole.slice(0, whole.indexOf("\n") + 20));
  expect(await calibrateCommand(command)).toBe(0);
  expect(said[1]).toBe(said[0]);
  expect(readFileSync(file, "utf8").split("\n")).toContain(whole.split("\n")[1]);
  expect(JSON.parse(said[0] as string).rows[0]).toMatchObject({ name: "white noise", is: "null", runs: 2, passes: 0 });
});

it("a null that passes is an answer of its own", async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "calibrate-")), "runs.jsonl");
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const run = {
    case: "white noise",
    passes: true,
    tier: "T3 useful",
    memory: true,
    nonlinear: true,
    useful: true,
    anticausal: false,
    shiftsDisagree: false,
  };
  writeFileSync(file, [0, 1].map((number) => `${JSON.stringify({ ...run, run: number })}\n`).join(""));
  expect(await calibrateCommand({ runs: 2, only: "white noise", file })).toBe(1);
  await expect(calibrateCommand({ runs: 2, only: "nothing of the kind", file })).rejects.toMatchObject({ code: "NO_SUCH_CASE" });
});
