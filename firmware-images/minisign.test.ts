import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { publicKeyFile, readPrivateKey, readPublicKey, signBytes, verifyBytes } from "./minisign.ts";
import { publisherKey } from "./testing/publisher.test-support.ts";

const key = publisherKey();
const trusted = readPublicKey(publicKeyFile(key));

describe("a signature in minisign's form", () => {
  it("holds for what was signed, and gives its trusted comment back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.stringMatching(/^[ -~]{0,40}$/), (bytes, comment) => {
        expect(verifyBytes(bytes, signBytes(bytes, key, comment), trusted)).toBe(comment);
      }),
      { numRuns: 50 },
    );
  });

  it("fails when any byte of the file, or any letter of the signature below its first line, is another", () => {
    const bytes = Buffer.from("an index of images");
    const file = signBytes(bytes, key, "serial:7");
    const from = file.indexOf("\n") + 1;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const other = Uint8Array.from(bytes);
        other[at] = (other[at] as number) ^ flip;
        expect(() => verifyBytes(other, file, trusted)).toThrow(expect.objectContaining({ code: "FIRMWARE_SIGNATURE" }));
      }),
    );
    for (let at = from; at < file.length - 1; at++) {
      if ("=\n".includes(file[at] as string)) continue;
      const other = `${file.slice(0, at)}${file[at] === "B" ? "C" : "B"}${file.slice(at + 1)}`;
      // The last letter of base64 before its padding has bits that no decoder looks at.
      if (file[at + 1] === "=" && Buffer.from(lineAt(other, at), "base64").equals(Buffer.from(lineAt(file, at), "base64"))) continue;
      expect(() => verifyBytes(bytes, other, trusted), `letter ${at}`).toThrow(expect.objectContaining({ code: "FIRMWARE_SIGNATURE" }));
    }
  });

  it("of another key is refused, also when that key bears the trusted one's id", () => {
    const bytes = Buffer.from("x");
    const strange = publisherKey();
    expect(() => verifyBytes(bytes, signBytes(bytes, strange, ""), trusted)).toThrow(/another key/);
    const forged = { id: readPublicKey(publicKeyFile(strange)).id, key: trusted.key };
    expect(() => verifyBytes(bytes, signBytes(bytes, strange, ""), forged)).toThrow(/does not fit/);
  });

  it.skipIf(spawnSync("minisign", ["-v"]).error !== undefined)("is accepted by minisign itself", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "minisign-"));
    try {
      const file = path.join(folder, "index.json");
      writeFileSync(file, "hello");
      writeFileSync(`${file}.minisig`, signBytes(Buffer.from("hello"), key, "serial:1"));
      writeFileSync(path.join(folder, "key.pub"), publicKeyFile(key));
      const { status, stdout } = spawnSync("minisign", ["-Vm", file, "-p", path.join(folder, "key.pub")], { encoding: "utf8" });
      expect([status, stdout]).toEqual([0, expect.stringContaining("serial:1")]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a key", () => {
  it.each(["", "RWQ=", "untrusted comment: x\nnot base64 at all"])("that is none is refused: %j", (text) => {
    expect(() => readPublicKey(text)).toThrow(expect.objectContaining({ code: "FIRMWARE_KEY_UNREADABLE" }));
  });

  it("of another kind is refused", () => {
    const pem = generateKeyPairSync("ed448").privateKey.export({ type: "pkcs8", format: "pem" });
    expect(() => readPrivateKey(pem as string)).toThrow(/ed448/);
    expect(() => readPrivateKey("-----BEGIN")).toThrow(expect.objectContaining({ code: "FIRMWARE_KEY_UNREADABLE" }));
  });
});

function lineAt(text: string, at: number): string {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, text.indexOf("\n", at));
}
