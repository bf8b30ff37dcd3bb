import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fromHex } from "../../../common/bytes.ts";

/** Where the specifications lie; tests that need them are skipped where they are not. */
const file = path.resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1387.json");

export interface S9Vector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decoded: Readonly<Record<string, unknown>>;
}

export const haveS9Vectors = existsSync(file);
if (!haveS9Vectors)
  console.warn(`No test vectors at ${file}: the tests that need them are skipped. Set ASIC_SPECS to the folder that holds vectors/.`);

/** All vectors whose name begins so; none when the file is absent. */
export function s9Vectors(prefix: string): readonly S9Vector[] {
  if (!haveS9Vectors) return [];
  const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: (Omit<S9Vector, "bytes"> & { bytes: string })[] };
  return vectors
    .filter(({ name }) => name.startsWith(prefix))
    .map((vector) => ({ ...vector, bytes: fromHex(vector.bytes) ?? new Uint8Array() }));
}

export function s9Vector(name: string): S9Vector {
  const found = s9Vectors(name).find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found;
}
