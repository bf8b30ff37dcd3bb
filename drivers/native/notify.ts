import { loadAddon } from "./addon.ts";

interface NotifyAddon {
  sendDatagram(address: string, bytes: Uint8Array): number;
}

let loaded: NotifyAddon | null = null;

/** Sends one datagram to a Unix socket: a path from the root, or an abstract name after "@". Never waits; an errno, or 0. DriverError NATIVE_MISSING. */
export function sendDatagram(address: string, bytes: Uint8Array): number {
  loaded ??= loadAddon("#native/drivers") as NotifyAddon;
  return loaded.sendDatagram(address, bytes);
}
