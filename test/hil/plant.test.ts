/** Blind recordings from the command line: planted, opened, and what is refused. */
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, workshop } from "./program.ts";

const SECRET = "nobody would guess this";

describe("twin plant and twin unseal", () => {
  const shop = workshop();
  const out = shop.file("planted");
  const answer = `${out}/answer.sealed.json`;
  const plant = (...args: string[]) => run(["twin", "plant", "--seed", SECRET, "--minutes", "0.03", ...args]);
  let planted: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    planted = await plant("--effect", "leakage", "--strength", "0.2", "--count", "2", "--out", out, "--json");
  });
  afterAll(() => shop.remove());

  it("writes recordings of origin twin, and keeps its secret to itself", () => {
    expect(planted.code, planted.stderr).toBe(0);
    expect(JSON.parse(planted.stdout)).toMatchObject({ origin: "twin", recordings: 2 });
    expect(planted.stdout + planted.stderr).not.toContain(SECRET);
    expect(readdirSync(out)).toHaveLength(8);
  });

  it("opens the answer with the secret, as the one option of that name", async () => {
    const { code, stdout } = await run(["twin", "unseal", "--answer", answer, "--seed", SECRET, "--json"]);
    expect(code).toBe(0);
    const opened = JSON.parse(stdout);
    expect(opened.recordings.map((one: { strength: number }) => one.strength).sort()).toEqual([0, 0.2]);
  });

  it("does not open it with another, and says no more than that", async () => {
    const { code, stderr } = await run(["twin", "unseal", "--answer", answer, "--seed", "another"]);
    expect(code).toBe(2);
    expect(stderr).toContain("SEAL_BROKEN");
  });

  it("refuses what cannot be planted before it writes anything", async () => {
    const none = shop.file("none");
    for (const [args, text] of [
      [["--effect", "gravity", "--strength", "0.2"], "PLANT_REFUSED"],
      [["--effect", "memory", "--strength", "2"], "PLANT_REFUSED"],
      [["--effect", "memory", "--strength", "0.2", "--null-share", "3"], "BAD_OPTION"],
      [["--effect", "memory", "--strength", "0.2", "--chips", "99"], "BAD_OPTION"],
    ] as const) {
      const { code, stderr } = await plant(...args, "--out", none);
      expect([code, stderr.includes(text)], stderr).toEqual([2, true]);
    }
    expect(existsSync(none)).toBe(false);
  });

  it("ends with 1 when a recording is not the one that was sealed", async () => {
    appendFileSync(`${out}/recording-1.nonces.csv`, "0\n");
    const { code, stdout } = await run(["twin", "unseal", "--answer", answer, "--seed", SECRET]);
    expect(code).toBe(1);
    expect(stdout).toContain("recording-1.nonces.csv: changed");
  });
});
