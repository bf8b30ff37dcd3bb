/**
 * A readout in a file: `ASICRRDT`, the length of the header (u32, little-endian), the header (JSON, filled up with spaces to a
 * multiple of 8), weights, intercepts, means and scales (float64, little-endian), SHA-256 of everything before.
 */
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { ScienceError } from "../../common/errors.ts";
import { ORIGINS, type Origin } from "../../common/origin.ts";
import type { MultiRidgeModel } from "./ridge.ts";

const MAGIC = "ASICRRDT";
const VERSION = 1;
const DIGEST_BYTES = 32;
const FIXED_BYTES = MAGIC.length + 4;
/** No header of this version comes near it; a length beyond is damage. */
const MOST_HEADER_BYTES = 2 ** 26;

export interface StoredReadout extends Pick<MultiRidgeModel, "weights" | "intercepts" | "lambda" | "standardisation"> {
  /** One per feature, in their order. */
  readonly featureNames: readonly string[];
  /** One per target. */
  readonly targetNames: readonly string[];
  /** What the rows came from. */
  readonly origin: Origin | "software";
}

interface Header {
  readonly version: number;
  readonly features: number;
  readonly targets: number;
  readonly lambda: number;
  readonly featureNames: readonly string[];
  readonly targetNames: readonly string[];
  readonly origin: StoredReadout["origin"];
}

/** The file's bytes. ScienceError MODEL_SHAPE when the parts of the readout do not belong together. */
export function encodeModel(readout: StoredReadout): Uint8Array {
  const { weights, intercepts, lambda, standardisation, featureNames, targetNames, origin } = readout;
  const features = featureNames.length;
  const targets = targetNames.length;
  const { mean, scale } = standardisation;
  if (weights.length !== features * targets || intercepts.length !== targets || mean.length !== features || scale.length !== features)
    throw new ScienceError(
      "MODEL_SHAPE",
      `${weights.length} weights, ${intercepts.length} intercepts, ${mean.length} means and ${scale.length} scales do not fit ${features} feature names and ${targets} target names.`,
      "Name every feature and every target that was fitted.",
    );
  const header: Header = { version: VERSION, features, targets, lambda, featureNames, targetNames, origin };
  let text = Buffer.from(JSON.stringify(header));
  text = Buffer.concat([text, Buffer.alloc((8 - ((FIXED_BYTES + text.length) % 8)) % 8, " ")]);
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.write(MAGIC, "latin1");
  fixed.writeUInt32LE(text.length, MAGIC.length);
  const values = Buffer.alloc(8 * (weights.length + intercepts.length + mean.length + scale.length));
  let at = 0;
  for (const array of [weights, intercepts, mean, scale]) for (const value of array) at = values.writeDoubleLE(value, at);
  const body = Buffer.concat([fixed, text, values]);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

const notAModel = (why: string) =>
  new ScienceError("MODEL_NOT_ONE", `This is not a readout file: ${why}.`, "Choose a file that saveModel wrote.");

/**
 * The readout in a file's bytes. ScienceError MODEL_NOT_ONE, MODEL_VERSION (written by a newer release), MODEL_DAMAGED (the checksum
 * does not fit), MODEL_MISMATCH (its features are not `expected.featureNames`, in that order).
 */
export function decodeModel(bytes: Uint8Array, expected: { readonly featureNames?: readonly string[] } = {}): StoredReadout {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < FIXED_BYTES + DIGEST_BYTES || file.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw notAModel("its first bytes are others");
  const body = file.subarray(0, file.length - DIGEST_BYTES);
  const headerBytes = file.readUInt32LE(MAGIC.length);
  if (
    headerBytes > Math.min(MOST_HEADER_BYTES, body.length - FIXED_BYTES) ||
    !createHash("sha256").update(body).digest().equals(file.subarray(body.length))
  )
    throw new ScienceError(
      "MODEL_DAMAGED",
      "The readout file is damaged: its checksum does not fit.",
      "Copy it again from where it was saved.",
    );
  const header = headerOf(body.toString("utf8", FIXED_BYTES, FIXED_BYTES + headerBytes));
  const { features, targets, featureNames } = header;
  const values = body.subarray(FIXED_BYTES + headerBytes);
  if (
    values.length !== 8 * (features * targets + targets + 2 * features) ||
    featureNames.length !== features ||
    header.targetNames.length !== targets
  )
    throw notAModel("its sizes contradict each other");
  const wanted = expected.featureNames;
  if (wanted !== undefined) {
    const first = wanted.length === features ? wanted.findIndex((name, i) => name !== featureNames[i]) : Math.min(wanted.length, features);
    if (first >= 0)
      throw new ScienceError(
        "MODEL_MISMATCH",
        `The readout reads ${features} features and the substrate offers ${wanted.length}; they part at number ${first} (${featureNames[first] ?? "none"} against ${wanted[first] ?? "none"}).`,
        "Fit a readout on these features, or offer those that it was fitted on, in their order.",
        { position: first },
      );
  }
  let at = 0;
  const take = (count: number) => {
    const from = at;
    at += 8 * count;
    return Float64Array.from({ length: count }, (_, i) => values.readDoubleLE(from + 8 * i));
  };
  const weights = take(features * targets);
  const intercepts = take(targets);
  const standardisation = { mean: take(features), scale: take(features) };
  const { lambda, targetNames, origin } = header;
  return { weights, intercepts, lambda, standardisation, featureNames, targetNames, origin };
}

/** The header, checked field by field: a checksum says that it is what was written, not who wrote it. */
function headerOf(text: string): Header {
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(text);
  } catch {
    throw notAModel("its header cannot be read");
  }
  if (typeof header !== "object" || header === null || typeof header.version !== "number") throw notAModel("its header has no version");
  if (header.version !== VERSION)
    throw new ScienceError(
      "MODEL_VERSION",
      `The readout file has version ${header.version}, this release reads ${VERSION}.`,
      "Use the release that saved it, or fit and save the readout again.",
      { version: header.version },
    );
  const { features, targets, lambda, featureNames, targetNames, origin } = header;
  const size = (count: unknown): count is number => Number.isInteger(count) && (count as number) > 0;
  const names = (list: unknown): list is readonly string[] => Array.isArray(list) && list.every((name) => typeof name === "string");
  const known = [...ORIGINS, "software"].includes(origin as string);
  if (!size(features) || !size(targets) || typeof lambda !== "number" || !names(featureNames) || !names(targetNames) || !known)
    throw notAModel("its header lacks a field");
  return { version: VERSION, features, targets, lambda, featureNames, targetNames, origin: origin as Header["origin"] };
}

/** Writes the file under another name first: at `path` stands a whole readout or what was there before. Errors as encodeModel. */
export async function saveModel(path: string, readout: StoredReadout): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, encodeModel(readout), { flush: true });
  await rename(part, path);
}

/** Reads what saveModel wrote. ScienceError MODEL_UNREADABLE, and as decodeModel. */
export async function loadModel(path: string, expected: { readonly featureNames?: readonly string[] } = {}): Promise<StoredReadout> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ScienceError(
      "MODEL_UNREADABLE",
      `The readout file ${path} cannot be read.`,
      "Check the path and its permissions.",
      { path },
      cause,
    );
  });
  return decodeModel(bytes, expected);
}
