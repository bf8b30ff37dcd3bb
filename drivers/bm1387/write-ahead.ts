/**
 * How much of the line may be filled with jobs ahead of everything else, ms: more than any hold-up that was seen of both processors of a virtual
 * machine (28 ms), and little beside the second between two readings of a board's sensors, each of which asks several times and waits behind
 * it. A serial driver that holds a page bounds it to 24 ms at 1.5625 MBd. drivers/native/work_pump.h
 */
export const WRITE_AHEAD_MS = 40;
