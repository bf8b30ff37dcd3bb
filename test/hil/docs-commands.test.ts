/** The blocks of the documentation that are marked to be run, as a person would type them: one shell a block, in an empty folder with the examples. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runnableBlocks } from "../docs-commands.test-support.ts";

const run = promisify(execFile);
const blocks = readdirSync("docs")
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => runnableBlocks(path.join("docs", name)));

describe("what the documentation shows", () => {
  let shop = "";

  beforeAll(() => {
    shop = mkdtempSync(path.join(tmpdir(), "docs-"));
    mkdirSync(path.join(shop, "bin"));
    const program = path.join(shop, "bin/asic-reservoir");
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${path.resolve("dist/device/cli/main.js")}" "$@"\n`);
    chmodSync(program, 0o755);
  });
  afterAll(() => rmSync(shop, { recursive: true, force: true }));

  it("is there to be run", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(7);
  });

  it.each(blocks)(
    "works: $where",
    async ({ script, where }) => {
      const folder = path.join(shop, where.replaceAll(/[^a-z0-9]+/gi, "-"));
      mkdirSync(folder);
      symlinkSync(path.resolve("examples"), path.join(folder, "examples"));
      const env = { ...process.env, PATH: `${path.join(shop, "bin")}:${process.env.PATH}` };
      const outcome = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env }).then(
        () => "good",
        (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
      );
      expect(outcome).toBe("good");
    },
    120_000,
  );
});
