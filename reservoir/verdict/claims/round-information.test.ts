import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../common/random.ts";
import { doubleHash, leadingZeros, roundInformation } from "./round-information.ts";

function bytesOf(words: Uint32Array): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => {
    bytes.writeUInt32BE(word, i * 4);
  });
  return bytes;
}
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest();

describe("round information", () => {
  it("its double hash is SHA-256d, and its zeros are those of the reversed digest", () => {
    const random = splitmix64(3);
    for (let i = 0; i < 50; i++) {
      const header = Uint32Array.from({ length: 20 }, () => Math.floor(random.next() * 2 ** 32));
      const digest = sha256(sha256(bytesOf(header)));
      expect(bytesOf(doubleHash(header)).equals(digest)).toBe(true);
      const reversed = BigInt(`0x${Buffer.from(digest).reverse().toString("hex")}`);
      expect(leadingZeros(doubleHash(header))).toBe(256 - reversed.toString(2).length);
    }
  });

  it("shows all 64 rounds, the last of which plus the initial value is the hash", () => {
    const seen: Uint32Array[] = [];
    const hash = doubleHash(new Uint32Array(20), (_, words) => seen.push(words.slice()));
    expect(seen.length).toBe(64);
    expect(((seen[63]?.[0] ?? 0) + 0x6a09e667) >>> 0).toBe(hash[0]);
    // A word of the state moves on by one place each round: what becomes the last word stands in the fifth three rounds before.
    expect(seen[60]?.[4]).toBe(seen[63]?.[7]);
  });

  it("is chance until three rounds before the end, and then nearly all there is", async () => {
    const found = await roundInformation({ samples: 400, zeroBits: 6, rounds: [1, 8, 32, 56, 60, 61, 64], seed: 2 });
    const auc = new Map(found.map(({ round, auc: value }) => [round, value]));
    // Standard error of an AUC of one half with 200 of each: 0.029.
    for (const round of [1, 8, 32, 56, 60]) expect(Math.abs((auc.get(round) ?? 0) - 0.5)).toBeLessThan(0.1);
    // Six bits must all be right, which no linear classifier says perfectly.
    for (const round of [61, 64]) expect(auc.get(round)).toBeGreaterThan(0.9);
  });
});
