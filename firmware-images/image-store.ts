/**
 * A folder with the signed index, the trusted key and the files that were found right:
 * index.json, index.json.minisig, trusted.pub, files/SHA256, seen.json, journal/
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { FirmwareError } from "../common/errors.ts";
import { type FirmwareImage, type FirmwareIndex, type ImagePart, imageId, parseIndex } from "./manifest.ts";
import { readPublicKey, verifyBytes } from "./minisign.ts";
import { writeWhole } from "./write-whole.ts";

/** A part with its bytes, which were found right. */
export interface CheckedPart<Part extends ImagePart = ImagePart> {
  readonly part: Part;
  readonly bytes: Uint8Array;
}

const seenSchema = z.strictObject({ serial: z.int().min(0) });

export class ImageStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * The index, when it bears the trusted key's signature and is no older than the newest one seen here. FIRMWARE_INDEX_MISSING,
   * FIRMWARE_SIGNATURE, FIRMWARE_KEY_UNREADABLE, FIRMWARE_INDEX_INVALID, FIRMWARE_INDEX_OLD.
   */
  index(): FirmwareIndex {
    const bytes = this.#read("index.json");
    const key = readPublicKey(this.#read("trusted.pub").toString("utf8"));
    verifyBytes(bytes, this.#read("index.json.minisig").toString("utf8"), key);
    const index = parseIndex(bytes.toString("utf8"));
    const seen = this.#seenSerial();
    if (index.serial < seen) throw oldIndex(index.serial, seen);
    if (index.serial > seen) writeWhole(path.join(this.folder, "seen.json"), JSON.stringify({ serial: index.serial }));
    return index;
  }

  has({ sha256 }: ImagePart): boolean {
    return existsSync(this.#fileOf(sha256));
  }

  /** Takes a file in when its size and hash are a part's; null when it is none of this image. */
  take(image: FirmwareImage, bytes: Uint8Array): ImagePart | null {
    const sha256 = sha256Of(bytes);
    const part = image.parts.find((each) => each.sha256 === sha256 && each.sizeBytes === bytes.length);
    if (part === undefined) return null;
    mkdirSync(path.join(this.folder, "files"), { recursive: true });
    writeWhole(this.#fileOf(sha256), bytes);
    return part;
  }

  /** Every part's bytes, hashed again: the disk may have changed them. FIRMWARE_FILE_MISSING, FIRMWARE_HASH. */
  parts<Image extends FirmwareImage>(image: Image): CheckedPart<Image["parts"][number]>[] {
    return image.parts.map((part) => {
      if (!this.has(part)) throw missingFile(image, part);
      const bytes = readFileSync(this.#fileOf(part.sha256));
      if (bytes.length !== part.sizeBytes || sha256Of(bytes) !== part.sha256) throw wrongHash(image, part, sha256Of(bytes));
      return { part, bytes };
    });
  }

  #fileOf(sha256: string): string {
    return path.join(this.folder, "files", sha256);
  }

  #seenSerial(): number {
    const file = path.join(this.folder, "seen.json");
    return existsSync(file) ? seenSchema.parse(JSON.parse(readFileSync(file, "utf8"))).serial : 0;
  }

  #read(name: string): Buffer {
    try {
      return readFileSync(path.join(this.folder, name));
    } catch (cause) {
      throw missingIndex(this.folder, name, cause);
    }
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function missingIndex(folder: string, name: string, cause: unknown): FirmwareError {
  const message = `There is no ${name} in ${folder}.`;
  const hint =
    "Put index.json, index.json.minisig and trusted.pub of a publisher you trust there (docs/firmware.md), or name another --folder.";
  return new FirmwareError("FIRMWARE_INDEX_MISSING", message, hint, { folder, name }, cause);
}

function oldIndex(serial: number, seen: number): FirmwareError {
  const message = `The index is number ${serial}, and number ${seen} was seen here before.`;
  const hint = "Somebody put an older index back, which may name images with known defects: fetch the newest one.";
  return new FirmwareError("FIRMWARE_INDEX_OLD", message, hint, { serial, seen });
}

function missingFile(image: FirmwareImage, { file, sha256 }: ImagePart): FirmwareError {
  const message = `${file} of ${imageId(image)} is not here.`;
  const hint = `Get it from ${image.source}, then \`asic-reservoir firmware verify ${imageId(image)} FILE\` checks and keeps it.`;
  return new FirmwareError("FIRMWARE_FILE_MISSING", message, hint, { image: imageId(image), file, sha256 });
}

function wrongHash(image: FirmwareImage, { file, sha256 }: ImagePart, found: string): FirmwareError {
  const message = `${file} of ${imageId(image)} has changed since it was taken in.`;
  const hint = `Look after this disk. Get the file again from ${image.source} and \`firmware verify\` it.`;
  return new FirmwareError("FIRMWARE_HASH", message, hint, { image: imageId(image), file, expected: sha256, found });
}
