import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeModel, encodeModel, loadModel, type StoredReadout, saveModel } from "./model-file.ts";

const values = (length: number) => fc.float64Array({ minLength: length, maxLength: length, noNaN: true });
const readouts: fc.Arbitrary<StoredReadout> = fc
  .record({ features: fc.integer({ min: 1, max: 9 }), targets: fc.integer({ min: 1, max: 3 }) })
  .chain(({ features, targets }) =>
    fc.record({
      weights: values(features * targets),
      intercepts: values(targets),
      lambda: fc.double({ min: 0, max: 1e6, noNaN: true }).map((lambda) => lambda + 0),
      standardisation: fc.record({ mean: values(features), scale: values(features) }),
      featureNames: fc.array(fc.string(), { minLength: features, maxLength: features }),
      targetNames: fc.array(fc.string(), { minLength: targets, maxLength: targets }),
      origin: fc.constantFrom("hardware" as const, "twin" as const, "recording" as const, "software" as const),
    }),
  );

const readout: StoredReadout = {
  weights: Float64Array.of(1, -2),
  intercepts: Float64Array.of(0.5),
  lambda: 1e-3,
  standardisation: { mean: Float64Array.of(3, 4), scale: Float64Array.of(1, 2) },
  featureNames: ["count", "residual mean"],
  targetNames: ["y"],
  origin: "twin",
};

/** The file of `readout` with another header and a checksum that fits. */
function withHeader(change: (header: Record<string, unknown>) => unknown): Uint8Array {
  const file = Buffer.from(encodeModel(readout));
  const length = file.readUInt32LE(8);
  const header = Buffer.from(JSON.stringify(change(JSON.parse(file.toString("utf8", 12, 12 + length)))));
  const body = Buffer.concat([file.subarray(0, 12), header, file.subarray(12 + length, -32)]);
  body.writeUInt32LE(header.length, 8);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

const code = (expected: string) => expect.objectContaining({ name: "ScienceError", code: expected });

describe("model file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "readout-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("gives back what was encoded, to the last bit", () => {
    fc.assert(
      fc.property(readouts, (each) => {
        expect(decodeModel(encodeModel(each))).toEqual(each);
      }),
    );
  });

  it("is refused when any bit of it has changed, or its end is missing", () => {
    const file = encodeModel(readout);
    fc.assert(
      fc.property(fc.nat(8 * file.length - 1), (bit) => {
        const damaged = Uint8Array.from(file);
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => decodeModel(damaged)).toThrow(code(bit < 64 ? "MODEL_NOT_ONE" : "MODEL_DAMAGED"));
      }),
    );
    for (let length = 0; length < file.length; length++)
      expect(() => decodeModel(file.subarray(0, length))).toThrow(code(length < 44 ? "MODEL_NOT_ONE" : "MODEL_DAMAGED"));
  });

  it("is refused when it is of another version or contradicts itself, whatever its checksum says", () => {
    expect(decodeModel(withHeader((header) => header))).toStrictEqual(readout);
    expect(() => decodeModel(withHeader((header) => ({ ...header, version: 2 })))).toThrow(code("MODEL_VERSION"));
    const contradictions: Record<string, unknown>[] = [
      { version: "1" },
      { features: 3 },
      { targets: 0 },
      { lambda: null },
      { featureNames: ["count"] },
      { featureNames: ["count", 7] },
      { targetNames: [] },
      { origin: "dream" },
    ];
    for (const change of contradictions)
      expect(() => decodeModel(withHeader((header) => ({ ...header, ...change })))).toThrow(code("MODEL_NOT_ONE"));
    expect(() => decodeModel(withHeader(() => null))).toThrow(code("MODEL_NOT_ONE"));
  });

  it("is refused for features that are not those it was fitted on, in their order", () => {
    const bytes = encodeModel(readout);
    expect(decodeModel(bytes, { featureNames: ["count", "residual mean"] })).toStrictEqual(readout);
    for (const featureNames of [["residual mean", "count"], ["count"], ["count", "residual mean", "rate"], []])
      expect(() => decodeModel(bytes, { featureNames })).toThrow(code("MODEL_MISMATCH"));
  });

  it("is not written from parts that do not belong together", () => {
    const changes: Partial<StoredReadout>[] = [
      { weights: new Float64Array(3) },
      { intercepts: new Float64Array(2) },
      { featureNames: ["count"] },
      { targetNames: [] },
      { standardisation: { mean: new Float64Array(1), scale: new Float64Array(2) } },
      { standardisation: { mean: new Float64Array(2), scale: new Float64Array(1) } },
    ];
    for (const change of changes) expect(() => encodeModel({ ...readout, ...change })).toThrow(code("MODEL_SHAPE"));
  });

  it("survives on disk, replaces an older one whole, and leaves nothing else behind", async () => {
    const file = path.join(folder, "readout.model");
    await writeFile(file, "older");
    await saveModel(file, readout);
    expect(await loadModel(file, { featureNames: readout.featureNames })).toStrictEqual(readout);
    expect(await readdir(folder)).toEqual(["readout.model"]);
    await expect(loadModel(path.join(folder, "none"))).rejects.toMatchObject({ code: "MODEL_UNREADABLE" });
  });
});
