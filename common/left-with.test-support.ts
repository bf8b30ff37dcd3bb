/** What lives as long as a signal does, for tests of what must not. */
import { getEventListeners } from "node:events";

/** Listeners, and the signals that AbortSignal.any made of it, dead ones included: Node keeps those under a symbol of its own. */
export function leftWith(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === "kDependantSignals");
  const dependants = symbol === undefined ? undefined : (signal as unknown as Record<symbol, Set<unknown> | undefined>)[symbol];
  return getEventListeners(signal, "abort").length + (dependants?.size ?? 0);
}
