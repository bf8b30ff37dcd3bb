import { expect, test } from "vitest";
import { SeenNonces } from "./seen-nonces.ts";

test("job, nonce and version field all count", () => {
  const seen = new SeenNonces();
  expect(seen.add(0, 7, 1)).toBe(true);
  expect(seen.add(0, 7, 1)).toBe(false);
  expect(seen.add(1, 7, 1)).toBe(true);
  expect(seen.add(0, 8, 1)).toBe(true);
  expect(seen.add(0, 7, 2)).toBe(true);
  expect(seen.add(0, 0xffff_ffff, 0xffff)).toBe(true);
  expect(seen.add(0, 0xffff_ffff, 0xffff)).toBe(false);
});

test("memory is bounded, and the oldest job is forgotten first", () => {
  const seen = new SeenNonces({ mostNonces: 100 });
  for (let nonce = 0; nonce < 1000; nonce++) seen.add(Math.floor(nonce / 50), nonce, 0);
  expect(seen.size).toBe(100);
  expect(seen.add(19, 999, 0)).toBe(false);
  expect(seen.add(0, 0, 0)).toBe(true);
});

test("jobs that nobody can answer any more are forgotten, however few nonces they had", () => {
  const seen = new SeenNonces({ mostJobs: 20 });
  for (let job = 0; job < 500; job++) for (const nonce of [1, 2]) seen.add(job, nonce, 0);
  expect(seen.size).toBe(40);
  expect(seen.add(480, 2, 0)).toBe(false);
  expect(seen.add(479, 2, 0)).toBe(true);
});
