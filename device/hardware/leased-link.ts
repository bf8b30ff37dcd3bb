import type { Lease } from "../../drivers/boards/lease.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";

/**
 * The same link, on which nothing leaves for the chips without a lease: a program that slept through its sentinel's evaluations must not go on
 * where it was before the sentinel has looked again. `write` then rejects with LEASE_EXPIRED. The work pump and a dialogue have a lease of their own.
 */
export function leasedLink(link: ChipLink, lease: Lease): ChipLink {
  return {
    path: link.path,
    get baud() {
      return link.baud;
    },
    async write(bytes, deadlineMs) {
      lease.require("write to the chips");
      return link.write(bytes, deadlineMs);
    },
    setBaud: (baud) => link.setBaud(baud),
    setResponseLength: (length) => link.setResponseLength(length),
    onFrames: (listener) => link.onFrames(listener),
    ...(link.onBytes ? { onBytes: (listener) => (link.onBytes as NonNullable<ChipLink["onBytes"]>)(listener) } : {}),
    onLost: (listener) => link.onLost(listener),
    counters: () => link.counters(),
    ...(link.startWorkPump ? { startWorkPump: (options) => (link.startWorkPump as NonNullable<ChipLink["startWorkPump"]>)(options) } : {}),
    ...(link.startDialogue ? { startDialogue: (options) => (link.startDialogue as NonNullable<ChipLink["startDialogue"]>)(options) } : {}),
    close: () => link.close(),
  };
}
