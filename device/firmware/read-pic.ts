/** What is in the flash of an S9 hash board's PIC. Its supply is off meanwhile and stays off; nothing is written. specs/bm1387.md 4.1 */
import type { Clock } from "../../common/clock.ts";
import { ConfigError, DriverError } from "../../common/errors.ts";
import { type FlashArea, PIC_ADDRESSES, Pic16f1704, type PicAddress } from "../../drivers/boards/pic16f1704.ts";
import { type I2cBus, scan } from "../../drivers/transport/i2c.ts";
import type { Config, S9Wiring } from "../config/schema.ts";
import type { Ports } from "../hardware/open.ts";
import { openSideband } from "../hardware/s9.ts";

export interface ReadPicParts {
  readonly clock: Clock;
  readonly ports: Ports;
  readonly log: (text: string) => void;
}

/**
 * The areas' bytes, by the board's own ports: PORT_BUSY while a daemon has them. FIRMWARE_NO_PIC when the board has none; BOARD_UNKNOWN,
 * BOARD_AMBIGUOUS; PIC_MISSING, PIC_IN_LOADER, PIC_VERSION.
 */
export async function readPicFlash(
  config: Config,
  areas: readonly FlashArea[],
  { clock, ports, log }: ReadPicParts,
): Promise<Uint8Array[]> {
  const board = picWiring(config);
  const sideband = await openSideband(board, { clock, openControl: (path) => ports.openControl(path, log) });
  try {
    const address = board.picAddress ?? (await onlyPic(sideband.bus));
    return await new Pic16f1704({ bus: sideband.bus, clock, address }).readFlash(areas);
  } finally {
    await sideband.close();
  }
}

/** FIRMWARE_NO_PIC: asked before a board is switched off for nothing. */
export function picWiring({ board }: Config): S9Wiring {
  if (board.kind === "s9-hashboard") return board;
  const message = `A board of kind ${board.kind} has no PIC.`;
  throw new ConfigError("FIRMWARE_NO_PIC", message, "Name the configuration of an S9 hash board.", { kind: board.kind });
}

async function onlyPic(bus: I2cBus): Promise<PicAddress> {
  const found = (await scan(bus, PIC_ADDRESSES)) as PicAddress[];
  const [address] = found;
  if (address !== undefined && found.length === 1) return address;
  const list = found.map((each) => `0x${each.toString(16)}`).join(", ");
  if (address === undefined)
    throw new DriverError("BOARD_UNKNOWN", "No hash board answers on the bus.", "Check the ribbon cable and the board's 12 V supply.");
  throw new DriverError("BOARD_AMBIGUOUS", `Hash boards answer at ${list}.`, "Say which is meant: board.picAddress in the configuration.", {
    found,
  });
}
