import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256Of } from "../firmware-images/image-store.ts";
import { readPublicKey, verifyBytes } from "../firmware-images/minisign.ts";
import { publisherKey } from "../firmware-images/testing/publisher.test-support.ts";
// @ts-expect-error: a plain script without types, which a person runs.
import { differences, sealRelease, sumsOf } from "../scripts/release.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "release-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
const read = (name: string) => readFileSync(path.join(folder, name), "utf8");

describe("a release", () => {
  it("is sealed: sums of all that was made, signed by the key, which lies beside them", () => {
    put("asic-reservoir_1_amd64.deb", "package");
    put("asic-reservoir-1.tgz", "library");
    put("asic-reservoir.cdx.json", "{}");
    put("notes.txt", "not made");
    const key = publisherKey();
    sealRelease(folder, key, "commit:abc");
    expect(read("SHA256SUMS").split("\n")).toEqual([
      `${sha256Of(Buffer.from("library"))}  asic-reservoir-1.tgz`,
      `${sha256Of(Buffer.from("{}"))}  asic-reservoir.cdx.json`,
      `${sha256Of(Buffer.from("package"))}  asic-reservoir_1_amd64.deb`,
      "",
    ]);
    const trusted = readPublicKey(read("asic-reservoir.pub"));
    expect(verifyBytes(Buffer.from(read("SHA256SUMS")), read("SHA256SUMS.minisig"), trusted)).toBe("commit:abc");
    expect(() => verifyBytes(Buffer.from(`${read("SHA256SUMS")} `), read("SHA256SUMS.minisig"), trusted)).toThrow(/changed/);
  });

  it("built twice is refused when a byte differs or a file is missing", () => {
    put("a.deb", "one");
    const first = sumsOf(folder);
    expect(differences(first, sumsOf(folder))).toEqual([]);
    put("a.deb", "two");
    expect(differences(first, sumsOf(folder))).toEqual([expect.stringMatching(/^a\.deb: [0-9a-f]{64} and [0-9a-f]{64}$/)]);
    rmSync(path.join(folder, "a.deb"));
    expect(differences(first, sumsOf(folder))).toEqual([expect.stringMatching(/^a\.deb: [0-9a-f]{64} and missing$/)]);
  });
});
