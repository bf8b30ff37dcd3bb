import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import type { Lease } from "../../drivers/boards/lease.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import { type ControlPort, openControlPort } from "../../drivers/transport/control-port.ts";
import { openSerialLink } from "../../drivers/transport/serial-link.ts";
import { tracedLink, type WireRecord } from "../../drivers/transport/traced-link.ts";
import type { Config } from "../config/schema.ts";
import { openAfterGuard } from "../guard/holder.ts";
import { openBitaxe } from "./bitaxe.ts";
import type { Hardware } from "./hardware.ts";
import { leasedLink } from "./leased-link.ts";
import { openS9 } from "./s9.ts";

const REPEAT_MS = 60_000;

/** How ports are opened: on this host, or in a simulation. */
export interface Ports {
  openLink(path: string, baud: number, onWarning: (text: string) => void): Promise<ChipLink>;
  openControl(path: string, onWarning: (text: string) => void): Promise<ControlPort>;
}

export const SERIAL_PORTS: Ports = {
  openLink: (path, baud, onWarning) => openAfterGuard(() => openSerialLink(path, { baud, onWarning }), hostClock()),
  openControl: (path, onWarning) => openAfterGuard(() => openControlPort(path, onWarning), hostClock()),
};

export interface HardwareParts {
  readonly clock: Clock;
  readonly ports: Ports;
  readonly lease: Lease;
  readonly say: (text: string) => void;
  /** Hears of every frame on the chips' wire. */
  readonly trace?: ((entry: WireRecord) => void) | undefined;
}

/** Opens what the configuration names. */
export function openHardware({ board, jobs }: Config, { clock, ports, lease, say, trace }: HardwareParts): Promise<Hardware> {
  const log = seldom(clock, say);
  const openLink = async (path: string, baud: number) => {
    const link = leasedLink(await ports.openLink(path, baud, log), lease);
    return trace ? tracedLink(link, trace) : link;
  };
  const means = { clock, openLink, openControl: (path: string) => ports.openControl(path, log), log, lease };
  return board.kind === "s9-hashboard" ? openS9(board, jobs, means) : openBitaxe(board, jobs, means);
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
