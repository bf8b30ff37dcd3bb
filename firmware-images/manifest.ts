/** index.json: which images there are, what each is for, and where a person gets it. No image itself is in the repository. */
import { z } from "zod";
import { FirmwareError } from "../common/errors.ts";
import { FIRMWARE_BOARD_NAMES } from "./boards.ts";

/** Flash of the boards' ESP32-S3, and what is erased of it at once. */
export const ESP_FLASH_BYTES = 16 * 1024 * 1024;
export const ESP_SECTOR_BYTES = 4096;
/** The PIC's flash that its loader lets one read: application, factory data. specs/bm1387.md 4.1 */
export const PIC_FLASH = { fromWord: 0x0300, words: 0x0d00 } as const;
const PIC_READ_BYTES = 16;

const filePart = {
  file: z
    .string()
    .regex(/^[A-Za-z0-9][\w.+-]{0,99}$/)
    .describe("Name of the file as its publisher names it."),
  sizeBytes: z.int().min(1).max(ESP_FLASH_BYTES).describe("Its size, bytes."),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Its SHA-256, in lower-case hexadecimal."),
};

const image = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,49}$/)
    .describe("What it is, such as bitaxe-raw."),
  version: z
    .string()
    .regex(/^v?\d+(\.\d+){0,3}([-+][\w.]+)?$/)
    .describe("Version: numbers with dots, perhaps a suffix."),
  boards: z.array(z.enum(FIRMWARE_BOARD_NAMES)).min(1).describe("Boards it may be put on."),
  source: z.url({ protocol: /^https$/ }).describe("Where a person gets it."),
  licence: z.string().min(1).describe("Its licence."),
  notes: z.string().optional().describe("What a person should know before."),
};

const serialPart = z.strictObject({
  ...filePart,
  offset: z.int().min(0).max(ESP_FLASH_BYTES).multipleOf(ESP_SECTOR_BYTES).describe("Where in flash it begins, bytes: a whole sector."),
});
const serialImage = z
  .strictObject({ ...image, method: z.literal("esp32s3-serial"), parts: z.array(serialPart).min(1) })
  .refine(({ parts }) => parts.every(({ offset, sizeBytes }) => offset + sizeBytes <= ESP_FLASH_BYTES), "A part ends beyond the flash.")
  .refine(({ parts }) => !overlap(parts), "Two parts share a sector of the flash.");

const axeosPart = z.strictObject({ ...filePart, slot: z.enum(["firmware", "www"]).describe("Which of the two updates of AxeOS it is.") });
const axeosImage = z
  .strictObject({
    ...image,
    method: z.literal("axeos-ota"),
    reports: z.string().min(1).describe("What the device says its `version` is when this image runs."),
    parts: z.array(axeosPart).min(1).max(2),
  })
  .refine(({ parts }) => new Set(parts.map(({ slot }) => slot)).size === parts.length, "Two parts are for the same slot.")
  .refine(({ parts }) => parts.some(({ slot }) => slot === "firmware"), "There is no part for the slot firmware.");

const picPart = z.strictObject({
  ...filePart,
  word: z
    .int()
    .min(PIC_FLASH.fromWord)
    .max(PIC_FLASH.fromWord + PIC_FLASH.words - 1)
    .multipleOf(PIC_READ_BYTES / 2)
    .describe("Address of its first word in the PIC's flash."),
});
const picImage = z
  .strictObject({ ...image, method: z.literal("s9-pic"), parts: z.array(picPart).min(1) })
  .refine(({ parts }) => parts.every(({ sizeBytes }) => sizeBytes % PIC_READ_BYTES === 0), "A part is not a whole number of 16 bytes.")
  .refine(
    ({ parts }) => parts.every(({ word, sizeBytes }) => word + sizeBytes / 2 <= PIC_FLASH.fromWord + PIC_FLASH.words),
    "A part ends beyond the PIC's flash.",
  );

export const imageSchema = z.discriminatedUnion("method", [serialImage, axeosImage, picImage]);

export const indexSchema = z
  .strictObject({
    format: z.literal(1),
    serial: z.int().min(1).describe("Goes up by one with each index: an older one is refused."),
    created: z.iso.datetime().describe("When it was made."),
    images: z.array(imageSchema),
  })
  .refine(({ images }) => new Set(images.map(imageId)).size === images.length, "Two images have the same name and version.");

export type FirmwareIndex = z.infer<typeof indexSchema>;
export type FirmwareImage = z.infer<typeof imageSchema>;
export type SerialImage = z.infer<typeof serialImage>;
export type AxeosImage = z.infer<typeof axeosImage>;
export type PicImage = z.infer<typeof picImage>;
export type ImagePart = FirmwareImage["parts"][number];

export function imageId({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`;
}

/** FIRMWARE_INDEX_INVALID with everything that is wrong. */
export function parseIndex(text: string): FirmwareIndex {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw invalidIndex([`it is not JSON: ${(cause as Error).message}`]);
  }
  const parsed = indexSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw invalidIndex(parsed.error.issues.map(({ path, message }) => `${path.join(".") || "index"}: ${message}`));
}

/** NAME@VERSION, or NAME alone where only one version is in the index. FIRMWARE_UNKNOWN_IMAGE. */
export function findImage({ images }: FirmwareIndex, wanted: string): FirmwareImage {
  const found = images.filter((each) => imageId(each) === wanted || each.name === wanted);
  if (found.length === 1) return found[0] as FirmwareImage;
  const names = images.map(imageId).join(", ") || "none";
  throw new FirmwareError(
    "FIRMWARE_UNKNOWN_IMAGE",
    found.length === 0 ? `The index has no image ${wanted}.` : `The index has ${found.length} versions of ${wanted}.`,
    `Name one of: ${names}.`,
    { wanted },
  );
}

/** By whole sectors: that is what is erased. */
function overlap(parts: readonly { readonly offset: number; readonly sizeBytes: number }[]): boolean {
  const sorted = [...parts].sort((a, b) => a.offset - b.offset);
  return sorted.some((part, i) => {
    const next = sorted[i + 1];
    return next !== undefined && Math.ceil((part.offset + part.sizeBytes) / ESP_SECTOR_BYTES) * ESP_SECTOR_BYTES > next.offset;
  });
}

function invalidIndex(problems: readonly string[]): FirmwareError {
  const message = `The index of firmware images cannot be used: ${problems.join("; ")}.`;
  return new FirmwareError("FIRMWARE_INDEX_INVALID", message, "docs/firmware.md says what an index looks like.", { problems });
}
