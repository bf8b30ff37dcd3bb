/** `asic-reservoir simulate` as a person runs it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { run, workshop } from "../hil/program.ts";

const shop = workshop();
afterAll(() => shop.remove());

describe("asic-reservoir simulate", { timeout: 120_000 }, () => {
  it("gives the same fingerprint in another process, and a log that has it", async () => {
    const log = shop.file("seed-3.log");
    const args = ["simulate", "--seed", "3", "--minutes", "0.05", "--json"];
    const [first, second] = [await run([...args, "--log", log]), await run(args)];
    expect(first.code).toBe(0);
    const { fingerprint, violations } = JSON.parse(first.stdout);
    expect(violations).toEqual([]);
    expect(JSON.parse(second.stdout).fingerprint).toBe(fingerprint);
    expect(createHash("sha256").update(readFileSync(log)).digest("hex")).toBe(fingerprint);
  });

  it("says of many seeds what came of each fault, and how to replay one", async () => {
    const { code, stdout } = await run(["simulate", "--seeds", "3", "--minutes", "0.03"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fault +seeds +noticed +safe +worst ms to safe +failures/);
    expect(stdout).toMatch(/3 seeds .* of virtual time \(origin: twin\)/);
    expect(stdout).toMatch(/0 seeds failed/);
  });

  it("has no log of many runs", async () => {
    const { code, stderr } = await run(["simulate", "--seeds", "2", "--log", shop.file("many.log")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/BAD_OPTION.*--seed/);
  });
});
