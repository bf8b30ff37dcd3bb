import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blindFile, blindOrigin, blindRecordings } from "../device/settle/blind/files.ts";
import { keyOf } from "../device/settle/blind/keys.ts";
import type { AnsweredFile } from "../device/settle/blind/score.ts";
import { sealRecordings } from "../scripts/seal-recordings.ts";

const GENERATOR = "scripts/protocol-recordings.py";
const SECRET = "a secret of the test";

describe("recordings of the protocol's substrates", () => {
  let folder = "";
  const at = (...names: string[]) => path.join(folder, ...names);
  const make = (out: string, key: string) => ["--seed", "5", "--count", "8", "--out", at(out), "--key", at(key)];
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "protocol-"));
    execFileSync("python3", [GENERATOR, ...make("set", "key.json")]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("one seed gives the same bytes", () => {
    execFileSync("python3", [GENERATOR, ...make("again", "again.json")]);
    const names = readdirSync(at("again"));
    expect(names).toHaveLength(16);
    for (const name of names) expect(readFileSync(at("again", name), "utf8")).toBe(readFileSync(at("set", name), "utf8"));
    expect(readFileSync(at("again.json"), "utf8")).toBe(readFileSync(at("key.json"), "utf8"));
  });

  it("their key never stands beside them", () => {
    const { status, stderr } = spawnSync("python3", [GENERATOR, ...make("open", "open/key.json")], { encoding: "utf8" });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/beside the recordings/)]);
    expect(readdirSync(folder)).not.toContain("open");
  });

  it("sealed, their key opens for what was answered, and for nothing else", async () => {
    sealRecordings(at("set"), JSON.parse(readFileSync(at("key.json"), "utf8")), SECRET);
    const answers: AnsweredFile[] = [];
    for (const recording of blindRecordings(at("set"))) {
      const { read, ...file } = await blindFile(at("set"), recording);
      expect(read).toHaveProperty("observed");
      answers.push({ ...file, answer: null, problem: null, remarks: [] });
    }
    expect(blindOrigin(at("set"))).toBe("recording");
    const { recordings } = keyOf(at("set"), [SECRET], answers).answer;
    expect([recordings.length, recordings.filter(({ planted }) => planted).length]).toEqual([8, 4]);
    expect(() => keyOf(at("set"), ["another secret"], answers)).toThrow(expect.objectContaining({ code: "SEAL_BROKEN" }));
    appendFileSync(at("set", `${answers[0]?.recording}.nonces.csv`), "\n");
    expect(() => keyOf(at("set"), [SECRET], answers)).toThrow(expect.objectContaining({ code: "SET_CHANGED" }));
  });
});
