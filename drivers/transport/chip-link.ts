import type { Dialogue, DialogueOptions } from "../native/dialogue.ts";
import type { WorkPump, WorkPumpOptions } from "../native/work-pump.ts";

/**
 * How long the chip's responses are. BM1366: 9 bytes after reset, 11 once version rolling is on (specs/bm1366.md 1.7); "either" takes
 * both. BM1387: 7, without a preamble (specs/bm1387.md 1.4).
 */
export type ResponseLength = 7 | 9 | 11 | "either";

/**
 * Checked response frames as the capture thread found them. `bytes` holds 12 bytes per frame: the frame's length (7, 9 or 11),
 * then the frame from its first byte on, zero-padded. tNs: CLOCK_MONOTONIC_RAW of the frame's first byte; sigmaNs: its uncertainty.
 */
export interface FrameBatch {
  readonly count: number;
  readonly tNs: BigInt64Array;
  readonly sigmaNs: Uint32Array;
  readonly bytes: Uint8Array;
}

export const FRAME_STRIDE = 12;

/** In the byte of the length: these 1 to 11 bytes belong to no frame. Only in what `onBytes` hands over. */
export const STRAY = 0x80;

/** Frames [from, to) as a view on the same memory. */
export function sliceFrames(batch: FrameBatch, from: number, to: number): FrameBatch {
  return {
    count: to - from,
    tNs: batch.tNs.subarray(from, to),
    sigmaNs: batch.sigmaNs.subarray(from, to),
    bytes: batch.bytes.subarray(from * FRAME_STRIDE, to * FRAME_STRIDE),
  };
}

export interface LinkCounters {
  readonly bytesRead: number;
  readonly frames: number;
  /** Bytes that belonged to no frame whose checksum holds. */
  readonly discardedBytes: number;
  /** Frames lost because JavaScript did not take them in time. */
  readonly overruns: number;
}

/**
 * The wire to a chain of chips. Single-use: after `lost` or `close` it stays dead, and what was queued is never sent again.
 * All methods reject with DriverError LINK_LOST once the port is gone.
 */
export interface ChipLink {
  readonly path: string;
  readonly baud: number;
  /** Sends bytes; resolves with the time (CLOCK_MONOTONIC_RAW, ns) when the kernel has taken all of them. Rejects WRITE_TIMEOUT after `deadlineMs`. */
  write(bytes: Uint8Array, deadlineMs?: number): Promise<bigint>;
  /** Waits until everything written has left, then changes the host's rate. */
  setBaud(baud: number): Promise<void>;
  setResponseLength(length: ResponseLength): void;
  onFrames(listener: (batch: FrameBatch) => void): () => void;
  /**
   * From the first listener on: everything that is read, in the order it came, the same frames as `onFrames` hands over (right after) and bytes of no
   * frame between them, marked STRAY; above half of what may wait, those are only counted. Closing hands over what had waited for the rest of a
   * frame. Absent where bytes cannot be had.
   */
  onBytes?(listener: (batch: FrameBatch) => void): () => void;
  onLost(listener: (reason: Error) => void): () => void;
  counters(): LinkCounters;
  /**
   * Starts a native work pump on the port, at the port's rate; absent where there is no port. It stops when the link closes or is lost.
   * Other writes go between its frames; let its lease end before changing the rate. DriverError: see startWorkPump.
   */
  startWorkPump?(options: Omit<WorkPumpOptions, "baud">): WorkPump;
  /**
   * One job at a time, each upon the answer to the one before, from the capture's thread; absent where there is no port (startLinkDialogue
   * then does the same from here). It stops when the link closes or is lost. DriverError DIALOGUE_REFUSED while another goes on.
   */
  startDialogue?(options: DialogueOptions): Dialogue;
  close(): Promise<void>;
}
