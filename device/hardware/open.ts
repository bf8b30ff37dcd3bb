import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { Lease } from "../../drivers/boards/lease.ts";
import { openSerialLink } from "../../drivers/transport/serial-link.ts";
import { tracedLink, type WireRecord } from "../../drivers/transport/traced-link.ts";
import type { Config } from "../config/schema.ts";
import { openBitaxe } from "./bitaxe.ts";
import type { Hardware } from "./hardware.ts";
import { openS9 } from "./s9.ts";

const REPEAT_MS = 60_000;

/** Opens what the configuration names. `trace` hears of every frame on the chips' wire, but for those the work pump sends by itself. */
export function openHardware(
  { board, jobs }: Config,
  clock: Clock,
  lease: Lease,
  say: (text: string) => void,
  trace?: (entry: WireRecord) => void,
): Promise<Hardware> {
  const log = seldom(clock, say);
  const openLink = async (path: string, baud: number) => {
    const link = await openSerialLink(path, { baud, onWarning: log });
    return trace ? tracedLink(link, trace) : link;
  };
  return board.kind === "s9-hashboard"
    ? openS9(board, jobs, { clock, openLink, log, lease })
    : openBitaxe(board, jobs, { clock, openLink, log, lease });
}

/** A sensor that is read ten times a second complains ten times a second: the same text once a minute is enough. */
function seldom(clock: Clock, say: (text: string) => void): (text: string) => void {
  const saidNs = new Map<string, bigint>();
  return (text) => {
    const last = saidNs.get(text);
    if (last !== undefined && elapsedMs(clock, last) < REPEAT_MS) return;
    if (saidNs.size > 200) saidNs.clear();
    saidNs.set(text, clock.nowNs());
    say(text);
  };
}
