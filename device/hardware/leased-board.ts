import type { Board, BoardIdentity } from "../../drivers/boards/board.ts";
import type { Lease } from "../../drivers/boards/lease.ts";

/**
 * The same board, of which nothing is switched on without a lease: a program that slept on its way up must not release the reset that its
 * watchdog asserted meanwhile. Whatever makes the board safer needs none.
 */
export function leasedBoard(board: Board, lease: Lease): Board & { readonly identity: BoardIdentity | null } {
  let identity: BoardIdentity | null = null;
  return {
    get identity() {
      return identity;
    },
    get limits() {
      return board.limits;
    },
    async probe() {
      identity = await board.probe();
      return identity;
    },
    async setCoreVoltageMv(coreVoltageMv) {
      lease.require("set the core voltage");
      return board.setCoreVoltageMv(coreVoltageMv);
    },
    coreOff: () => board.coreOff(),
    async setReset(asserted) {
      if (!asserted) lease.require("release the reset");
      return board.setReset(asserted);
    },
    setFanPercent: (percent) => board.setFanPercent(percent),
    read: () => board.read(),
    close: () => board.close(),
  };
}
