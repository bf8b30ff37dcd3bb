import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "./load.ts";
import { readSecret, secretFilesOf, secretWarnings } from "./secret.ts";

const folder = mkdtempSync(path.join(tmpdir(), "secret-"));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(text: string, mode: number) {
  const file = path.join(folder, `${Math.abs(mode)}-${text.length}`);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { key: "mqtt.passwordFile", file };
}

describe("a secret's file", () => {
  it("is the configuration's", () => {
    const text =
      "origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\nmqtt: { url: mqtt://b, username: u, passwordFile: p }\n";
    expect(secretFilesOf(readConfig(text, "x", {}).config)).toEqual([{ key: "mqtt.passwordFile", file: "p" }]);
  });

  it("gives its text without the newline at its end, and with every other blank", () => {
    expect(readSecret(secretFile(" hun ter2 \n", 0o600))).toBe(" hun ter2 ");
    expect(readSecret(secretFile("a\r\n", 0o600))).toBe("a");
  });

  it("that is missing or empty is said with its key", () => {
    expect(() => readSecret({ key: "mqtt.passwordFile", file: "/no/such" })).toThrow(expect.objectContaining({ code: "SECRET_MISSING" }));
    expect(() => readSecret(secretFile("\n", 0o600))).toThrow(expect.objectContaining({ code: "SECRET_EMPTY" }));
  });

  it("that others may read is a warning with the command that mends it", () => {
    expect(secretWarnings([secretFile("abc", 0o640)])).toEqual([expect.stringContaining("chmod 600")]);
    expect(secretWarnings([secretFile("abcd", 0o600)])).toEqual([]);
    expect(secretWarnings([{ key: "k", file: "/no/such" }])).toEqual([]);
  });
});
