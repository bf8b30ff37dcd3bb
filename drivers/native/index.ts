import { HEADER_BYTES } from "../../common/block-header.ts";
import type { ClockAnchor } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { ResponseLength } from "../transport/chip-link.ts";
import { addon, type FrameScan, type HeaderVerdicts, type LowLatencyAnswer } from "./addon.ts";
import { lengthCode } from "./capture.ts";

export type { FrameScan, HeaderVerdicts, LowLatencyAnswer, PortDelivery } from "./addon.ts";
export { AT_ONCE, type Capture, type CaptureEnd, type CaptureOptions, startCapture } from "./capture.ts";
export {
  DIALOGUE_EVENT,
  type Dialogue,
  type DialogueCounters,
  type DialogueEnd,
  type DialogueEvents,
  type DialogueJob,
  type DialogueOptions,
} from "./dialogue.ts";
export {
  headerOf,
  jobFrameBytes,
  type PumpCounters,
  type PumpEnd,
  type PumpedJobs,
  type SentFrame,
  startWorkPump,
  type WorkPump,
  type WorkPumpOptions,
  type WorkTemplate,
} from "./work-pump.ts";

/** CLOCK_MONOTONIC_RAW, ns: the clock of every time-stamp of a capture. */
export function monotonicRawNs(): bigint {
  return addon().monotonicRawNs();
}

/** This moment on CLOCK_MONOTONIC_RAW and on CLOCK_REALTIME. */
export function clockAnchor(): ClockAnchor {
  return addon().clockAnchor();
}

/** Asks an open port's driver to hand over what arrives at once. */
export function askLowLatency(fd: number): LowLatencyAnswer {
  return addon().askLowLatency(fd);
}

/** Takes that back. An errno, or 0. */
export function endLowLatency(fd: number): number {
  return addon().endLowLatency(fd);
}

/** Finds the response frames in bytes that are complete: with "either", a short frame at the end counts. specs/bm1366.md 1.7, 1.10; specs/bm1387.md 1.4 */
export function scanFrames(bytes: Uint8Array, length: ResponseLength): FrameScan {
  return addon().scanFrames(bytes, lengthCode(length));
}

function checkedHeaders(headers: Uint8Array): Uint8Array {
  if (headers.byteLength % HEADER_BYTES === 0) return headers;
  throw new DriverError("BAD_SIZE", `${headers.byteLength} bytes are not whole block headers.`, "A header has 80 bytes.", {
    byteLength: headers.byteLength,
  });
}

/** SHA-256d of n headers of 80 bytes, end to end: n digests of 32 bytes in internal order. DriverError BAD_SIZE. */
export function hashHeaders(headers: Uint8Array): Uint8Array {
  return addon().hashHeaders(checkedHeaders(headers));
}

/** Leading zero bits and log2 difficulty of n headers of 80 bytes, end to end (specs/bm1366.md 4.5). DriverError BAD_SIZE. */
export function verifyHeaders(headers: Uint8Array): HeaderVerdicts {
  return addon().verifyHeaders(checkedHeaders(headers));
}

/** Which SHA-256 this processor runs: "sha-ni" or "portable". */
export function sha256dKernel(): string {
  return addon().sha256dKernel();
}

/**
 * A BM1387 job frame as the pump writes it, for work that belongs to no block: opening cores, keeping chips busy (specs/bm1387.md 1.6, 1.7).
 * `midstates`: 1, 2 or 4 of 32 bytes, end to end, state words H0..H7 big-endian. `merkleTail`: header bytes 64..67. TypeError when sizes do not fit.
 */
export function midstateJobFrame(wireId: number, nbits: number, ntime: number, merkleTail: Uint8Array, midstates: Uint8Array): Uint8Array {
  return addon().midstateJobFrame(wireId, nbits, ntime, merkleTail, midstates);
}
