import { readVectors, type Vector } from "../../bm13xx/testing/vectors.ts";

/** All vectors of the BM1387; none where the specifications are absent. */
export const vectors = readVectors("bm1387.json");
export const haveVectors = vectors.length > 0;

/** Recorded with a wrong checksum on purpose. */
export function isNegative(vector: Vector): boolean {
  return vector.name.startsWith("BAD_");
}

export function vectorNamed(name: string): Vector {
  const found = vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found;
}
