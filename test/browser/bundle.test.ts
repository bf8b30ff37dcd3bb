import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildDashboard } from "./feeder.ts";

const MOST_BYTES = 150_000;

describe("the dashboard's files", () => {
  let built: Awaited<ReturnType<typeof buildDashboard>>;
  let files: { readonly name: string; readonly content: Buffer }[];

  beforeAll(async () => {
    built = await buildDashboard();
    files = readdirSync(built.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => ({ name: entry.name, content: readFileSync(path.join(entry.parentPath, entry.name)) }));
  });

  afterAll(() => built.remove());

  it("are all together below 150 kB as they go over the wire", () => {
    const bytes = files.reduce((sum, { content }) => sum + gzipSync(content).length, 0);
    expect(files.length).toBeGreaterThan(2);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it("ask nothing of any other host", () => {
    for (const { name, content } of files) {
      const addresses = content.toString("utf8").match(/(?:https?:)?\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi) ?? [];
      // Namespaces of SVG and MathML are names, not addresses.
      expect(
        addresses.filter((address) => !address.endsWith("//www.w3.org")),
        name,
      ).toEqual([]);
    }
  });
});
