/** Between which complexities a series of one entropy must lie: the borders of the entropy-complexity plane (Martin, Plastino, Rosso 2006). specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { ordinalPlaneOf } from "./ordinal.ts";

/**
 * [least, most] complexity at this entropy (over ln patterns, 0 to 1) among `patterns` patterns, order! of them. Least: one pattern more frequent than
 * all others alike. Most: k patterns alike, another rarer, none of the rest. ScienceError BAD_VALUES.
 */
export function complexityLimits(entropy: number, patterns: number): [number, number] {
  if (!(entropy >= 0 && entropy <= 1) || !Number.isInteger(patterns) || patterns < 2)
    throw new ScienceError("BAD_VALUES", `No distribution of ${patterns} patterns has the entropy ${entropy}.`, "Give one from 0 to 1.", {
      entropy,
      patterns,
    });
  const oneApart = (p: number) => new Float64Array(patterns).fill((1 - p) / (patterns - 1)).fill(p, 0, 1);
  // As many patterns as have this entropy when they are alike, and one more to make up for what is left.
  const alike = Math.min(patterns - 1, Math.max(1, Math.floor(patterns ** entropy)));
  const oneRarer = (p: number) =>
    new Float64Array(patterns)
      .fill((1 - p) / alike)
      .fill(p, alike, alike + 1)
      .fill(0, alike + 1);
  return [
    complexityAt(entropy, (share) => oneApart(1 - share * (1 - 1 / patterns))),
    complexityAt(entropy, (share) => oneRarer(share / (alike + 1))),
  ];
}

/** Complexity of the member of a family that has this entropy, which rises with its share, 0 to 1. By bisection. */
function complexityAt(entropy: number, family: (share: number) => Float64Array): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (ordinalPlaneOf(family(middle)).entropy < entropy) low = middle;
    else high = middle;
  }
  return ordinalPlaneOf(family((low + high) / 2)).complexity;
}
