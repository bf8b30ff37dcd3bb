import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { hashOf } from "./code-hash.ts";

it("goes with the contents and names of the program's files, and with no test", () => {
  const root = mkdtempSync(path.join(tmpdir(), "code-"));
  try {
    mkdirSync(path.join(root, "a", "b"), { recursive: true });
    const hashWith = (name: string, text: string) => {
      writeFileSync(path.join(root, "a", "b", name), text);
      return hashOf(root, ["a"]);
    };
    const first = hashWith("one.ts", "1");
    expect(hashWith("one.test.ts", "2")).toBe(first);
    expect(hashWith("one.txt", "2")).toBe(first);
    expect(hashWith("one.ts", "2")).not.toBe(first);
    expect(hashWith("one.ts", "1")).toBe(first);
    expect(hashWith("two.js", "1")).not.toBe(first);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
