/** Figures of public sources: lbrycrd's tests of its hash, and blocks of LBRY's main chain as its wallets' tests have them. */
import { describe, expect, it } from "vitest";
import { fromHex, reversed, toHex } from "../../common/bytes.ts";
import { judge } from "./judge.ts";
import { LBRY_HEADER_BYTES, lbryBlockHash, lbryHeader, lbryWorkHash, requireRipemd, verifyLbry } from "./lbry.ts";
import { SentJob } from "./sent-job.ts";
import { notifyParams, syntheticLbryTemplates } from "./template.ts";

const internal = (display: string): Uint8Array => reversed(fromHex(display) as Uint8Array);
const display = (hash: Uint8Array): string => toHex(reversed(hash));
const CLAIM = internal("00".repeat(31).concat("01"));

const GENESIS = lbryHeader(
  {
    version: 1,
    prevHash: new Uint8Array(32),
    merkleRoot: internal("b8211c82c3d15bcd78bba57005b86fed515149a53a425eb592c07af99fe559cc"),
    ntime: 1_446_058_291,
    nbits: 0x1f00_ffff,
  },
  CLAIM,
  1287,
);
const BLOCK_10 = lbryHeader(
  {
    version: 0x2000_0000,
    prevHash: internal("fdab1b38bcf236bc85b6bcd52fe8ec19bcb0b6c7352e913de05fa5a4e5ae8d55"),
    merkleRoot: internal("f4d8fded6a181d4a8a2817a0eb423cc0f414af29490004a620e66c35c498a554"),
    ntime: 1_466_646_593,
    nbits: 0x1e5c_0f58,
  },
  CLAIM,
  75_838,
);
/** What block 11 names as its predecessor, as it stands in its header. */
const BLOCK_11_PREVIOUS = "0381bfc0b2f10c9a3c0fc2dc8ad06388aff8ea5a9f7dba6a945073b021796197";

describe("LBRY's hash", () => {
  it.each([
    ["test string", "485f3920d48a0448034b0852d1489cfa475341176838c7d36896765221be35ce"],
    ["a".repeat(70), "eb44af2f41e7c6522fb8be4773661be5baa430b8b2c3a670247e9ab060608b75"],
    ["d".repeat(140), "74044747b7c1ff867eb09a84d026b02d8dc539fb6adcec3536f3dfa9266495d9"],
  ])("of %s is that of lbrycrd", (text, expected) => {
    expect(display(lbryWorkHash(lbryBlockHash(Buffer.from(text))))).toBe(expected);
  });

  it("gives the first block its published id, and block 10 the one that its successor names", () => {
    expect(GENESIS).toHaveLength(LBRY_HEADER_BYTES);
    expect(display(lbryBlockHash(GENESIS))).toBe("9c89283ba0f3227f6c03b70216b9f665f0118d5e0fa729cedf4fb34d6a34f463");
    expect(toHex(lbryBlockHash(BLOCK_10))).toBe(BLOCK_11_PREVIOUS);
  });

  it("meets the targets of these blocks, which a change of any byte loses", () => {
    const target = (nbits: number) => BigInt(nbits & 0xff_ffff) << BigInt(8 * ((nbits >>> 24) - 3));
    const work = (header: Uint8Array) => BigInt(`0x${display(lbryWorkHash(lbryBlockHash(header)))}`);
    expect(work(GENESIS) <= target(0x1f00_ffff)).toBe(true);
    expect(work(BLOCK_10) <= target(0x1e5c_0f58)).toBe(true);
    for (let i = 0; i < LBRY_HEADER_BYTES; i += 3) {
      const other = BLOCK_10.slice();
      other[i] = (other[i] as number) ^ 1;
      expect(work(other) <= target(0x1e5c_0f58)).toBe(false);
    }
  });

  it("has its zero bits and difficulty counted, of many headers at once, as exact arithmetic has them", () => {
    const { zeroBits, difficultyLog2 } = verifyLbry(Buffer.concat([GENESIS, BLOCK_10]));
    for (const [i, header] of [GENESIS, BLOCK_10].entries()) {
      const work = BigInt(`0x${display(lbryWorkHash(lbryBlockHash(header)))}`);
      expect(zeroBits[i]).toBe(256 - work.toString(2).length);
      // Difficulty 1 is 256 times as easy as Bitcoin's.
      expect(2 ** (difficultyLog2[i] as number)).toBeCloseTo(Number((0xffffn << 216n) / (work >> 32n)) / 2 ** 32, 6);
    }
    expect(() => verifyLbry(new Uint8Array(80))).toThrow(expect.objectContaining({ code: "BAD_SIZE" }));
  });

  it("asks for a Node that has RIPEMD-160", () => {
    expect(() => requireRipemd()).not.toThrow();
    expect(() => requireRipemd(["sha256"])).toThrow(expect.objectContaining({ code: "LBRY_NO_RIPEMD" }));
  });
});

describe("an LBRY job", () => {
  const template = syntheticLbryTemplates(3, 2)(0, 1_700_000_000_000);
  const job = new SentJob({ id: "1", template, sentNs: 0n, ticketLog2: 4, workScale: 20, versionMask: 0, extranonce1: "00000001" });
  const words = { extranonce2: "00000000", ntime: template.ntime, nonce: 7, versionBits: 0 };

  it("carries the claim trie's root behind the previous hash, with each word turned round", () => {
    const params = notifyParams("1", template, true);
    expect(params).toHaveLength(10);
    expect(Buffer.from(params[2] as string, "hex").swap32()).toEqual(Buffer.from(template.claimTrieRoot as Uint8Array));
  });

  it("is judged by LBRY's hash, with 24 zero bits at difficulty 1", () => {
    expect(job.zeroBits).toBe(24 + 4 - 20);
    const headers: Uint8Array[] = [];
    const verdictAt = (zeroBits: number, nonce: number) =>
      judge(
        job,
        true,
        { ...words, nonce },
        (header) => {
          headers.push(header);
          return { zeroBits: Uint16Array.of(zeroBits), difficultyLog2: Float32Array.of(0) };
        },
        () => 0,
      ).verdict;
    expect([verdictAt(8, 1), verdictAt(7, 2), verdictAt(3, 3)]).toEqual(["valid", "below-target", "invalid"]);
    expect(headers[0]).toHaveLength(LBRY_HEADER_BYTES);
    expect(toHex((headers[0] as Uint8Array).subarray(68, 100))).toBe(toHex(template.claimTrieRoot as Uint8Array));
  });
});
