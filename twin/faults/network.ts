import { amount, BOTH, type Fault, NOT_USED } from "./fault.ts";

/** What the network and those on it do wrong. Carried out by the simulation of the whole daemon. */
export const NETWORK_FAULTS = {
  "broker-gone": {
    layer: "network",
    boards: BOTH,
    value: NOT_USED,
    shows: "connections refused until it ends; measuring goes on",
  },
  "client-slow": {
    layer: "network",
    boards: BOTH,
    value: amount("how much a client of the dashboard reads", "bytes/s", 1000, 0, 1_000_000),
    shows: "a socket whose buffer fills: only the latest values may wait for it",
  },
  "socket-half-open": {
    layer: "network",
    boards: BOTH,
    value: NOT_USED,
    shows: "a peer that is gone without a word: writes succeed, no pong comes",
  },
} as const satisfies Record<string, Fault>;
