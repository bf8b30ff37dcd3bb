import { createRequire } from "node:module";

/** A pseudo-terminal that plays a serial port (twin/native/pty_port.h). */
export interface NativePty {
  /** The slave, for a client to open. */
  readonly path: string;
  /** How many descriptions of the slave are open; -1 when the system cannot tell. */
  readonly clients: number;
  /**
   * What was read, dated when it was written as well as that is known, and the time up to which that is all that was written (CLOCK_MONOTONIC_RAW):
   * now, or the time of a write whose bytes are still in the kernel. `baud` is the client's rate now.
   */
  take(): { nowNs: bigint; baud: number; arrivals: { tNs: bigint; baud: number; bytes: Uint8Array }[] };
  /** How many bytes the terminal took; the rest is lost, as all are while no client is there. Never blocks. */
  write(bytes: Uint8Array): number;
  close(): void;
}

/** One batch of eight versions, searched by blocks (twin/native/search.h). */
export interface NativeBatchSearch {
  /** first64: 8 x 64 header bytes, one version after the other; tail: header bytes 64..75. */
  load(first64: Uint8Array, tail: Uint8Array, batchNumber: number, address: number, workScale: number): void;
  /** Rows of [index, nonceBe, zeroBits, decoy 0/1] in sweep order, or null when nothing was found. */
  run(fromBlock: number, toBlock: number, zeroBits: number): Float64Array | null;
}

interface TwinAddon {
  readonly Pty: new (onArrival: () => void) => NativePty;
  readonly BatchSearch: new () => NativeBatchSearch;
  readonly clockNs: () => bigint;
  /** Which SHA-256d kernel this processor runs. */
  readonly sha256dKernel: string;
}

export const native = createRequire(import.meta.url)("#native/twin") as TwinAddon;
