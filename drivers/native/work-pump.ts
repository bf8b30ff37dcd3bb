/** Feeds a chain of chips with work from a native thread (drivers/native/work_pump.h), whatever this thread does in the meantime. */
import { getSystemErrorName } from "node:util";
import type { HeaderFields } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import {
  addon,
  type NativeJobs,
  type NativePumpEnd,
  type NativePumpOptions,
  type NativeTemplate,
  type NativeWorkPump,
  type PumpCounters,
} from "./addon.ts";

/** What a pool's mining.notify leaves open is extranonce2, and the version bits under the mask. Hashes in internal order. */
export interface WorkTemplate {
  readonly version: number;
  /** Bits a host may roll: BM1387 jobs of n midstates need log2(n) of them. specs/bm1387.md 1.6 */
  readonly versionMask: number;
  readonly prevHash: Uint8Array;
  readonly ntime: number;
  readonly nbits: number;
  /** The coinbase up to extranonce2: coinb1 and extranonce1. */
  readonly coinbasePrefix: Uint8Array;
  /** Its length, 1 to 8. It is a counter, most significant byte first; when it has come round, ntime goes on by one second. */
  readonly extranonce2Bytes: number;
  /** The coinbase after extranonce2: coinb2. */
  readonly coinbaseSuffix: Uint8Array;
  readonly branches: readonly Uint8Array[];
}

/**
 * Jobs as columns, oldest first (jobsUnder: newest first). A job that is not settled is being written at this moment: its times are those
 * of the beginning. `versions`: one per midstate, in order of the index that a chip adds to the job id; the midstate count is
 * `versions.length / count`. lineEndNs: when the frame's last stop bit leaves the line, as far as its rate tells; that is t_job of
 * specs/bm1387.md 11. generation: which template it was made of, counted from 0.
 */
export type PumpedJobs = NativeJobs;

export type { PumpCounters } from "./addon.ts";

/** Why a pump ended by itself: HUNG_UP, WRITE_STALLED, JOBS_EXHAUSTED, or the system's error name (EIO, ENXIO, ...). */
export interface PumpEnd {
  readonly code: string;
  readonly message: string;
}

/** A job's frame as it was written. */
export interface SentFrame {
  /** CLOCK_MONOTONIC_RAW when the kernel had all of it. */
  readonly tNs: bigint;
  readonly bytes: Uint8Array;
}

export interface WorkPumpOptions {
  /** BM1387: jobs of 1, 2 or 4 midstates. BM1366: "full-header". */
  readonly format: 1 | 2 | 4 | "full-header";
  /** The line's rate, bit/s. */
  readonly baud: number;
  /** Time between two jobs, ns. BM1387: 0.9 x midstates x 2^19 / f at most. specs/bm1387.md 3.6 */
  readonly periodNs: number;
  /** For how long a job occupies the chips, ns; the period / 0.9 when not given. What underruns and shares are counted by. */
  readonly workNs?: number;
  /**
   * How much the line has to send at any time, ns, 1 s at most: jobs are written ahead and leave at the line's rate, so that no hold-up of this
   * host shorter than this is seen by the chips (drivers/native/work_pump.h). The period is then the line's own. 0, or not given: a job leaves at
   * its deadline.
   */
  readonly leadNs?: number;
  /** What the port's driver can hold, bytes; bounds the lead. 4096 unless given, the least there is. */
  readonly queueBytes?: number;
  readonly template: WorkTemplate;
  /** Number of the first job; ids on the wire follow from the numbers. */
  readonly firstSeq?: number;
  /** Where extranonce2 starts to count; boards that share a template's coinbase must not share values of it. */
  readonly firstExtranonce2?: bigint;
  /** Jobs that were begun or settled since the last call; one that was not settled comes again. Called about ten times a second, and from drain(). */
  onJobs(jobs: PumpedJobs): void;
  /** `jobs` were overwritten before this thread took them; they are lost for the record. */
  onOverrun?(jobs: number): void;
  /** The frames that were written, for the wire trace; `dropped` more did not fit among the last 4096 between two calls. Called ahead of onJobs. */
  onFrames?(frames: readonly SentFrame[], dropped: number): void;
  /** The lease ran out: nothing is written until renew(). */
  onLeaseExpired(): void;
  /** Called once, after the last jobs, when the pump ended by itself; it has then stopped. */
  onEnd(end: PumpEnd): void;
}

export interface WorkPump {
  /** Lets the pump write until `ttlMs` from now, at most 60 000; 0 ends the lease. Before the first call nothing is written. */
  renew(ttlMs: number): void;
  readonly leased: boolean;
  /** For the next job that is written. Returns the template's generation. */
  updateTemplate(template: WorkTemplate): number;
  /** Counts from the last job on. `workNs` as in the options. */
  setPeriodNs(periodNs: number, workNs?: number): void;
  /** Does not touch the port: what was written should have left before (lineFreeNs). */
  setBaud(baud: number): void;
  /** Somebody else wrote to the port, so that jobs after it leave later: how many bytes, and when the kernel had them. */
  wroteBeside(bytes: number, tNs: bigint): void;
  /** CLOCK_MONOTONIC_RAW when the line will have sent all that was written. */
  readonly lineFreeNs: bigint;
  /** Hands what onFrames and onJobs have not seen yet to them, now: to be called before a batch of frames is correlated. */
  drain(): void;
  /** The jobs from number `jobSeq` on, as far as they are among the last 8192. Takes nothing from onJobs. */
  jobsSince(jobSeq: number): PumpedJobs;
  /** The last eight jobs under an id of the wire, newest first: those a late nonce may belong to, and ahead of them those that have not left yet. */
  jobsUnder(wireId: number): PumpedJobs;
  counters(): PumpCounters;
  /** The port has perhaps only part of the newest job: what is written now could stand in the middle of it. */
  readonly midFrame: boolean;
  /** Whether the thread runs under SCHED_FIFO. */
  readonly realtime: boolean;
  /** Ends the thread, releases its copy of the descriptor and hands the last jobs to onJobs. May be called again. */
  stop(): void;
}

const BITS_PER_BYTE = 10;
const LONGEST_PERIOD_NS = 1e12;
const LONGEST_LEASE_MS = 60_000;
const LONGEST_LEAD_NS = 1e9;
const LEAST_QUEUE_BYTES = 4096;
const LARGEST_QUEUE_BYTES = 2 ** 20;
const LARGEST_COINBASE = 65_536;
const MOST_BRANCHES = 64;
const UINT32_END = 2 ** 32;
/** Between two reports (0.1 s) there are 290 at the most; this many last for 1.4 seconds of a blocked thread. */
const TRACED_FRAMES = 4096;
/** specs/bm1387.md 3.6 */
const PERIOD_SHARE = 0.9;

/** Bytes of a job frame. specs/bm1387.md 1.6, specs/bm1366.md 1.4 */
export function jobFrameBytes(format: WorkPumpOptions["format"]): number {
  return format === "full-header" ? 88 : 22 + 32 * format;
}

/**
 * Starts a pump on an open serial descriptor, which is duplicated and made non-blocking. Writes of others go between its frames as long as
 * the port has room. Keeps the process alive until stop() or onEnd.
 *
 * DriverError BAD_TEMPLATE, BAD_PERIOD, BAD_LEAD, BAD_BAUD, LINE_TOO_SLOW, or PUMP_REFUSED when the system does not let it start.
 */
export function startWorkPump(fd: number, options: WorkPumpOptions): WorkPump {
  const { format, firstSeq = 0, firstExtranonce2 = 0n, queueBytes = LEAST_QUEUE_BYTES } = options;
  const midstates = format === "full-header" ? 0 : format;
  let baud = checkedBaud(options.baud);
  let periodNs = checkedPeriod(options.periodNs);
  const workNs = checkedPeriod(options.workNs ?? workOf(periodNs));
  const leadNs = checkedLead(options.leadNs ?? 0, queueBytes);
  checkLine(format, periodNs, baud);
  if (!isUint32(firstSeq) || BigInt.asUintN(64, firstExtranonce2) !== firstExtranonce2)
    throw new DriverError("BAD_TEMPLATE", "Jobs cannot be counted from there.", "firstSeq has 32 bits, firstExtranonce2 64.", { firstSeq });
  const template = nativeTemplate(options.template, midstates);
  const traceFrames = options.onFrames ? TRACED_FRAMES : 0;
  const native = startNative(
    fd,
    { midstates, baud, periodNs, workNs, leadNs, queueBytes, traceFrames, firstSeq, firstExtranonce2, template },
    wake,
  );
  let stopped = false;
  let nextSeq = firstSeq;
  let expiriesSeen = 0;

  function wake() {
    try {
      report();
    } catch (error) {
      // Node 20 drops what a native callback throws (DEP0168). A listener's mistake must be seen like any other.
      setImmediate(() => {
        throw error;
      });
    }
  }

  function report() {
    if (stopped) return;
    // Before the jobs are taken: none is begun after an end.
    const end = native.seen();
    try {
      drain();
      const { leaseExpiries } = native.counters();
      const expired = leaseExpiries > expiriesSeen;
      expiriesSeen = leaseExpiries;
      if (expired && !stopped) options.onLeaseExpired();
    } finally {
      if (end !== null && !stopped) {
        stop();
        options.onEnd(endOf(end));
      }
    }
  }

  function drain() {
    if (options.onFrames) reportFrames(options.onFrames);
    const jobs = native.jobsSince(nextSeq);
    if (jobs.count === 0) return;
    const last = jobs.count - 1;
    const end = (jobs.jobSeq[last] ?? 0) + 1;
    // The pump may overwrite jobs before and while they are being read: those that are missing are lost, wherever they were.
    const lost = end - nextSeq - jobs.count;
    nextSeq = end - 1 + (jobs.settled[last] ?? 0);
    if (lost > 0) options.onOverrun?.(lost);
    options.onJobs(jobs);
  }

  function reportFrames(onFrames: NonNullable<WorkPumpOptions["onFrames"]>) {
    const { count, tNs, bytes, dropped } = native.takeFrames();
    if (count === 0 && dropped === 0) return;
    const length = jobFrameBytes(format);
    const frames = Array.from(tNs, (t, i) => ({ tNs: t, bytes: bytes.subarray(i * length, (i + 1) * length) }));
    onFrames(frames, dropped);
  }

  function stop() {
    if (stopped) return;
    stopped = true;
    native.stop();
    drain();
  }

  return {
    renew: (ttlMs) => native.renew(checkedLease(ttlMs)),
    get leased() {
      return native.leased;
    },
    updateTemplate: (next) => native.update(nativeTemplate(next, midstates)),
    setPeriodNs: (next, work = workOf(next)) => {
      checkLine(format, checkedPeriod(next), baud);
      native.setPeriodNs(next, checkedPeriod(work));
      periodNs = next;
    },
    setBaud: (next) => {
      if (stopped) return;
      checkLine(format, periodNs, checkedBaud(next));
      native.setBaud(next);
      baud = next;
    },
    wroteBeside: (bytes, tNs) => {
      if (!stopped) native.wroteBeside(bytes, tNs);
    },
    get lineFreeNs() {
      return native.lineFreeNs;
    },
    drain,
    jobsSince: (jobSeq) => native.jobsSince(jobSeq),
    jobsUnder: (wireId) => native.jobsUnder(wireId),
    counters: () => native.counters(),
    get midFrame() {
      if (stopped) return false;
      const { settled, count } = native.jobsSince(firstSeq + native.counters().jobs);
      return count > 0 && settled[count - 1] === 0;
    },
    realtime: native.realtime,
    stop,
  };
}

/** The header a chip hashes for one midstate of a job, less the nonce. */
export function headerOf(jobs: PumpedJobs, row: number, midstate = 0): HeaderFields {
  const perJob = jobs.versions.length / jobs.count;
  return {
    version: jobs.versions[row * perJob + midstate] ?? 0,
    prevHash: jobs.prevHash.slice(row * 32, (row + 1) * 32),
    merkleRoot: jobs.merkleRoot.slice(row * 32, (row + 1) * 32),
    ntime: jobs.ntime[row] ?? 0,
    nbits: jobs.nbits[row] ?? 0,
  };
}

const workOf = (periodNs: number): number => Math.ceil(periodNs / PERIOD_SHARE);

const isUint32 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < UINT32_END;

function checkedBaud(baud: number): number {
  if (isUint32(baud) && baud > 0) return baud;
  throw new DriverError("BAD_BAUD", `${baud} is not a line rate.`, "Give a positive whole number of bits per second.", { baud });
}

function checkedPeriod(periodNs: number): number {
  if (Number.isInteger(periodNs) && periodNs > 0 && periodNs <= LONGEST_PERIOD_NS) return periodNs;
  throw new DriverError("BAD_PERIOD", `${periodNs} ns is no time between jobs.`, "Give whole nanoseconds, 1000 s at most.", { periodNs });
}

function checkedLead(leadNs: number, queueBytes: number): number {
  const whole = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
  if (whole(leadNs, LONGEST_LEAD_NS) && whole(queueBytes, LARGEST_QUEUE_BYTES)) return leadNs;
  throw new DriverError(
    "BAD_LEAD",
    `Work cannot be written ${leadNs} ns ahead to a port that holds ${queueBytes} bytes.`,
    `Give whole nanoseconds, ${LONGEST_LEAD_NS} at most, and bytes, ${LARGEST_QUEUE_BYTES} at most.`,
    { leadNs, queueBytes },
  );
}

function checkedLease(ttlMs: number): number {
  if (Number.isInteger(ttlMs) && ttlMs >= 0 && ttlMs <= LONGEST_LEASE_MS) return ttlMs;
  throw new DriverError("BAD_LEASE", `A lease cannot last ${ttlMs} ms.`, `Give whole milliseconds, ${LONGEST_LEASE_MS} at most.`, {
    ttlMs,
  });
}

/** specs/bm1387.md 3.1: 115200 baud is for bring-up only. */
function checkLine(format: WorkPumpOptions["format"], periodNs: number, baud: number): void {
  const frameNs = (jobFrameBytes(format) * BITS_PER_BYTE * 1e9) / baud;
  if (frameNs <= periodNs) return;
  throw new DriverError(
    "LINE_TOO_SLOW",
    `A job takes ${Math.round(frameNs / 1000)} us at ${baud} baud, and the next is due after ${Math.round(periodNs / 1000)} us.`,
    "Raise the line's rate, use more midstates, or lower the frequency.",
    { baud, periodNs, frameNs },
  );
}

function nativeTemplate(template: WorkTemplate, midstates: number): NativeTemplate {
  const { version, versionMask, prevHash, ntime, nbits, coinbasePrefix, extranonce2Bytes, coinbaseSuffix, branches } = template;
  const refuse = (what: string): never => {
    throw new DriverError("BAD_TEMPLATE", `No work can be made of this template: ${what}.`, "Check what the pool sent.");
  };
  for (const [name, word] of Object.entries({ version, versionMask, ntime, nbits }))
    if (!isUint32(word)) refuse(`${name} is not a 32-bit number`);
  if (prevHash.length !== 32) refuse("prevHash is not 32 bytes");
  if (branches.some(({ length }) => length !== 32) || branches.length > MOST_BRANCHES)
    refuse("a merkle branch is not 32 bytes, or there are too many");
  if (!Number.isInteger(extranonce2Bytes) || extranonce2Bytes < 1 || extranonce2Bytes > 8) refuse("extranonce2 is not 1 to 8 bytes");
  if (2 ** bitsSet(versionMask) < midstates) refuse(`its version mask has no room for ${midstates} midstates`);
  const coinbase = new Uint8Array(coinbasePrefix.length + extranonce2Bytes + coinbaseSuffix.length);
  if (coinbase.length > LARGEST_COINBASE) refuse("its coinbase is too long");
  coinbase.set(coinbasePrefix);
  coinbase.set(coinbaseSuffix, coinbasePrefix.length + extranonce2Bytes);
  return {
    version,
    versionMask,
    prevHash,
    ntime,
    nbits,
    coinbase,
    extranonce2At: coinbasePrefix.length,
    extranonce2Bytes,
    branches: Uint8Array.from(branches.flatMap((branch) => [...branch])),
  };
}

function bitsSet(mask: number): number {
  let bits = 0;
  for (let left = mask; left !== 0; left &= left - 1) bits++;
  return bits;
}

function endOf({ cause, errno }: NativePumpEnd): PumpEnd {
  if (cause === "hung-up") return { code: "HUNG_UP", message: "The port was hung up." };
  if (cause === "stalled") return { code: "WRITE_STALLED", message: "The port has taken nothing for a second." };
  if (cause === "exhausted") return { code: "JOBS_EXHAUSTED", message: "All job numbers of this run are used." };
  const code = getSystemErrorName(-errno);
  return { code, message: `Writing to the port failed with ${code}.` };
}

function startNative(fd: number, options: NativePumpOptions, wake: () => void): NativeWorkPump {
  const { WorkPump } = addon();
  try {
    return new WorkPump(Number.isInteger(fd) && fd >= 0 && fd <= 0x7fff_ffff ? fd : -1, options, wake);
  } catch (error) {
    const errno = error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : 0;
    const name = errno > 0 ? getSystemErrorName(-errno) : String(error);
    const hint = name === "EBADF" ? "Open the port first, and pass its descriptor." : "Check the process's limits on files and threads.";
    throw new DriverError("PUMP_REFUSED", `Work cannot be written to descriptor ${fd}: ${name}.`, hint, { fd, errno }, error);
  }
}
