import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const HERE = import.meta.dirname;
const LOADER = pathToFileURL(path.join(HERE, "../node_modules/tsx/dist/loader.mjs")).href;

const examples = [...readFileSync(path.join(HERE, "README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
  (match) => match[1] as string,
);

/** What a comment behind a console.log, or one that fills a line at the end, says will be printed. */
function promised(example: string): string[] {
  return example.split("\n").flatMap((line) => {
    const said = /^(?:\s*console\.log\(.*\); )?\/\/ (.*)$/.exec(line);
    return said ? [said[1] as string] : [];
  });
}

it.each(examples.map((example) => [example.split("\n")[0] as string, example]))(
  "README: %s",
  async (_, example) => {
    const folder = mkdtempSync(path.join(tmpdir(), "readme-"));
    const file = path.join(folder, "example.mts");
    const library = pathToFileURL(path.join(HERE, "index.ts")).href;
    writeFileSync(file, example.replace('"asic-reservoir/reservoir"', JSON.stringify(library)));
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", LOADER, file], { cwd: folder });
    expect(promised(example).length).toBeGreaterThan(0);
    expect(stdout.trim().split("\n")).toEqual(promised(example));
  },
  180_000,
);
