import { expect, it } from "vitest";
import { studentQuantile975 } from "./student.ts";

it.each([
  [1, 12.7062],
  [2, 4.30265],
  [3, 3.18245],
  [4, 2.77645],
  [6, 2.44691],
  [10, 2.22814],
  [30, 2.04227],
  [1000, 1.96234],
])("%d degrees of freedom: %f, as in every table", (degrees, quantile) => {
  expect(Math.abs(studentQuantile975(degrees) / quantile - 1)).toBeLessThan(degrees < 6 ? 0.005 : 1e-4);
});
