import { expect, test } from "vitest";
import { fingerprint } from "./fingerprint.ts";

const of = (provenance: unknown) => fingerprint(JSON.stringify(provenance));

test("the order of keys is no difference, a value is, at any depth", () => {
  const { configSha256 } = of({ software: "asic-reservoir 1", config: { a: 1, b: [{ c: 2, d: null }] } });
  expect(configSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(of({ config: { b: [{ d: null, c: 2 }], a: 1 } }).configSha256).toBe(configSha256);
  expect(of({ config: { a: 1, b: [{ c: 3, d: null }] } }).configSha256).not.toBe(configSha256);
});

test("what a run does not say is unknown", () => {
  expect(of({ software: "asic-reservoir 1" })).toEqual({ software: "asic-reservoir 1", configSha256: null });
  expect(of(null)).toEqual({ software: null, configSha256: null });
});
