import { existsSync, readFileSync } from "node:fs";
import { ConfigError, FirmwareError } from "../../../common/errors.ts";
import { requireRuns } from "../../../firmware-images/axeos/flash-axeos.ts";
import { AxeosMiner } from "../../../firmware-images/axeos/miner.ts";
import { requireHolds } from "../../../firmware-images/esp32/flash-esp32.ts";
import { RomLoader } from "../../../firmware-images/esp32/rom-loader.ts";
import { lockedTarget } from "../../../firmware-images/flash-lock.ts";
import { type ImageStore, sha256Of } from "../../../firmware-images/image-store.ts";
import { type FirmwareImage, findImage, imageId } from "../../../firmware-images/manifest.ts";
import { loadConfig } from "../../config/load.ts";
import { serialEspPort } from "../../firmware/serial-esp-port.ts";
import { verifyPic } from "../../firmware/verify-pic.ts";
import { answer, type FolderOptions, flashParts, hostParts, log, openStore, requireOneDevice, wrongWay } from "./answer.ts";
import { requirePort, type SerialOptions, switchOffOf } from "./serial-target.ts";

interface VerifyOptions extends FolderOptions, SerialOptions {
  address?: string;
}

export function firmwareVerifyCommand(wanted: string | undefined, files: readonly string[], options: VerifyOptions): Promise<number> {
  return answer(options, async () => {
    const { store } = openStore(options);
    const index = store.index();
    if (wanted === undefined) {
      const text = `The index is signed by the trusted key: number ${index.serial}, ${index.images.length} images.`;
      return { text, document: { good: true, serial: index.serial, images: index.images.map(imageId) } };
    }
    const image = findImage(index, wanted);
    for (const file of files) takeIn(store, image, file);
    store.parts(image);
    const { address, port, config } = options;
    if (address === undefined && port === undefined && config === undefined)
      return { text: `${imageId(image)} is right, and its files are here.`, document: { good: true, image: imageId(image) } };
    requireOneDevice({ address, ...(port === undefined ? { config } : { port }) });
    const on = await onDevice(image, store, options);
    return { text: `${imageId(image)} is on ${on}.`, document: { good: true, image: imageId(image), device: on } };
  });
}

function takeIn(store: ImageStore, image: FirmwareImage, file: string): void {
  if (!existsSync(file)) throw new ConfigError("FIRMWARE_NO_FILE", `There is no file ${file}.`, "Check the path.", { file });
  const bytes = readFileSync(file);
  const part = store.take(image, bytes);
  if (part !== null) {
    log(`${file} is ${part.file}: kept`);
    return;
  }
  const message = `${file} is no file of ${imageId(image)}: ${bytes.length} bytes, SHA-256 ${sha256Of(bytes)}.`;
  const hint = `Get it again from ${image.source}; if it comes the same, it was changed there: do not use it.`;
  throw new FirmwareError("FIRMWARE_HASH", message, hint, { file, image: imageId(image) });
}

/** Resolves with the device that holds the image. */
async function onDevice(image: FirmwareImage, store: ImageStore, options: VerifyOptions): Promise<string> {
  const { address, port, config } = options;
  const { journal } = openStore(options);
  if (image.method === "axeos-ota" && address !== undefined) {
    const miner = new AxeosMiner(address);
    await requireRuns(miner, image.reports);
    return miner.address;
  }
  if (image.method === "esp32s3-serial" && port !== undefined) {
    requirePort(port);
    const { switchOff } = switchOffOf(options);
    return lockedTarget(store.folder, port, async () => {
      await switchOff();
      const loader = await RomLoader.connect(await serialEspPort(port, log));
      try {
        await requireHolds(loader, image, store.parts(image));
      } finally {
        await loader.close().catch(() => {});
      }
      return port;
    });
  }
  if (image.method === "s9-pic" && config !== undefined) {
    const board = loadConfig(config);
    const work = () => verifyPic(board, config, image, store.parts(image), flashParts(journal), hostParts());
    await lockedTarget(store.folder, config, work);
    return config;
  }
  throw wrongWay(imageId(image), image.method);
}
