import type { Clock } from "../../common/clock.ts";
import { openSerialLink } from "../../drivers/transport/serial-link.ts";
import { tracedLink, type WireRecord } from "../../drivers/transport/traced-link.ts";
import type { Config } from "../config/schema.ts";
import { openBitaxe } from "./bitaxe.ts";
import type { Hardware } from "./hardware.ts";
import { openS9 } from "./s9.ts";

/** Opens what the configuration names. `trace` hears of every frame on the chips' wire, but for those the work pump sends by itself. */
export function openHardware({ board, jobs }: Config, clock: Clock, trace?: (entry: WireRecord) => void): Promise<Hardware> {
  const openLink = async (path: string, baud: number) => {
    const link = await openSerialLink(path, { baud });
    return trace ? tracedLink(link, trace) : link;
  };
  return board.kind === "s9-hashboard" ? openS9(board, jobs, clock, openLink) : openBitaxe(board, jobs, clock, openLink);
}
