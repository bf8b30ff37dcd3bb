import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeResponse } from "../bm13xx/response.ts";
import { nonceResponse } from "../bm13xx/testing/responses.ts";
import { addressInterval, decodeNonce } from "./nonce.ts";

function decoded(nonceBe: number, header: number, field: number, chips: number) {
  const response = decodeResponse(nonceResponse(nonceBe, 0, header, field));
  if (!("kind" in response) || response.kind !== "nonce") return expect.fail("no nonce");
  return decodeNonce(response, chips);
}

test("a nonce says which core, address, counter, small core, version and job it came from", () => {
  fc.assert(
    fc.property(
      fc.nat(127),
      fc.nat(255),
      fc.nat(0x1_ffff),
      fc.nat(31),
      fc.nat(7),
      fc.nat(0xffff),
      (core, addr8, low, job, smallCore, versionField) => {
        const nonceBe = core * 2 ** 25 + addr8 * 2 ** 17 + low;
        expect(decoded(nonceBe, job * 8 + smallCore, versionField, 1)).toEqual({
          core,
          addr8,
          chip: 0,
          counter: addr8 * 2 ** 17 + low,
          smallCore,
          versionField,
          versionBits: versionField * 8192,
          jobId: job * 8,
        });
      },
    ),
  );
});

test("the first capture of specs/bm1366.md 4.5: core 4, small core 3, address 28", () => {
  expect(decoded(0x0839_28a9, 0x2b, 3, 1)).toMatchObject({ core: 4, smallCore: 3, addr8: 28, jobId: 0x28 });
});

test("address intervals of specs/bm1366.md 3.3", () => {
  expect([1, 2, 3, 4, 5, 6, 9, 12, 16].map(addressInterval)).toEqual([256, 128, 85, 64, 51, 42, 28, 21, 16]);
});

test("a counter that runs over the last slice still belongs to the last chip", () => {
  expect(decoded(255 * 2 ** 17, 8, 0, 6).chip).toBe(5);
  expect(decoded(42 * 2 ** 17, 8, 0, 6).chip).toBe(1);
  expect(decoded(41 * 2 ** 17, 8, 0, 6).chip).toBe(0);
});
