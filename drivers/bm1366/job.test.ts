import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { haveVectors, vectorNamed } from "../bm13xx/testing/vectors.ts";
import { decodeJob, encodeJob, prevHashFromNotify, reverseWords } from "./job.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const headers = fc.record({ version: u32, prevHash: hash, merkleRoot: hash, ntime: u32, nbits: u32 });

test("every job survives encoding and decoding", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 31 }),
      headers,
      (id, fields) => void expect(decodeJob(encodeJob(id * 8, fields))).toEqual({ wireId: id * 8, midstates: 1, startingNonce: 0, fields }),
    ),
  );
});

test("an id that would collide with the small core's bits is refused", () => {
  const fields = { version: 0, prevHash: new Uint8Array(32), merkleRoot: new Uint8Array(32), ntime: 0, nbits: 0 };
  for (const id of [1, 4, 256, -8]) expect(() => encodeJob(id, fields)).toThrow(DriverError);
  expect(() => encodeJob(8, { ...fields, prevHash: new Uint8Array(31) })).toThrow(DriverError);
});

test("notify's prevhash: the job carries its 32 bytes in fully reversed order (specs/bm1366.md 4.2)", () => {
  fc.assert(
    fc.property(hash, (notify) => {
      const internal = prevHashFromNotify(toHex(notify));
      expect(internal && reverseWords(internal)).toEqual(notify.slice().reverse());
    }),
  );
  expect(prevHashFromNotify("00")).toBeNull();
  expect(prevHashFromNotify("zz".repeat(32))).toBeNull();
});

describe.skipIf(!haveVectors)("recorded jobs", () => {
  test.each(["bm1366_capture_job28", "block839900_job_id08"])("%s decodes to its header and encodes to its bytes", (name) => {
    const { bytes, decoded } = vectorNamed(name);
    const job = decodeJob(bytes);
    if ("refused" in job) return expect.fail(job.refused);
    expect(toHex(job.fields.merkleRoot)).toBe(decoded.merkle_root_internal);
    expect(toHex(job.fields.prevHash)).toBe(decoded.prev_hash_internal);
    expect(toHex(encodeJob(job.wireId, job.fields))).toBe(toHex(bytes));
  });

  test("a midstate job of the BM1397 is no full-header job", () => {
    expect(decodeJob(vectorNamed("job_midstate_1").bytes)).toEqual({ refused: "type" });
  });
});
