/** Writing an ESP32-S3 over its serial port. Its loader is in mask ROM: whatever happens, it can be done again. */
import { FirmwareError } from "../../common/errors.ts";
import type { FirmwareBoard } from "../boards.ts";
import { requireFit } from "../fitness.ts";
import { FlashOrder, type FlashParts } from "../flash-order.ts";
import type { CheckedPart } from "../image-store.ts";
import { type FlashRecord, lastFlashed } from "../journal.ts";
import { imageId, type SerialImage } from "../manifest.ts";
import type { EspPort } from "./esp-port.ts";
import { RomLoader } from "./rom-loader.ts";

export interface SerialTarget {
  /** Path of the port: what the journal goes by. */
  readonly path: string;
  /** What a person says it is: the loader knows the ESP32 alone. */
  readonly board: FirmwareBoard;
  readonly port: EspPort;
  /** Resolves when the mining chips are seen to be off, or a person has said so. */
  readonly switchOff: () => Promise<void>;
}

export interface SerialFlashOptions {
  /** How a person said that the board is off: kept for the next command. */
  readonly said: readonly string[];
  readonly allowDowngrade: boolean;
  readonly abandon: boolean;
}

export async function flashEsp32(
  { path, board, port, switchOff }: SerialTarget,
  image: SerialImage,
  parts: readonly CheckedPart<SerialImage["parts"][number]>[],
  flash: FlashParts,
  { said, allowDowngrade, abandon }: SerialFlashOptions,
): Promise<FlashRecord> {
  const formerVersion = lastFlashed(flash.journal.read(path), image.name);
  requireFit(image, { board, version: formerVersion }, allowDowngrade || flash.journal.isAgain(path, imageId(image)));
  const startedAt = new Date(flash.clock.wallMs()).toISOString();
  const start = { target: path, board, method: image.method, image: imageId(image), startedAt, formerVersion, formerPartition: null };
  const order = new FlashOrder(flash.journal.begin({ ...start, said: [...said] }, abandon), flash);
  order.begin("stopped");
  await switchOff();
  order.begin("connected");
  const loader = await RomLoader.connect(port);
  try {
    for (const { part, bytes } of parts) {
      // What a try before this one has written whole is not worn by another erase.
      if (await loader.holds(part.offset, bytes)) continue;
      order.begin("writing", part.file);
      await loader.write(part.offset, bytes, (share) => order.wrote(share));
    }
    order.begin("verifying");
    await requireHolds(loader, image, parts);
    order.begin("restarting");
    await loader.restart(flash.clock);
  } finally {
    await loader.close().catch(() => {});
  }
  return order.done(true);
}

/** FIRMWARE_READBACK when a part in flash is not the image's. */
export async function requireHolds(
  loader: RomLoader,
  image: SerialImage,
  parts: readonly CheckedPart<SerialImage["parts"][number]>[],
): Promise<void> {
  for (const { part, bytes } of parts) {
    if (await loader.holds(part.offset, bytes)) continue;
    const message = `Flash does not hold ${part.file} of ${imageId(image)} at 0x${part.offset.toString(16)}.`;
    const hint = "Flash it again. If that happens twice with another cable, the flash chip is worn out or dead.";
    throw new FirmwareError("FIRMWARE_READBACK", message, hint, { file: part.file, offset: part.offset });
  }
}
