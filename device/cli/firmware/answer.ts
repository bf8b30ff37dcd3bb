/** How every firmware command ends, and what it is given. */
import { hostClock } from "../../../common/clock.ts";
import { ConfigError, FirmwareError } from "../../../common/errors.ts";
import { monotonicRawNs } from "../../../drivers/native/index.ts";
import type { FlashParts, FlashProgress } from "../../../firmware-images/flash-order.ts";
import { ImageStore } from "../../../firmware-images/image-store.ts";
import { FlashJournal } from "../../../firmware-images/journal.ts";
import { SERIAL_PORTS } from "../../hardware/open.ts";
import { EXIT, reportError } from "../exit.ts";

export interface FolderOptions {
  folder: string;
  json?: boolean;
}

export const log = (text: string): void => void process.stderr.write(`${text}\n`);

export const hostParts = () => ({ clock: hostClock(monotonicRawNs), ports: SERIAL_PORTS, log });

/** The question was answered with no: the image, the index or the device is not what it should be. */
const NO = new Set([
  "FIRMWARE_SIGNATURE",
  "FIRMWARE_INDEX_INVALID",
  "FIRMWARE_INDEX_OLD",
  "FIRMWARE_HASH",
  "FIRMWARE_WRONG_BOARD",
  "FIRMWARE_DOWNGRADE",
  "FIRMWARE_READBACK",
  "FIRMWARE_NOT_RUNNING",
  "FIRMWARE_NO_WAY_BACK",
]);
/** Something was not given, or not as it must be. */
const USAGE = new Set([
  "FIRMWARE_UNKNOWN_IMAGE",
  "FIRMWARE_ADDRESS",
  "FIRMWARE_KEY_UNREADABLE",
  "FIRMWARE_INDEX_MISSING",
  "FIRMWARE_FILE_MISSING",
  "FIRMWARE_UNFINISHED",
]);

/** Runs a command: prints its answer as text or JSON, and turns what FirmwareError says into an exit code. */
export async function answer(
  options: { json?: boolean },
  work: () => Promise<{ text: string; document: object; code?: number }>,
): Promise<number> {
  try {
    const { text, document, code = EXIT.good } = await work();
    process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : `${text}\n`);
    return code;
  } catch (error) {
    if (!(error instanceof FirmwareError)) throw error;
    reportError(error, options.json ?? false);
    return NO.has(error.code) ? EXIT.no : USAGE.has(error.code) ? EXIT.usage : EXIT.environment;
  }
}

export function openStore({ folder }: FolderOptions): { store: ImageStore; journal: FlashJournal } {
  return { store: new ImageStore(folder), journal: new FlashJournal(folder) };
}

export function flashParts(journal: FlashJournal): FlashParts {
  let tenths = 0;
  const onProgress = ({ step, part, share }: FlashProgress) => {
    if (share === null || share === 0) {
      tenths = 0;
      log(part === null ? step : `${step} ${part}`);
    } else if (Math.floor(share * 10) > tenths) {
      tenths = Math.floor(share * 10);
      log(`${step} ${part ?? ""} ${tenths * 10} %`);
    }
  };
  return { clock: hostClock(monotonicRawNs), journal, onProgress };
}

/** The device that was named. FIRMWARE_DEVICE unless exactly one was. */
export function requireOneDevice(given: Readonly<Record<string, string | undefined>>): void {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  if (named.length === 1) return;
  const options = Object.keys(given)
    .map((name) => `--${name}`)
    .join(" or ");
  const message = named.length === 0 ? "No device is named." : "More than one device is named.";
  throw new ConfigError("FIRMWARE_DEVICE", message, `Name one by ${options}.`, { named: named.map(([name]) => name) });
}

/** FIRMWARE_METHOD: the image goes another way than the one that was named. */
export function wrongWay(image: string, method: string): ConfigError {
  const option = { "esp32s3-serial": "--port", "axeos-ota": "--address", "s9-pic": "--config, and only by `firmware verify`" }[method];
  return new ConfigError("FIRMWARE_METHOD", `${image} does not go that way.`, `Name its device by ${option}.`, { image, method });
}
