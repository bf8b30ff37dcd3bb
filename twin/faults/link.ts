import { amount, BOTH, type Fault, NOT_USED, probability } from "./fault.ts";

/** What happens to bytes and to the cable. */
export const LINK_FAULTS = {
  "drop-byte": {
    layer: "link",
    boards: BOTH,
    value: probability("that a byte to the host is lost", 0.001),
    shows: "frames a byte short: the next one must still be found",
  },
  "insert-byte": {
    layer: "link",
    boards: BOTH,
    value: probability("that a byte nobody sent comes before one to the host", 0.001),
    shows: "bytes between or inside frames that belong to none",
  },
  "flip-bit": {
    layer: "link",
    boards: BOTH,
    value: probability("that a byte to the host has one bit wrong", 0.001),
    shows: "checksums that fail, and one damaged frame in 32 whose checksum holds",
  },
  burst: {
    layer: "link",
    boards: BOTH,
    value: probability("that a burst of errors begins at a byte to the host; it lasts 8 bytes on the mean", 0.002),
    shows: "sound stretches, then several frames in a row lost",
  },
  "command-drop": {
    layer: "link",
    boards: BOTH,
    value: probability("that a byte to the chips is lost", 0.001),
    shows: "commands without effect, reads without answer, jobs that no chip works on",
  },
  "command-flip": {
    layer: "link",
    boards: BOTH,
    value: probability("that a byte to the chips has one bit wrong", 0.001),
    shows: "the same; now and then a damaged command whose checksum holds",
  },
  echo: {
    layer: "link",
    boards: BOTH,
    value: probability("that a piece written to the data port comes back", 1),
    shows: "its own commands between the answers (transmit shorted to receive)",
  },
  "link-cut": {
    layer: "link",
    boards: BOTH,
    value: NOT_USED,
    shows: "both ports hang up; when it ends they come back as new ports under the same links, the board as it was",
  },
  reconnect: {
    layer: "link",
    boards: BOTH,
    value: amount("how long the ports stay away", "ms", 500, 0, 600_000),
    shows: "both ports hang up, and come back as new ports under the same links; the board was without power meanwhile",
  },
  "reconnect-other": {
    layer: "link",
    boards: BOTH,
    value: amount("how long the ports stay away", "ms", 500, 0, 600_000),
    shows: "as reconnect, but a board of the other kind is behind the same links",
  },
  "half-open": {
    layer: "link",
    boards: BOTH,
    value: amount("which way of the data port is dead: 1 to the host, 2 to the chips, 3 both", "direction", 1, 1, 3),
    shows: "writes that succeed and an open port from which nothing comes; the bridge still answers",
  },
  "control-half-open": {
    layer: "link",
    boards: BOTH,
    value: amount("which way of the control port is dead: 1 to the host, 2 to the bridge, 3 both", "direction", 1, 1, 3),
    shows: "requests to the bridge that time out one after the other while nonces go on",
  },
  "wire-delay": {
    layer: "link",
    boards: BOTH,
    value: amount("how much later bytes reach the host", "ms", 20, 0, 10_000),
    shows: "answers and nonces late by a constant; the stopwatch is off by as much",
  },
  "wire-stall": {
    layer: "link",
    boards: BOTH,
    value: amount("bytes to the host come in lumps, one lump each so long", "ms", 250, 1, 10_000),
    shows: "silence, then many frames at once",
  },
} as const satisfies Record<string, Fault>;
