import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAnswer, type SealedAnswer, sealAnswer, sha256Hex } from "./seal.ts";

const SECRET = "correct horse battery staple";
const FILES = { "recording-01.csv": sha256Hex("a"), "recording-02.csv": sha256Hex("b") };
const ANSWER = { recordings: [{ file: "recording-01.csv", effect: "memory", strength: 0.3 }] };

function flipped(hex: string, at: number): string {
  const i = at % hex.length;
  return `${hex.slice(0, i)}${(Number.parseInt(hex[i] as string, 16) ^ 1).toString(16)}${hex.slice(i + 1)}`;
}

describe("a sealed answer", () => {
  const sealed = sealAnswer(ANSWER, SECRET, FILES);

  it("opens with its secret and is what went in", () => {
    expect(openAnswer(sealed, SECRET)).toEqual(ANSWER);
  });

  it("survives being a file", () => {
    expect(openAnswer(JSON.parse(JSON.stringify(sealed)), SECRET)).toEqual(ANSWER);
  });

  it("says nothing of its content", () => {
    const text = JSON.stringify(sealed);
    for (const word of ["memory", "strength", "0.3", Buffer.from("memory").toString("hex")]) expect(text).not.toContain(word);
  });

  it.each(["", "correct horse battery stapl", `${SECRET} `, SECRET.toUpperCase()])("does not open with %o", (other) => {
    expect(() => openAnswer(sealed, other)).toThrow(expect.objectContaining({ code: "SEAL_BROKEN" }));
  });

  const changes: [string, (at: number) => SealedAnswer][] = [
    ["a sealed bit", (at) => ({ ...sealed, sealed: flipped(sealed.sealed, at) })],
    ["the tag", (at) => ({ ...sealed, cipher: { ...sealed.cipher, tag: flipped(sealed.cipher.tag, at) } })],
    ["the nonce", (at) => ({ ...sealed, cipher: { ...sealed.cipher, iv: flipped(sealed.cipher.iv, at) } })],
    ["the salt", (at) => ({ ...sealed, kdf: { ...sealed.kdf, salt: flipped(sealed.kdf.salt, at) } })],
    ["the commitment", (at) => ({ ...sealed, commitment: flipped(sealed.commitment, at) })],
    ["a recording's hash", (at) => ({ ...sealed, files: { ...FILES, "recording-01.csv": flipped(FILES["recording-01.csv"], at) } })],
    ["the list of recordings", () => ({ ...sealed, files: { "recording-01.csv": FILES["recording-01.csv"] } })],
    ["the tag's length", () => ({ ...sealed, cipher: { ...sealed.cipher, tag: sealed.cipher.tag.slice(0, 8) } })],
    ["the work factor", () => ({ ...sealed, kdf: { ...sealed.kdf, n: 2 ** 30 } })],
  ];
  it.each(changes)("does not open once somebody changed %s", (_, change) => {
    fc.assert(
      fc.property(fc.nat(), (at) => {
        expect(() => openAnswer(change(at), SECRET)).toThrow(expect.objectContaining({ code: "SEAL_BROKEN" }));
      }),
      { numRuns: 3 },
    );
  });

  it("of the same answer differs each time, its commitment too: a guess cannot be checked against it", () => {
    const again = sealAnswer(ANSWER, SECRET, FILES);
    expect(again.commitment).not.toBe(sealed.commitment);
    expect(again.sealed).not.toBe(sealed.sealed);
  });

  it("is as long for one answer as for another of about its size", () => {
    const other = sealAnswer(
      { recordings: [{ file: "recording-01.csv", effect: "early-abort", strength: 0, why: "x".repeat(200) }] },
      SECRET,
      FILES,
    );
    expect(other.sealed.length).toBe(sealed.sealed.length);
  });

  it("another file is refused by its form", () => {
    expect(() => openAnswer({ format: "something" } as unknown as SealedAnswer, SECRET)).toThrow(
      expect.objectContaining({ code: "SEAL_FORMAT" }),
    );
  });
});
