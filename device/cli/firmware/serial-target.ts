/** The board behind a serial port whose ESP32 is flashed: its mining chips are off first. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError } from "../../../common/errors.ts";
import { loadConfig } from "../../config/load.ts";
import { switchOff } from "../../guard/switch-off.ts";
import { hostParts, log } from "./answer.ts";

export interface SerialOptions {
  port?: string;
  config?: string;
  boardIsOff?: boolean;
}

/**
 * What switches the board off: its configuration's ports, which a daemon that runs has locked (PORT_BUSY), or the person's word. `said`: the
 * options that name it.
 * FIRMWARE_BOARD_ON when there is neither.
 */
export function switchOffOf({ config, boardIsOff }: SerialOptions): { switchOff: () => Promise<void>; said: readonly string[] } {
  if (config !== undefined) {
    const board = loadConfig(config);
    const fromItsPorts = async () => {
      const { how } = await switchOff(board, hostParts());
      log(`the board is off: ${how}`);
    };
    return { switchOff: fromItsPorts, said: ["--config", resolve(config)] };
  }
  if (boardIsOff) return { switchOff: async () => log("the board is off: you said so"), said: ["--board-is-off"] };
  const hint =
    "Name its configuration (--config), or run `asic-reservoir off`, cut the chips' supply and say --board-is-off. In its loader an ESP32 controls nothing.";
  throw new ConfigError("FIRMWARE_BOARD_ON", "It is not known that the mining chips are off.", hint);
}

/** Links under /dev/asic-reservoir and /dev/serial move: a board is known by the name that was given. */
export function requirePort(path: string): void {
  if (existsSync(path)) return;
  throw new ConfigError("FIRMWARE_PORT", `There is no port ${path}.`, "`asic-reservoir doctor` lists the ports that are there.", { path });
}
