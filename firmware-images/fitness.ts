/** May this image be put on this device? Pure: the files' hashes are checked where they are read. */
import { FirmwareError } from "../common/errors.ts";
import type { FirmwareBoard } from "./boards.ts";
import { type FirmwareImage, imageId } from "./manifest.ts";
import { compareVersions } from "./version-order.ts";

/** What is known of the device. null: unknown. */
export interface Installed {
  readonly board: FirmwareBoard | null;
  /** Version of an image of the same name that is on it. */
  readonly version: string | null;
}

/** FIRMWARE_WRONG_BOARD, FIRMWARE_DOWNGRADE. An unknown version is none to go back from; one that cannot be compared may be newer. */
export function requireFit(image: FirmwareImage, { board, version }: Installed, allowDowngrade: boolean): void {
  if (board === null || !image.boards.includes(board)) throw wrongBoard(image, board);
  if (version === null || allowDowngrade) return;
  const order = compareVersions(image.version, version);
  if (order === null || order < 0) throw downgrade(image, version, order === null);
}

function wrongBoard(image: FirmwareImage, board: FirmwareBoard | null): FirmwareError {
  const message =
    board === null
      ? "It is not known which board this is."
      : `${imageId(image)} is not made for a ${board}, but for ${image.boards.join(", ")}.`;
  const hint = "Firmware of another board drives this one's regulator wrongly: look at what is printed on the board, and name it.";
  return new FirmwareError("FIRMWARE_WRONG_BOARD", message, hint, { image: imageId(image), boards: image.boards, board });
}

function downgrade(image: FirmwareImage, installed: string, unclear: boolean): FirmwareError {
  const message = unclear
    ? `${installed} is on the device, and whether ${imageId(image)} is older cannot be told.`
    : `${imageId(image)} is older than ${installed}, which is on the device.`;
  const hint = "Older firmware can have defects that were mended since. `--allow-downgrade` if you mean it.";
  return new FirmwareError("FIRMWARE_DOWNGRADE", message, hint, { image: imageId(image), installed });
}
