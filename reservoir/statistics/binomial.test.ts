import { expect, it } from "vitest";
import { binomialInterval } from "./binomial.ts";

it.each([
  [0, 400, 0.05, 0, 0.00746],
  [0, 10, 0.025, 0, 0.3085],
  [10, 10, 0.025, 0.6915, 1],
  [5, 10, 0.025, 0.1871, 0.8129],
  [80, 100, 0.025, 0.7082, 0.8733],
])("%d of %d, tail %f: as tabled", (k, n, tail, low, high) => {
  const [a, b] = binomialInterval(k, n, tail);
  expect(a).toBeCloseTo(low, 4);
  expect(b).toBeCloseTo(high, 4);
});
