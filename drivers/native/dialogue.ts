/**
 * One word at a time on a native thread (drivers/native/dialogue.h): the next job leaves upon the answer to the last one, or at its deadline,
 * whatever this thread does in the meantime.
 */
import { getSystemErrorName } from "node:util";
import { DriverError } from "../../common/errors.ts";
import { addon, type NativeCapture } from "./addon.ts";

/** What happened to a job. */
export const DIALOGUE_EVENT = { sent: 0, answered: 1, deadline: 2, work: 3 } as const;

/** Events as columns, oldest first. A job has two: sent, and answered or deadline; between them each further work of a word has one. Times are CLOCK_MONOTONIC_RAW, ns. */
export interface DialogueEvents {
  readonly count: number;
  /** DIALOGUE_EVENT */
  readonly kind: Uint8Array;
  /** The job's number as it was prepared. */
  readonly word: Uint32Array;
  /** The same; of a word that is a row of works, the number of the one that was sent or answered. */
  readonly jobSeq: Uint32Array;
  /** How many works of the word came before that one. */
  readonly index: Uint32Array;
  /** sent: the kernel had all of it; answered: first byte of the answer that let the next job go; deadline: when it was given up. */
  readonly tNs: BigInt64Array;
  /** Standard uncertainty of tNs, of answers; else 0. */
  readonly sigmaNs: Uint32Array;
  /** sent: just before the first byte was handed over; answered: when the read returned that brought the answer's last byte. */
  readonly turnNs: BigInt64Array;
  /** Verified answers to the job so far. */
  readonly answers: Uint8Array;
  /** The answer that counted, as in FrameBatch.bytes; zeros for others. */
  readonly bytes: Uint8Array;
}

export interface DialogueCounters {
  readonly sent: number;
  readonly answered: number;
  readonly deadlines: number;
  /** Named the job in flight and did not hash: damage, or a hardware error. */
  readonly unverified: number;
  /** Answers that had been given before. */
  readonly repeated: number;
  /** Nonces that named another job, or came while none was out. */
  readonly strays: number;
  /** Turns at which no job was prepared. */
  readonly underruns: number;
  /** Time without a job because of that, ns. */
  readonly starvedNs: number;
  /** Turns at which the lease had run out. */
  readonly leaseExpiries: number;
  readonly writeWaits: number;
  /** Sent, of words that are rows of works. */
  readonly works: number;
  /** Of those, the ones that no event tells of, because this thread was blocked for so long. */
  readonly unheardWorks: number;
}

/** A job with its frame, and what its answers are checked against. */
export interface DialogueJob {
  readonly jobSeq: number;
  readonly wireId: number;
  readonly frame: Uint8Array;
  /** The 80 bytes that are hashed; version and nonce are filled in from the answer. */
  readonly header: Uint8Array;
  /** BM1387: the version of each midstate. BM1366: the version without the bits the chip rolls. */
  readonly versions: readonly number[];
  /** Leading zero bits that make a hash an answer. */
  readonly zeroBits: number;
  /** How many different answers let the next job go, 1 to 64. */
  readonly answers: number;
  /** After it was sent, ms, at most 1000 s. The thread looks at the clock to the millisecond. */
  readonly deadlineMs: number;
  /**
   * BM1387: a word. Works with the header's other version bits under `versionMask` follow one another every `periodNs` until it is over. They get their
   * numbers and ids as they leave: jobSeq is the word's own, and wireId, frame (all zeros) and versions are not used.
   */
  readonly works?: { readonly periodNs: number; readonly versionMask: number };
}

export interface DialogueEnd {
  readonly code: string;
  readonly message: string;
}

export interface DialogueOptions {
  /** BM1387: jobs of 1, 2 or 4 midstates. BM1366: "full-header". */
  readonly format: 1 | 2 | 4 | "full-header";
  /** How many jobs may wait beside the one in flight, 1 to 64. */
  readonly depth: number;
  /** Number of the first work of the first word; default 0. */
  readonly firstSeq?: number;
  onEvents(events: DialogueEvents): void;
  /** Called once, after the last events, when the port did not take a job; it has then stopped. */
  onEnd(end: DialogueEnd): void;
}

export interface Dialogue {
  /** Lets jobs leave until `ttlMs` from now, at most 60 000; 0 ends the lease. Before the first call nothing is written. */
  renew(ttlMs: number): void;
  /** For its turn. False when so many are held already that it has no room. */
  prepare(job: DialogueJob): boolean;
  /**
   * Hands what onEvents has not seen yet to it, now: to be called before a batch of frames is looked at. Events never run ahead of frames: what came
   * after a frame that the capture has not handed over waits for it, until stop().
   */
  drain(): void;
  counters(): DialogueCounters;
  /** No job leaves any more when this returns; the one in flight stays with the chips. The last events are handed over, their frames or not. May be called again. */
  stop(): void;
}

const LONGEST_LEASE_MS = 60_000;

type NativeDialogueJob = Omit<DialogueJob, "versions" | "deadlineMs" | "works"> & {
  readonly versions: Uint32Array;
  readonly deadlineNs: number;
  readonly periodNs: number;
  readonly versionMask: number;
};

/** As the addon takes and gives them. */
export interface NativeDialogue {
  renew(ttlMs: number): void;
  prepare(job: NativeDialogueJob): boolean;
  take(): DialogueEvents & { readonly end: { readonly cause: "stalled" | "error"; readonly errno: number } | null };
  counters(): DialogueCounters;
  stop(): void;
}

export interface NativeDialogueOptions {
  readonly midstates: number;
  readonly depth: number;
  readonly firstSeq: number;
}

/**
 * Starts a dialogue on the thread and the port of a capture, which can carry one at a time. `takeFrames` hands over the frames that were found
 * before the events. DriverError DIALOGUE_REFUSED.
 */
export function startDialogue(capture: NativeCapture, options: DialogueOptions, takeFrames: () => void): Dialogue {
  const native = startNative(capture, options, () => {
    try {
      takeFrames();
      report();
    } catch (error) {
      // Node 20 drops what a native callback throws (DEP0168). A listener's mistake must be seen like any other.
      setImmediate(() => {
        throw error;
      });
    }
  });
  let stopped = false;

  function report() {
    if (stopped) return;
    const end = drain();
    if (end === null || stopped) return;
    stop();
    options.onEnd(endOf(end));
  }

  function drain() {
    const { end, ...events } = native.take();
    if (events.count > 0) options.onEvents(events);
    return end;
  }

  function stop() {
    if (stopped) return;
    stopped = true;
    native.stop();
    drain();
  }

  return {
    renew: (ttlMs) => native.renew(checkedDialogueLease(ttlMs)),
    prepare: ({ versions, deadlineMs, works = { periodNs: 0, versionMask: 0 }, ...job }) =>
      native.prepare({ ...job, ...works, versions: Uint32Array.from(versions), deadlineNs: Math.round(deadlineMs * 1e6) }),
    drain: () => void drain(),
    counters: () => native.counters(),
    stop,
  };
}

/** DriverError BAD_LEASE */
export function checkedDialogueLease(ttlMs: number): number {
  if (Number.isInteger(ttlMs) && ttlMs >= 0 && ttlMs <= LONGEST_LEASE_MS) return ttlMs;
  throw new DriverError("BAD_LEASE", `A lease cannot last ${ttlMs} ms.`, `Give whole milliseconds, ${LONGEST_LEASE_MS} at most.`, {
    ttlMs,
  });
}

function startNative(capture: NativeCapture, { format, depth, firstSeq = 0 }: DialogueOptions, wake: () => void): NativeDialogue {
  const midstates = format === "full-header" ? 0 : format;
  const { Dialogue } = addon();
  try {
    return new Dialogue(capture, { midstates, depth, firstSeq }, wake);
  } catch (error) {
    const message = "No dialogue can begin on this port.";
    throw new DriverError(
      "DIALOGUE_REFUSED",
      message,
      "One at a time, with 1 to 64 jobs waiting: stop the other one first.",
      { depth },
      error,
    );
  }
}

function endOf({ cause, errno }: { readonly cause: "stalled" | "error"; readonly errno: number }): DialogueEnd {
  if (cause === "stalled") return { code: "WRITE_STALLED", message: "The port has taken nothing for a second." };
  const code = getSystemErrorName(-errno);
  return { code, message: `Writing to the port failed with ${code}.` };
}
