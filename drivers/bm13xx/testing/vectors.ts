import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fromHex } from "../../../common/bytes.ts";

/** Where the specifications lie; tests that need them are skipped where they are not. */
const folder = path.resolve(process.env.ASIC_SPECS ?? "../shared", "vectors");

export interface Vector {
  readonly name: string;
  readonly direction: string;
  readonly chip: string | null;
  readonly bytes: Uint8Array;
  readonly decoded: Readonly<Record<string, unknown>>;
}

interface StoredVector extends Omit<Vector, "bytes"> {
  readonly bytes: string;
}

/** The vectors of a file; none, said aloud once, when it is absent. */
export function readVectors(name: string): readonly Vector[] {
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    console.warn(`No test vectors at ${file}: the tests that need them are skipped. Set ASIC_SPECS to the folder that holds vectors/.`);
    return [];
  }
  const { vectors: stored } = JSON.parse(readFileSync(file, "utf8")) as { vectors: StoredVector[] };
  return stored.map((vector) => ({ ...vector, bytes: fromHex(vector.bytes) ?? new Uint8Array() }));
}

/** All vectors of the BM1366. */
export const vectors = readVectors("bm1366.json");
export const haveVectors = vectors.length > 0;

/** Recorded with a wrong checksum, on purpose or by mistake: must be refused. specs/bm1366.md 7 */
export function isNegative(vector: Vector): boolean {
  return /^(neg_|doc_bad|issue56)/.test(vector.name) || vector.decoded.crc_ok === false;
}

export function vectorNamed(name: string): Vector {
  const found = vectors.find((vector) => vector.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  return found;
}

/** "0x1F" as a number. */
export function number(value: unknown): number {
  return typeof value === "number" ? value : Number(value);
}
