import type { Clock } from "../../common/clock.ts";
import { openSerialLink } from "../../drivers/transport/serial-link.ts";
import { tracedLink, type WireRecord } from "../../drivers/transport/traced-link.ts";
import type { Config } from "../config/schema.ts";
import { openBitaxe } from "./bitaxe.ts";
import type { Hardware } from "./hardware.ts";

/** Opens what the configuration names. `trace` hears of every frame on the chips' wire. */
export function openHardware(config: Config, clock: Clock, trace?: (entry: WireRecord) => void): Promise<Hardware> {
  const openLink = async (path: string, baud: number) => {
    const link = await openSerialLink(path, { baud });
    return trace ? tracedLink(link, trace) : link;
  };
  const { board, jobs } = config;
  return openBitaxe(board, jobs, clock, openLink);
}
