import { describe, expect, test } from "vitest";
import { hashCountingNumberFor } from "./counting.ts";
import { expectedHashRateGhs } from "./rate.ts";

describe("HASH_COUNTING_NUMBER (specs/bm1366.md 4.6)", () => {
  test.each([
    [400, ["100000", "080000", "020000", "010000"]],
    [425, ["0F0F0F", "078787", "01E1E1", "00F0F0"]],
    [450, ["0E38E3", "071C71", "01C71C", "00E38E"]],
    [475, ["0D7943", "06BCA1", "01AF28", "00D794"]],
    [485, ["0D3224", "069912", "01A644", "00D322"]],
    [500, ["0CCCCC", "066666", "019999", "00CCCC"]],
    [525, ["0C30C3", "061861", "018618", "00C30C"]],
    [550, ["0BA2E8", "05D174", "01745D", "00BA2E"]],
    [575, ["0B2164", "0590B2", "01642C", "00B216"]],
  ])("%d MHz on chains of 1, 2, 6 and 9", (mhz, row) => {
    expect([1, 2, 6, 9].map((chips) => hashCountingNumberFor(mhz, chips).toString(16).toUpperCase().padStart(6, "0"))).toEqual(row);
  });
});

test("nominal rates of specs/bm1366.md 4.8, GH/s", () => {
  expect([400, 485, 575].map((mhz) => expectedHashRateGhs(mhz, 1))).toEqual([357.6, 433.59, 514.05]);
  expect(expectedHashRateGhs(400, 6)).toBeCloseTo(2145.6, 6);
});
