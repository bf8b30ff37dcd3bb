import { flashAxeos } from "../../../firmware-images/axeos/flash-axeos.ts";
import { AxeosMiner } from "../../../firmware-images/axeos/miner.ts";
import type { FirmwareBoard } from "../../../firmware-images/boards.ts";
import { flashEsp32 } from "../../../firmware-images/esp32/flash-esp32.ts";
import { requireFit } from "../../../firmware-images/fitness.ts";
import { lockedTarget } from "../../../firmware-images/flash-lock.ts";
import type { ImageStore } from "../../../firmware-images/image-store.ts";
import { type FlashJournal, lastFlashed } from "../../../firmware-images/journal.ts";
import { type FirmwareImage, findImage, imageId, type SerialImage } from "../../../firmware-images/manifest.ts";
import { serialEspPort } from "../../firmware/serial-esp-port.ts";
import { answer, type FolderOptions, flashParts, log, openStore, requireOneDevice, wrongWay } from "./answer.ts";
import { requirePort, type SerialOptions, switchOffOf } from "./serial-target.ts";

export interface FlashOptions extends FolderOptions, SerialOptions {
  address?: string;
  board?: FirmwareBoard;
  allowDowngrade?: boolean;
  abandon?: boolean;
  whileMining?: boolean;
  dryRun?: boolean;
}

export function firmwareFlashCommand(wanted: string, options: FlashOptions): Promise<number> {
  return answer(options, async () => {
    const { address, port } = options;
    requireOneDevice({ address, port });
    const { store, journal } = openStore(options);
    const image = findImage(store.index(), wanted);
    if (options.dryRun) return dryRun(image, store, journal, options);
    const record =
      port === undefined ? await overNetwork(image, store, journal, options) : await overSerial(image, port, store, journal, options);
    return { text: `${record.image} is on ${record.target}, read back right.`, document: record };
  });
}

async function overNetwork(image: FirmwareImage, store: ImageStore, journal: FlashJournal, options: FlashOptions) {
  if (image.method !== "axeos-ota") throw wrongWay(imageId(image), image.method);
  const miner = new AxeosMiner(options.address as string);
  const parts = store.parts(image);
  const { allowDowngrade = false, abandon = false, whileMining = false } = options;
  return lockedTarget(store.folder, miner.address, () =>
    flashAxeos(miner, image, parts, flashParts(journal), { allowDowngrade, abandon, whileMining }),
  );
}

async function overSerial(image: FirmwareImage, path: string, store: ImageStore, journal: FlashJournal, options: FlashOptions) {
  if (image.method !== "esp32s3-serial") throw wrongWay(imageId(image), image.method);
  return flashSerialImage(image, path, store, journal, options);
}

export async function flashSerialImage(image: SerialImage, path: string, store: ImageStore, journal: FlashJournal, options: FlashOptions) {
  const parts = store.parts(image);
  const board = options.board ?? null;
  // A board that was not named is refused here, before anything is asked of it.
  requireFit(image, { board, version: null }, true);
  requirePort(path);
  const { switchOff, said } = switchOffOf(options);
  const { allowDowngrade = false, abandon = false } = options;
  return lockedTarget(store.folder, path, async () => {
    const target = { path, board: board as FirmwareBoard, port: await serialEspPort(path, log), switchOff };
    return flashEsp32(target, image, parts, flashParts(journal), { said, allowDowngrade, abandon });
  });
}

async function dryRun(image: FirmwareImage, store: ImageStore, journal: FlashJournal, options: FlashOptions) {
  const serial = options.port !== undefined;
  if (image.method !== (serial ? "esp32s3-serial" : "axeos-ota")) throw wrongWay(imageId(image), image.method);
  const parts = store.parts(image).map(({ part }) => part);
  if (serial) {
    const version = lastFlashed(journal.read(options.port as string), image.name);
    requireFit(image, { board: options.board ?? null, version }, options.allowDowngrade ?? false);
  }
  const target = options.port ?? new AxeosMiner(options.address as string).address;
  const lines = parts.map(({ file, sizeBytes, ...where }) => {
    const to = "offset" in where ? `to 0x${where.offset.toString(16)}` : "slot" in where ? `as ${where.slot}` : "";
    return `  ${file}, ${sizeBytes} bytes, ${to}`;
  });
  const text = `${imageId(image)} would be put on ${target}:\n${lines.join("\n")}\nNothing was done.`;
  return { text, document: { image: imageId(image), target, parts, dryRun: true } };
}
