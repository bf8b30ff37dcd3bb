import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { tar } from "./tar.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tar-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("an archive gives back every file, to the program that everybody has", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 1500 }), { maxLength: 4 }), (texts) => {
      const wanted = texts.map((text) => Buffer.from(text).toString());
      const archive = tar(
        wanted.map((text, i) => ({ name: `file ${i}.txt`, text })),
        1_700_000_000,
      );
      expect(archive.length % 512).toBe(0);
      const into = mkdtempSync(path.join(folder, "x-"));
      const { status, stderr } = spawnSync("tar", ["-xf", "-", "-C", into], { input: archive, encoding: "utf8" });
      expect([status, stderr]).toEqual([0, ""]);
      expect(wanted.map((_, i) => readFileSync(path.join(into, `file ${i}.txt`), "utf8"))).toEqual(wanted);
    }),
    { numRuns: 20 },
  );
});

it("a name that does not fit is refused", () => {
  for (const name of ["", "x".repeat(101), "ü", "a\nb"]) expect(() => tar([{ name, text: "" }], 0)).toThrow(RangeError);
});
