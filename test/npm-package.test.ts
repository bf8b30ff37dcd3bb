import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(path.join(tmpdir(), "npm-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = promisify(execFile);

it.skipIf(!existsSync("dist/reservoir/index.js"))(
  "the reservoir library installs without a network in an empty project, and computes there",
  async () => {
    const { stdout } = await run(process.execPath, ["scripts/package-npm.mjs", "--built", "--out", folder]);
    writeFileSync(path.join(folder, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", stdout.trim()], { cwd: folder });
    const program = `
      import { DelayLine, drive, narma10, scoreNarma10 } from "asic-reservoir";
      const task = narma10(42, 1600);
      const driven = await drive(new DelayLine({ taps: 40, productLag: 9 }), task.u);
      const report = await scoreNarma10({ ...task, ...driven, washout: 100, train: 900, test: 600, origin: "software" });
      console.log(JSON.stringify({ beats: report.beatsTaps.answer }));`;
    const { stdout: said } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
    expect(JSON.parse(said)).toEqual({ beats: true });

    // The examples of the documentation, under the strictest rules and without Node's own types.
    const page = readFileSync("docs/extend.md", "utf8");
    const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
    expect(examples).toHaveLength(2);
    const names = examples.map((text, i) => {
      writeFileSync(path.join(folder, `example-${i}.ts`), text);
      return `example-${i}.ts`;
    });
    writeFileSync(
      path.join(folder, "wrong.ts"),
      'import { narma10 } from "asic-reservoir/reservoir";\nexport const task = narma10("42", 1600);\n',
    );
    const check = (file: string) =>
      run(
        path.resolve("node_modules/.bin/tsc"),
        ["--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--types", "", "--lib", "es2023,dom", file],
        { cwd: folder },
      );
    for (const name of names) await expect(check(name), name).resolves.toMatchObject({ stdout: "" });
    await expect(check("wrong.ts")).rejects.toMatchObject({
      stdout: expect.stringContaining("Argument of type 'string' is not assignable"),
    });
  },
  120_000,
);
