import { createRequire } from "node:module";
import { DriverError } from "../../common/errors.ts";
import type { FrameBatch, LinkCounters } from "../transport/chip-link.ts";

/** A response length as the addon takes it; 0 is "either". */
export type LengthCode = 0 | 7 | 9 | 11;

export interface NativeBatch extends FrameBatch {
  readonly end: { readonly cause: "end-of-stream" | "hung-up" | "error"; readonly errno: number } | null;
}

export interface NativeCapture {
  take(): NativeBatch;
  setBaud(baud: number): void;
  setResponseLength(length: LengthCode): void;
  counters(): LinkCounters;
  stop(): void;
  readonly realtime: boolean;
}

/** What drivers/native/addon.cc exports. It checks types and sizes again and throws TypeError: no argument can crash it. */
export interface DriversAddon {
  monotonicRawNs(): bigint;
  scanFrames(bytes: Uint8Array, length: LengthCode): FrameScan;
  hashHeaders(headers: Uint8Array): Uint8Array;
  verifyHeaders(headers: Uint8Array): HeaderVerdicts;
  sha256dKernel(): string;
  readonly Capture: new (fd: number, baud: number, length: LengthCode, wake: () => void) => NativeCapture;
}

/** `frames`: 12 bytes per frame as in FrameBatch.bytes. `offsets`: where each began. Bytes add up: frames, discarded and pending. */
export interface FrameScan {
  readonly frames: Uint8Array;
  readonly offsets: Uint32Array;
  readonly discardedBytes: number;
  /** Bytes at the end that may be the beginning of a frame. */
  readonly pendingBytes: number;
}

/** Per header: leading zero bits of its hash, and log2 of its difficulty (specs/bm1366.md 4.5). */
export interface HeaderVerdicts {
  readonly zeroBits: Uint16Array;
  readonly difficultyLog2: Float32Array;
}

/** Loads an addon; DriverError NATIVE_MISSING when it was not built, NATIVE_BROKEN when this process cannot load it. */
export function loadAddon(specifier: string): unknown {
  try {
    return createRequire(import.meta.url)(specifier);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") {
      throw new DriverError(
        "NATIVE_MISSING",
        "The native part of the drivers has not been built.",
        "Run `make native` in the repository.",
        { specifier },
        error,
      );
    }
    throw new DriverError(
      "NATIVE_BROKEN",
      `The native part of the drivers cannot be loaded: ${reason}`,
      "Build it again on this machine: `make clean native`.",
      { specifier },
      error,
    );
  }
}

let loaded: DriversAddon | null = null;

/** The addon, loaded at first use, so that what needs no native code works without it. */
export function addon(): DriversAddon {
  loaded ??= loadAddon("#native/drivers") as DriversAddon;
  return loaded;
}
