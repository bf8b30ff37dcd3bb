import { FirmwareError } from "../../../common/errors.ts";
import { rollBackAxeos } from "../../../firmware-images/axeos/flash-axeos.ts";
import { AxeosMiner } from "../../../firmware-images/axeos/miner.ts";
import { lockedTarget } from "../../../firmware-images/flash-lock.ts";
import type { FlashRecord } from "../../../firmware-images/journal.ts";
import { findImage, imageId } from "../../../firmware-images/manifest.ts";
import { answer, type FolderOptions, hostParts, openStore, requireOneDevice, wrongWay } from "./answer.ts";
import { flashSerialImage } from "./flash.ts";
import type { SerialOptions } from "./serial-target.ts";

interface RollbackOptions extends FolderOptions, SerialOptions {
  address?: string;
}

export function firmwareRollbackCommand(options: RollbackOptions): Promise<number> {
  return answer(options, async () => {
    const { address, port } = options;
    requireOneDevice({ address, port });
    const { store, journal } = openStore(options);
    if (port === undefined) {
      const miner = new AxeosMiner(address as string);
      const record = journal.read(miner.address);
      if (record === null) throw nothingBefore(miner.address);
      const { version } = await lockedTarget(store.folder, miner.address, () => rollBackAxeos(miner, record, hostParts().clock));
      return { text: `${miner.address} runs ${version} again.`, document: { target: miner.address, version } };
    }
    const record = journal.read(port);
    const former = record === null ? null : formerImage(record);
    if (record === null || former === null) throw nothingBefore(port);
    const image = findImage(store.index(), former);
    if (image.method !== "esp32s3-serial") throw wrongWay(imageId(image), image.method);
    const back = await flashSerialImage(image, port, store, journal, {
      ...options,
      board: record.board,
      allowDowngrade: true,
      abandon: true,
    });
    return { text: `${back.image} is on ${port} again, read back right.`, document: back };
  });
}

/** Before the one that is there: one that was begun and not ended is not there yet. */
function formerImage({ history, image, step }: FlashRecord): string | null {
  const others = history.map((each) => each.image).filter((each) => each !== image);
  return (step === "done" ? others.at(-1) : history.at(-1)?.image) ?? null;
}

function nothingBefore(target: string): FirmwareError {
  const message = `Nothing that was on ${target} before is known here.`;
  return new FirmwareError("FIRMWARE_NO_WAY_BACK", message, "`firmware flash` the version you want, with --allow-downgrade.", { target });
}
