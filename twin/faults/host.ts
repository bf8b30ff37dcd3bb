import { amount, BOTH, type Fault, NOT_USED } from "./fault.ts";

/** What the computer does wrong that the daemon runs on. Carried out by the simulation of the whole daemon. */
export const HOST_FAULTS = {
  "clock-step": {
    layer: "host",
    boards: BOTH,
    value: amount("by how much the wall clock jumps, once", "ms", 3_600_000, -86_400_000, 86_400_000),
    shows: "times of day that jump; intervals and the record's order must not",
  },
  "event-loop-blocked": {
    layer: "host",
    boards: BOTH,
    value: amount("for how long no code of the daemon runs, once", "ms", 500, 1, 60_000),
    shows: "timers late, bytes in lumps, a heartbeat that may have been missed",
  },
  "disk-full": {
    layer: "host",
    boards: BOTH,
    value: NOT_USED,
    shows: "ENOSPC on every write to the store",
  },
  "disk-slow": {
    layer: "host",
    boards: BOTH,
    value: amount("how much longer each write to the store takes", "ms", 200, 0, 60_000),
    shows: "commits that take long; queues that fill",
  },
  "fd-exhausted": {
    layer: "host",
    boards: BOTH,
    value: NOT_USED,
    shows: "EMFILE on every file, port and socket that is opened",
  },
  killed: {
    layer: "host",
    boards: BOTH,
    value: amount("how long until the daemon is started again", "ms", 1000, 0, 600_000),
    shows: "SIGKILL: no handler runs; what was committed must be there afterwards",
  },
} as const satisfies Record<string, Fault>;
