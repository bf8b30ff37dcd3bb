import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HEADER_BYTES, headerBytes } from "../../common/block-header.ts";
import { fromHex, reversed, toHex } from "../../common/bytes.ts";
import { hashHeaders, sha256dKernel, verifyHeaders } from "./index.ts";

const VECTORS = path.resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1366.json");

interface Vector {
  name: string;
  decoded: Record<string, string>;
}

interface Decoded {
  name: string;
  header80?: string;
  job_frame?: string;
  rolled_version?: string;
  nonce_header?: string;
  hash_display: string;
  difficulty: number;
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

// specs/bm1366.md 4.5, example 1
const CAPTURED =
  "00600020c25721d4e8be8ef8ccfe036f478a5e7c5857dda2659049100c00000000000000322885c74474ede0bfba1b1d8d70ed9b" +
  "7b42acc90fffdf3fcbdaf23ff3c00910e016af64f8952419083928a9";

const sha256 = (message: Uint8Array) => createHash("sha256").update(message).digest();

test("digests equal those of OpenSSL, whatever the number of headers and wherever they lie in memory", () => {
  const headers = fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 15 }))
    .chain(([count, start]) =>
      fc.tuple(fc.uint8Array({ minLength: count * HEADER_BYTES, maxLength: count * HEADER_BYTES }), fc.constant(start)),
    );
  fc.assert(
    fc.property(headers, ([content, start]) => {
      const shifted = new Uint8Array(start + content.length);
      shifted.set(content, start);
      const expected: Buffer[] = [];
      for (let at = 0; at < content.length; at += HEADER_BYTES) expected.push(sha256(sha256(content.subarray(at, at + HEADER_BYTES))));
      expect(toHex(hashHeaders(shifted.subarray(start)))).toBe(toHex(Buffer.concat(expected)));
    }),
  );
});

test("the first nonce of a real capture verifies: 35 zero bits, difficulty 9.279", () => {
  const header = bytes(CAPTURED);
  expect(toHex(reversed(hashHeaders(header)))).toBe("000000001b96f590c6ddc0bc7994daf554cefce6f142df3881f85bf5f3df1735");
  const { zeroBits, difficultyLog2 } = verifyHeaders(header);
  expect([...zeroBits]).toEqual([35]);
  expect(2 ** (difficultyLog2[0] as number)).toBeCloseTo(9.278689, 4);
});

test("one wrong bit in a header leaves nothing of its zero bits", () => {
  const header = bytes(CAPTURED);
  header[79] = (header[79] as number) ^ 1;
  expect(verifyHeaders(header).zeroBits[0]).toBeLessThan(32);
});

test("part of a header is refused", () => {
  for (const length of [1, 79, 81, 159]) {
    expect(() => hashHeaders(new Uint8Array(length))).toThrow(expect.objectContaining({ code: "BAD_SIZE" }));
    expect(() => verifyHeaders(new Uint8Array(length))).toThrow(expect.objectContaining({ code: "BAD_SIZE" }));
  }
});

test("the kernel has a name", () => {
  expect(["sha-ni", "portable"]).toContain(sha256dKernel());
});

describe.skipIf(!existsSync(VECTORS))("verified vectors of bm1366.json (skipped where the specification is absent)", () => {
  const vectors = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, "utf8")).vectors as Vector[]) : [];
  const verified = vectors
    .filter(({ decoded }) => decoded.sha_verified)
    .map(({ name, decoded }) => ({ name, ...decoded }) as unknown as Decoded);

  /** The header as published, or made from the published job and the rolled version. */
  function headerOf({ header80, job_frame, rolled_version, nonce_header }: Decoded): Uint8Array {
    if (header80 !== undefined) return bytes(header80);
    const job = vectors.find(({ name }) => name === job_frame)?.decoded ?? {};
    const fields = {
      version: Number(rolled_version),
      prevHash: bytes(job.prev_hash_internal as string),
      merkleRoot: bytes(job.merkle_root_internal as string),
      ntime: Number(job.ntime),
      nbits: Number(job.nbits),
    };
    return headerBytes(fields, Number(nonce_header));
  }

  test("there are published headers and headers to rebuild", () => {
    expect(new Set(verified.map(({ header80 }) => header80 === undefined))).toEqual(new Set([true, false]));
  });

  test.each(verified)("$name hashes and rates as published", (vector) => {
    const header = headerOf(vector);
    expect(toHex(reversed(hashHeaders(header)))).toBe(vector.hash_display);
    const { zeroBits, difficultyLog2 } = verifyHeaders(header);
    expect(zeroBits[0]).toBe(256 - BigInt(`0x${vector.hash_display}`).toString(2).length);
    expect(2 ** (difficultyLog2[0] as number) / vector.difficulty).toBeCloseTo(1, 4);
  });
});
