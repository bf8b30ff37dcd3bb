import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";

const FILE = path.resolve(process.env.ASIC_SPECS ?? "../shared", "oracles/reservoir.json");

/** False where the specification is not checked out beside the project; tests that need it are then skipped. */
export const haveOracle = existsSync(FILE);
if (!haveOracle)
  console.warn(`No oracles at ${FILE}: the tests that need them are skipped. Set ASIC_SPECS to the folder that holds oracles/.`);

/** One section of the oracle file, in the shape that the test knows it to have; empty when the file is absent. */
export function oracle<T>(section: string): T {
  return (haveOracle ? JSON.parse(readFileSync(FILE, "utf8"))[section] : {}) as T;
}

/** Equal to within `tolerance` relative to the larger of the expected value and 1e-300. */
export function expectRelative(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-300), `${actual} against ${expected}`).toBeLessThanOrEqual(
    tolerance,
  );
}
