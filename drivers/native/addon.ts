import { createRequire } from "node:module";
import type { ClockAnchor } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { FrameBatch, LinkCounters } from "../transport/chip-link.ts";
import type { NativeDialogue, NativeDialogueOptions } from "./dialogue.ts";

/** A response length as the addon takes it; 0 is "either". */
export type LengthCode = 0 | 7 | 9 | 11;

export interface NativeBatch extends FrameBatch {
  /** Frames and bytes of no frame, in the order they came; null when there are only frames. */
  readonly all: FrameBatch | null;
  readonly end: { readonly cause: "end-of-stream" | "hung-up" | "error"; readonly errno: number } | null;
}

/** drivers/native/arrival_times.h: how a port hands over what came in on its line. */
export interface PortDelivery {
  /** A USB host fetches once in so long. */
  readonly frameNs: number;
  /** An adapter keeps a packet that is not full for up to so long. */
  readonly timerNs: number;
  /** What fills one. */
  readonly timerBytes: number;
  /** A UART with a queue waits for up to so many byte times whether more comes. */
  readonly fifoBytes: number;
}

/** drivers/native/low_latency.h; `errno` when refused, else 0. */
export interface LowLatencyAnswer {
  readonly state: "absent" | "already" | "granted" | "ignored" | "refused";
  readonly errno: number;
}

export interface NativeCapture {
  take(): NativeBatch;
  keepStrays(): void;
  setBaud(baud: number): void;
  setResponseLength(length: LengthCode): void;
  counters(): LinkCounters;
  stop(): void;
  readonly realtime: boolean;
}

/** drivers/native/work-pump.ts, WorkTemplate: the coinbase in one piece with room for extranonce2, the branches end to end. */
export interface NativeTemplate {
  readonly version: number;
  readonly versionMask: number;
  readonly prevHash: Uint8Array;
  readonly ntime: number;
  readonly nbits: number;
  readonly coinbase: Uint8Array;
  readonly extranonce2At: number;
  readonly extranonce2Bytes: number;
  readonly branches: Uint8Array;
}

/** drivers/native/work-pump.ts, PumpedJobs. Hashes are 32 bytes per job; `settled` is 0 or 1. */
export interface NativeJobs {
  readonly count: number;
  readonly jobSeq: Uint32Array;
  readonly wireId: Uint8Array;
  readonly sentNs: BigInt64Array;
  readonly lineEndNs: BigInt64Array;
  readonly extranonce2: BigUint64Array;
  readonly generation: Uint32Array;
  readonly ntime: Uint32Array;
  readonly nbits: Uint32Array;
  readonly versions: Uint32Array;
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  readonly settled: Uint8Array;
}

export interface NativePumpEnd {
  readonly cause: "hung-up" | "error" | "stalled" | "exhausted";
  readonly errno: number;
}

/** drivers/native/work_pump.h says what is counted when. */
export interface PumpCounters {
  /** Jobs the kernel took. */
  readonly jobs: number;
  /** Jobs written more than a tenth of the period after their deadline; with a lead: when the line had fallen idle. */
  readonly lateDeadlines: number;
  /** Deadlines passed over because the pump came a whole period late. */
  readonly skippedDeadlines: number;
  /** Gaps on the line longer than a job occupies the chips: they had run through their ranges. */
  readonly underruns: number;
  /** Turns that the second thread took because the first one's processor was held up. */
  readonly standIns: number;
  /** How often the port was full. */
  readonly writeWaits: number;
  readonly leaseExpiries: number;
  /** The longest time between the ends of two jobs of one lease on the line, ns. */
  readonly worstGapNs: number;
  /** The largest share of the time a job occupies the chips that lay between it and the next one: above 1 they had run through their ranges. */
  readonly worstShare: number;
  /** The least that the line still had to send when a job was written, ns, once the lead had been reached; the lead until then. Negative: it was idle. */
  readonly leastLeadNs: number;
}

/** Frames a pump wrote, one after the other, each as long as its format says. `dropped`: how many more there were than were kept. */
export interface NativeSentFrames {
  readonly count: number;
  /** CLOCK_MONOTONIC_RAW when the kernel had all of it. */
  readonly tNs: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly dropped: number;
}

export interface NativeWorkPump {
  renew(ttlMs: number): void;
  update(template: NativeTemplate): number;
  setPeriodNs(periodNs: number, workNs: number): void;
  setBaud(baud: number): void;
  wroteBeside(bytes: number, tNs: bigint): void;
  readonly lineFreeNs: bigint;
  jobsSince(jobSeq: number): NativeJobs;
  jobsUnder(wireId: number): NativeJobs;
  seen(): NativePumpEnd | null;
  takeFrames(): NativeSentFrames;
  counters(): PumpCounters;
  stop(): void;
  readonly realtime: boolean;
  readonly leased: boolean;
}

/** `midstates` is 0 for jobs with the full header. */
export interface NativePumpOptions {
  readonly midstates: number;
  readonly baud: number;
  readonly periodNs: number;
  readonly workNs: number;
  readonly leadNs: number;
  /** Bounds the lead. */
  readonly queueBytes: number;
  /** How many written frames are kept for takeFrames(); 0: none. */
  readonly traceFrames: number;
  readonly firstSeq: number;
  readonly firstExtranonce2: bigint;
  readonly template: NativeTemplate;
}

/** What drivers/native/addon.cc exports. It checks types and sizes again and throws TypeError: no argument can crash it. */
export interface DriversAddon {
  monotonicRawNs(): bigint;
  scanFrames(bytes: Uint8Array, length: LengthCode): FrameScan;
  hashHeaders(headers: Uint8Array): Uint8Array;
  verifyHeaders(headers: Uint8Array): HeaderVerdicts;
  sha256dKernel(): string;
  midstateJobFrame(wireId: number, nbits: number, ntime: number, merkleTail: Uint8Array, midstates: Uint8Array): Uint8Array;
  readonly WorkPump: new (fd: number, options: NativePumpOptions, wake: () => void) => NativeWorkPump;
  /** One per capture at a time. */
  readonly Dialogue: new (
    capture: NativeCapture,
    options: NativeDialogueOptions,
    wake: () => void,
  ) => NativeDialogue;
  readonly Capture: new (fd: number, baud: number, length: LengthCode, wake: () => void, delivery?: PortDelivery) => NativeCapture;
  askLowLatency(fd: number): LowLatencyAnswer;
  /** An errno, or 0. */
  endLowLatency(fd: number): number;
  clockAnchor(): ClockAnchor;
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
