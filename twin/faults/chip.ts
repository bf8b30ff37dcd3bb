import { amount, BOTH, chipIndex, type Fault, probability } from "./fault.ts";

/** What single chips do wrong. */
export const CHIP_FAULTS = {
  "chip-dead": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that says and finds nothing; on an S9, whose chips pass everything on, nor do those behind it", 0),
    shows: "fewer answers to a broadcast read, and no nonces from there",
  },
  "chips-missing": {
    layer: "chip",
    boards: BOTH,
    value: amount("how many chips at the far end say nothing", "chips", 1, 1, 127),
    shows: "fewer chips than configured",
  },
  "chain-cut": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("first chip behind a broken trace", 1),
    shows: "no answer from that chip on, and none of them hears a command",
  },
  "chip-stuck": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that hangs, from the fault's start until a reset or the fault's end", 0),
    shows: "one chip stops answering and finding, the others go on; a reset brings it back",
  },
  "nonce-repeat": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that reports its first nonce again instead of each later one, until a reset", 0),
    shows: "the same nonce over and over: duplicates, and stale after the next job",
  },
  "brown-out": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that loses its state once, at the fault's start", 0),
    shows: "a chip back at address 0, at the reset's rate and clock, and without a job",
  },
  "address-collision": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that takes the address meant for the one before it", 1),
    shows: "two answers from one address, none from the next, and nonces found twice",
  },
  "pll-slow-lock": {
    layer: "chip",
    boards: BOTH,
    value: amount("how long the PLL takes to lock; the cores stand still meanwhile", "ms", 100, 0, 60_000),
    ofChip: true,
    shows: "lock bit 31 of the PLL register clear for so long after a write, and no nonces",
  },
  "pll-never-locks": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip whose PLL does not lock after a write any more", 0),
    shows: "lock bit 31 of the PLL register stays clear, and that chip finds nothing",
  },
  "chip-wrong-id": {
    layer: "chip",
    boards: BOTH,
    value: amount("chip id that every chip claims", "id", 0x1397, 0, 0xffff),
    shows: "another chip than the configured one",
  },
  "bad-cores": {
    layer: "chip",
    boards: BOTH,
    value: amount("how many cores of the chip find nothing", "cores", 10, 0, 114),
    ofChip: true,
    shows: "as many fewer nonces of that chip, and none of those cores",
  },
  "baud-mismatch": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that misses every change of the line rate", 1),
    shows: "one chip silent after the rate was changed; on an S9 those behind it still hear",
  },
  "hot-chip": {
    layer: "chip",
    boards: BOTH,
    value: amount("how much hotter than its neighbours the chip is", "K", 30, 0, 150),
    ofChip: true,
    shows: "the sensor at that chip reads so much more (on an S9 chips 61 and 31 have one)",
  },
  "nonce-invalid": {
    layer: "chip",
    boards: BOTH,
    value: probability("that a nonce of the chip does not verify, its checksum sound", 0.1),
    ofChip: true,
    shows: "nonces of one chip whose hash has too few zero bits",
  },
  "nonce-late": {
    layer: "chip",
    boards: BOTH,
    value: amount("how long the chip keeps a nonce before it sends it", "ms", 50, 0, 10_000),
    ofChip: true,
    shows: "nonces of jobs that were replaced long ago, or whose id is in use again",
  },
  "stale-register": {
    layer: "chip",
    boards: BOTH,
    value: chipIndex("the chip that answers each register with what it read when first asked since the fault began", 0),
    shows: "a write that a read-back does not confirm; counters that stand still",
  },
  unsolicited: {
    layer: "chip",
    boards: BOTH,
    value: amount("how often the chip sends a register frame nobody asked for", "1/s", 5, 0.01, 1000),
    ofChip: true,
    shows: "register frames between answers; on an S9, whose frames name no register, they pass for the answer awaited",
  },
} as const satisfies Record<string, Fault>;
