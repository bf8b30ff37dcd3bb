import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "experiment-"));
afterAll(() => rmSync(folder, { recursive: true }));

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "device/cli/main.ts", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("asic-reservoir experiment", { timeout: 120_000 }, () => {
  test("check says beforehand what a plan takes and finds, and touches nothing", () => {
    const { status, stdout } = cli("experiment", "check", "examples/experiment-bitaxe.yaml", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      plan: { name: "bitaxe-computes" },
      planHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      budget: { steps: expect.any(Number), seconds: expect.any(Number), detects: expect.stringContaining("a memory of") },
    });
  });

  test("run answers by its exit code: noise computes nothing", () => {
    const file = path.join(folder, "noise.yaml");
    writeFileSync(
      file,
      "name: noise\nsubstrate: { kind: noise, size: 4 }\ntask: { name: narma10, washout: 20, train: 200, test: 100 }\ndecision: { rule: beats }\n",
    );
    const { status, stdout } = cli("experiment", "run", file, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ name: "noise", origin: "software", answer: "no", planHash: expect.any(String) });
    expect(cli("experiment", "run", file, "--resume").status).toBe(2);
  });

  test("a plan that is wrong is bad input, with everything that is wrong in one message", () => {
    const file = path.join(folder, "wrong.yaml");
    writeFileSync(file, "name: A\nsubstrate: { kind: esn }\ntask: { name: narma10 }\ndecision: { rule: beats }\nseeds: [1, 1]\n");
    const { status, stderr } = cli("experiment", "check", file);
    expect(status).toBe(2);
    expect(stderr).toContain("PLAN_INVALID");
    expect(stderr).toContain("name: use small letters");
  });
});

describe("asic-reservoir sweep plan", { timeout: 120_000 }, () => {
  test("says in which order and for how long, from the configuration alone", () => {
    const { status, stdout } = cli("sweep", "plan", "--config", "examples/twin.yaml", "--json");
    expect(status).toBe(0);
    const { order, seconds } = JSON.parse(stdout);
    expect(order).toHaveLength(12);
    // Twelve points: settled for half a second at least and two at most, counted for one and a half.
    expect(seconds).toEqual({ least: 24, most: 42 });
    // specs/bm1366.md 4.8: 894 small cores at 425 MHz.
    expect(order[0].noncesPerSecond).toBeCloseTo((894 * 425e6) / 2 ** 32, 6);
  });
});
