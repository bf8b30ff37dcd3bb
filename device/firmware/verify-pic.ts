/** A PIC's flash against an image, step by step in the journal: cut short it is in its loader, which a person should be told. */
import { FirmwareError } from "../../common/errors.ts";
import { FlashOrder, type FlashParts } from "../../firmware-images/flash-order.ts";
import type { CheckedPart } from "../../firmware-images/image-store.ts";
import { imageId, type PicImage } from "../../firmware-images/manifest.ts";
import { compareFlash, type FlashDifference } from "../../firmware-images/pic/compare-flash.ts";
import type { Config } from "../config/schema.ts";
import { switchOff } from "../guard/switch-off.ts";
import { picWiring, type ReadPicParts, readPicFlash } from "./read-pic.ts";

/**
 * Rejects with FIRMWARE_READBACK when a word differs; what keeps the board from being switched off or read as switchOff() and readPicFlash().
 * `file`: the configuration's path, which the journal goes by.
 */
export async function verifyPic(
  config: Config,
  file: string,
  image: PicImage,
  parts: readonly CheckedPart<PicImage["parts"][number]>[],
  flash: FlashParts,
  reading: ReadPicParts,
): Promise<FlashDifference[]> {
  picWiring(config);
  const startedAt = new Date(flash.clock.wallMs()).toISOString();
  const start = { target: file, board: "s9-hashboard", method: "s9-pic", image: imageId(image), startedAt } as const;
  const order = new FlashOrder(flash.journal.begin({ ...start, formerVersion: null, formerPartition: null, said: [] }, true), flash);
  order.begin("stopped");
  await switchOff(config, reading);
  order.begin("verifying");
  const areas = parts.map(({ part }) => ({ pointer: part.word, bytes: part.sizeBytes }));
  const read = await readPicFlash(config, areas, reading);
  const found = parts.map(({ part, bytes }, i) => compareFlash(bytes, read[i] as Uint8Array, part.word));
  // The PIC is in its application again whatever was found: nothing is unfinished.
  order.done(false);
  const wrong = found.findIndex(({ differing }) => differing > 0);
  if (wrong === -1) return found;
  const { differing, words, firstWord } = found[wrong] as FlashDifference;
  const name = parts[wrong]?.part.file;
  const message = `The PIC does not hold ${name} of ${imageId(image)}: ${differing} of ${words} words differ, the first at 0x${firstWord?.toString(16)}.`;
  const hint = "Do not power this board with a driver made for that image. `firmware read` keeps what it holds.";
  throw new FirmwareError("FIRMWARE_READBACK", message, hint, { file: name, differing, words, firstWord });
}
