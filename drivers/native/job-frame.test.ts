import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { midstateJobFrame } from "./index.ts";

const VECTORS = path.resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1387.json");

test("sizes that are no job's are refused", () => {
  const tail = new Uint8Array(4);
  for (const count of [0, 3, 5]) expect(() => midstateJobFrame(0, 0, 0, tail, new Uint8Array(32 * count))).toThrow(TypeError);
  expect(() => midstateJobFrame(0, 0, 0, tail, new Uint8Array(33))).toThrow(TypeError);
  expect(() => midstateJobFrame(128, 0, 0, tail, new Uint8Array(32))).toThrow(TypeError);
  expect(() => midstateJobFrame(0, 0, 0, new Uint8Array(5), new Uint8Array(32))).toThrow(TypeError);
});

interface JobVector {
  readonly name: string;
  readonly bytes: string;
  readonly decoded: {
    readonly kind?: string;
    readonly job_id: number;
    readonly nbits: string;
    readonly ntime: string;
    readonly merkle_tail_wire: string;
    readonly midstate_H0_H7: readonly string[];
  };
}

describe.skipIf(!existsSync(VECTORS))("vectors of bm1387.json (skipped where the specification is absent)", () => {
  const vectors = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, "utf8")).vectors as JobVector[]) : [];
  const jobs = vectors.filter(({ decoded }) => decoded.kind === "job");

  test("there are jobs of one, two and four midstates", () => {
    expect(new Set(jobs.map(({ decoded }) => decoded.midstate_H0_H7.length))).toEqual(new Set([1, 2, 4]));
  });

  test.each(jobs)("$name is what the pump would write", ({ bytes, decoded }) => {
    const { job_id, nbits, ntime, merkle_tail_wire, midstate_H0_H7 } = decoded;
    const midstates = fromHex(midstate_H0_H7.join("").replaceAll(" ", "")) as Uint8Array;
    const tail = fromHex(merkle_tail_wire) as Uint8Array;
    expect(toHex(midstateJobFrame(job_id, Number(nbits), Number(ntime), tail, midstates))).toBe(bytes);
  });
});
