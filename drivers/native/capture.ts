import { getSystemErrorName } from "node:util";
import { DriverError } from "../../common/errors.ts";
import type { FrameBatch, LinkCounters, ResponseLength } from "../transport/chip-link.ts";
import { addon, type LengthCode, type NativeBatch, type NativeCapture, type PortDelivery } from "./addon.ts";
import { type Dialogue, type DialogueOptions, startDialogue } from "./dialogue.ts";

/** Why a capture ended without being stopped: END_OF_STREAM, HUNG_UP, or the system's error name (EIO, ENXIO, ...). */
export type CaptureEnd = { code: string; message: string };

export interface Capture {
  /** The line's rate, bit/s, for the time-stamps of bytes read from now on. Does not touch the port. */
  setBaud(baud: number): void;
  /** Applies to bytes that already wait for the rest of a frame, too. */
  setResponseLength(length: ResponseLength): void;
  /** `frames` counts those found, lost ones (`overruns`) included. Works after stop(). */
  counters(): LinkCounters;
  /** Whether the capture thread runs under SCHED_FIFO. */
  readonly realtime: boolean;
  /** One job at a time, sent from the capture thread. DriverError DIALOGUE_REFUSED while another goes on. */
  startDialogue(options: DialogueOptions): Dialogue;
  /** onBytes hears of all bytes from now on. */
  keepStrays(): void;
  /** Ends the thread and releases its copy of the descriptor. onBytes hears of the last bytes; then no listener is called any more. May be called again. */
  stop(): void;
}

export interface CaptureOptions {
  /** The line's rate, bit/s. */
  readonly baud: number;
  readonly responseLength: ResponseLength;
  /** How the port hands over what arrives (drivers/transport/port-kind.ts). Left out: at once, as a pseudo-terminal does. */
  readonly delivery?: PortDelivery;
  /** Everything found since the last call, oldest first: at least one frame. */
  onFrames(batch: FrameBatch): void;
  /** After keepStrays(): the same frames, before onFrames, and bytes of no frame in their place among them (chip-link.ts, STRAY). */
  onBytes?(batch: FrameBatch): void;
  /** Called once, after the last frames, when the port is gone; the capture has then stopped. */
  onEnd(end: CaptureEnd): void;
}

/** A pseudo-terminal has no wire to wait for. */
export const AT_ONCE: PortDelivery = { frameNs: 0, timerNs: 0, timerBytes: 0, fifoBytes: 0 };

export function lengthCode(length: ResponseLength): LengthCode {
  if (length === 7 || length === 9 || length === 11) return length;
  if (length === "either") return 0;
  throw new DriverError("BAD_RESPONSE_LENGTH", `A response cannot be ${String(length)} bytes long.`, 'Use 7, 9, 11 or "either".');
}

function checkedBaud(baud: number): number {
  if (Number.isInteger(baud) && baud > 0 && baud <= 0xffff_ffff) return baud;
  throw new DriverError("BAD_BAUD", `${baud} is not a line rate.`, "Give a positive whole number of bits per second.", { baud });
}

function endOf({ cause, errno }: NonNullable<NativeBatch["end"]>): CaptureEnd {
  if (cause === "end-of-stream") return { code: "END_OF_STREAM", message: "The other end of the port was closed." };
  if (cause === "hung-up") return { code: "HUNG_UP", message: "The port was hung up." };
  const code = getSystemErrorName(-errno);
  return { code, message: `Reading the port failed with ${code}.` };
}

/**
 * Takes over reading from an open serial descriptor on a thread of its own, which finds frames and stamps each with
 * CLOCK_MONOTONIC_RAW at the end of its first byte (drivers/native/arrival_times.h: how, and how well). What JavaScript does in the
 * meantime changes no time-stamp; 65 536 frames may wait, then the newest are dropped and counted.
 *
 * The descriptor is duplicated and made non-blocking; nothing else may read from it. It may be closed, but the port stays in use
 * until stop(). Keeps the process alive until stop() or onEnd.
 *
 * DriverError BAD_BAUD, BAD_RESPONSE_LENGTH, or CAPTURE_REFUSED when the system does not let it start.
 */
export function startCapture(fd: number, options: CaptureOptions): Capture {
  const baud = checkedBaud(options.baud);
  const length = lengthCode(options.responseLength);
  const native = startNative(fd, baud, length, options.delivery ?? AT_ONCE, () => {
    try {
      takeAll();
    } catch (error) {
      // Node 20 drops what a native callback throws (DEP0168). A listener's mistake must be seen like any other.
      setImmediate(() => {
        throw error;
      });
    }
  });
  let stopped = false;
  let keepsStrays = false;

  function takeAll() {
    if (stopped) return;
    const { end, all, ...batch } = native.take();
    try {
      tellBytes(all ?? batch);
      if (batch.count > 0) options.onFrames(batch);
    } finally {
      // onFrames may have stopped the capture: then nothing more is reported.
      if (end !== null && !stopped) {
        stop();
        options.onEnd(endOf(end));
      }
    }
  }

  function tellBytes(bytes: FrameBatch) {
    if (keepsStrays && bytes.count > 0) options.onBytes?.(bytes);
  }

  function stop() {
    native.stop();
    if (stopped) return;
    stopped = true;
    const { all, ...batch } = native.take();
    tellBytes(all ?? batch);
  }

  return {
    setBaud: (next) => native.setBaud(checkedBaud(next)),
    setResponseLength: (next) => native.setResponseLength(lengthCode(next)),
    counters: () => native.counters(),
    realtime: native.realtime,
    keepStrays() {
      keepsStrays = true;
      native.keepStrays();
    },
    startDialogue: (dialogue) => startDialogue(native, dialogue, takeAll),
    stop,
  };
}

function startNative(fd: number, baud: number, length: LengthCode, delivery: PortDelivery, wake: () => void): NativeCapture {
  const { Capture } = addon();
  try {
    return new Capture(Number.isInteger(fd) && fd >= 0 && fd <= 0x7fff_ffff ? fd : -1, baud, length, wake, delivery);
  } catch (error) {
    const errno = error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : 0;
    const name = errno > 0 ? getSystemErrorName(-errno) : String(error);
    const hint = name === "EBADF" ? "Open the port first, and pass its descriptor." : "Check the process's limits on files and threads.";
    throw new DriverError("CAPTURE_REFUSED", `Reading cannot start on descriptor ${fd}: ${name}.`, hint, { fd, errno }, error);
  }
}
