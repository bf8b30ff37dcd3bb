/**
 * An update over the network. The firmware goes into the slot that does not run and is started only when the miner found it whole, so that a
 * miner that loses power meanwhile runs what it ran before. www has one slot: it goes last, and is sent again when it was cut short.
 */
import type { Clock } from "../../common/clock.ts";
import { FirmwareError } from "../../common/errors.ts";
import { boardOfAxeos, type FirmwareBoard } from "../boards.ts";
import { requireFit } from "../fitness.ts";
import { FlashOrder, type FlashParts } from "../flash-order.ts";
import type { CheckedPart } from "../image-store.ts";
import type { FlashRecord } from "../journal.ts";
import { type AxeosImage, imageId } from "../manifest.ts";
import type { AxeosMiner, MinerInfo } from "./miner.ts";
import { lookWhenOldEnough, restarted } from "./restart.ts";

export interface AxeosFlashOptions {
  readonly allowDowngrade: boolean;
  /** Another image was begun and not ended: it is given up. */
  readonly abandon: boolean;
  /** Firmware older than the route to pause has is updated while it mines. */
  readonly whileMining: boolean;
}

export async function flashAxeos(
  miner: AxeosMiner,
  image: AxeosImage,
  parts: readonly CheckedPart<AxeosImage["parts"][number]>[],
  flash: FlashParts,
  { allowDowngrade, abandon, whileMining }: AxeosFlashOptions,
): Promise<FlashRecord> {
  const info = await miner.info();
  const board = boardOf(info);
  const again = flash.journal.isAgain(miner.address, imageId(image));
  requireFit(image, { board, version: info.version }, allowDowngrade || again);
  if (info.apEnabled === 1) throw accessPoint(miner.address);
  const record = flash.journal.begin(
    {
      target: miner.address,
      board: board as FirmwareBoard,
      method: "axeos-ota",
      image: imageId(image),
      startedAt: new Date(flash.clock.wallMs()).toISOString(),
      formerVersion: info.version,
      formerPartition: info.runningPartition ?? null,
      said: whileMining ? ["--while-mining"] : [],
    },
    abandon,
  );
  const order = new FlashOrder(record, flash);
  order.begin("stopped");
  const paused = await pause(miner, info, whileMining);
  order.begin("connected");
  for (const slot of ["firmware", "www"] as const) {
    const found = parts.find(({ part }) => part.slot === slot);
    if (found === undefined) continue;
    // It was told that it runs already: what is missing is what comes after.
    if (slot === "firmware" && again && info.version === image.reports) continue;
    const before = await lookWhenOldEnough(miner, flash.clock);
    order.begin("writing", found.part.file);
    try {
      await miner.update(slot, found.bytes, (share) => order.wrote(share));
    } catch (error) {
      // It runs what it ran before, so it may as well go on with it.
      if (paused) await miner.resume().catch(() => {});
      throw error;
    }
    order.begin("restarting");
    await restarted(miner, before, flash.clock);
  }
  order.begin("verifying");
  await requireRuns(miner, image.reports);
  return order.done(true);
}

/** Back to what ran before the last update. FIRMWARE_NO_WAY_BACK when the miner has no other slot that holds it. */
export async function rollBackAxeos(miner: AxeosMiner, former: FlashRecord, clock: Clock): Promise<MinerInfo> {
  const before = await lookWhenOldEnough(miner, clock);
  const { info } = before;
  const version = former.formerVersion;
  if (version === null || info.version === version) throw noWayBack(miner.address, version, info.version);
  const slot = (info.partitions ?? []).find(
    (each) => !each.isCurrent && (each.label === former.formerPartition || each.version === version),
  );
  if (slot === undefined) throw noWayBack(miner.address, version, info.version);
  await miner.bootFrom(slot.label);
  await restarted(miner, before, clock);
  return requireRuns(miner, version);
}

/** FIRMWARE_NOT_RUNNING unless the miner says that it runs this version. */
export async function requireRuns(miner: AxeosMiner, version: string): Promise<MinerInfo> {
  const info = await miner.info();
  if (info.version === version) return info;
  const message = `The miner at ${miner.address} runs ${info.version}, not ${version}.`;
  const hint = "It went back to the former image, which it does when the new one fails to start. Look at its log before you try again.";
  throw new FirmwareError("FIRMWARE_NOT_RUNNING", message, hint, { runs: info.version, expected: version });
}

export function boardOf({ ASICModel, boardVersion }: MinerInfo): FirmwareBoard | null {
  return boardOfAxeos({ asicModel: ASICModel, boardVersion });
}

/** Resolves with whether it was paused. */
async function pause(miner: AxeosMiner, info: MinerInfo, whileMining: boolean): Promise<boolean> {
  if (info.miningPaused === undefined) {
    if (whileMining) return false;
    throw cannotPause(miner.address);
  }
  await miner.pause();
  if ((await miner.info()).miningPaused !== true) throw cannotPause(miner.address);
  return true;
}

function accessPoint(address: string): FirmwareError {
  const message = `The miner at ${address} is its own access point, in which AxeOS takes no update.`;
  return new FirmwareError("FIRMWARE_ACCESS_POINT", message, "Let it join your network first.", { address });
}

function cannotPause(address: string): FirmwareError {
  const message = `The miner at ${address} does not say that it is paused, so its chips may be hashing.`;
  return new FirmwareError("FIRMWARE_NOT_PAUSED", message, "Firmware that knows no pause: `--while-mining` if you accept that.", {
    address,
  });
}

function noWayBack(address: string, version: string | null, runs: string): FirmwareError {
  const message = `The miner at ${address} runs ${runs} and has no slot with ${version ?? "an earlier version"}.`;
  return new FirmwareError("FIRMWARE_NO_WAY_BACK", message, "`firmware flash` the version you want, with --allow-downgrade.", {
    version,
    runs,
  });
}
