/**
 * A chain of BM1387 behind the FPGA of an S9 control board. specs/bm1387.md 4.7
 * A ChipLink over a block of registers; README.md here says how the registers of a real controller are reached.
 */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { type ChipLink, FRAME_STRIDE, type FrameBatch, type LinkCounters, type ResponseLength } from "./chip-link.ts";
import { linkLost } from "./control-port.ts";
import {
  CMD_CTRL,
  CMD_STAT,
  CTRL,
  FPGA,
  type FpgaRegisters,
  fpgaBaud,
  fpgaBaudValue,
  fpgaVersion,
  KNOWN_FPGA,
  WORK_RX_CTRL,
  WORK_RX_STAT,
  WORK_TX_CTRL,
  WORK_TX_STAT,
  workTimeTicks,
} from "./zynq-fpga-registers.ts";
import {
  commandWords,
  type HostFrame,
  type Midstates,
  nextExtendedId,
  nonceFrame,
  replyFrame,
  splitHostFrames,
  workWords,
} from "./zynq-fpga-words.ts";

export interface ZynqFpgaOptions {
  /** Which block this is, for messages: "chain6". */
  readonly path: string;
  readonly registers: FpgaRegisters;
  /** Its nowNs is what time-stamps are made of: CLOCK_MONOTONIC_RAW. */
  readonly clock: Clock;
  readonly baud: number;
  /** Midstates of every job. */
  readonly midstates: Midstates;
  /** The time between two works of the queue, 0.9 x midstates x 2^19 / f (3.6). */
  readonly workPeriodMs: number;
  /** How often the FIFOs are looked at; a frame's time is known to about a third of it. */
  readonly pollMs?: number;
}

const POLL_MS = 1;
const WRITE_DEADLINE_MS = 1000;
const BAUD_TOLERANCE = 0.05;
const BITS_PER_BYTE = 10;
const REPLY_BYTES = 7;
/** The longest frame the core may still be sending when its FIFOs are empty. */
const LONGEST_FRAME_BYTES = 150;

/** Resets and enables the block. FPGA_UNKNOWN when it is not the core we know, BAUD_REFUSED, LINK_LOST when its registers cannot be reached. */
export function openZynqFpga(options: ZynqFpgaOptions): ZynqFpgaLink {
  return new ZynqFpgaLink(options);
}

/** One source of reply words: two make a frame, and the second may come a moment after the first. */
interface ReplyFifo {
  readonly data: number;
  readonly status: number;
  readonly empty: number;
  readonly full: number;
  readonly frame: (first: number, second: number) => Uint8Array;
  first: number | null;
}

export class ZynqFpgaLink implements ChipLink {
  readonly path: string;
  readonly #registers: FpgaRegisters;
  readonly #clock: Clock;
  readonly #midstates: Midstates;
  readonly #pollMs: number;
  readonly #fifos: readonly ReplyFifo[] = [
    { data: FPGA.CMD_RX, status: FPGA.CMD_STAT, empty: CMD_STAT.RX_EMPTY, full: CMD_STAT.RX_FULL, frame: replyFrame, first: null },
    { data: FPGA.WORK_RX, status: FPGA.WORK_RX_STAT, empty: WORK_RX_STAT.EMPTY, full: WORK_RX_STAT.FULL, frame: nonceFrame, first: null },
  ];
  readonly #frameListeners = new Set<(batch: FrameBatch) => void>();
  readonly #lostListeners = new Set<(reason: Error) => void>();
  readonly #ended = new AbortController();
  #dead: Error | null = null;
  #lost: Error | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #baud = 0;
  #extendedId: number | null = null;
  #lookedNs: bigint;
  #frames = 0;
  #overruns = 0;
  #discardedBytes = 0;

  constructor({ path, registers, clock, baud, midstates, workPeriodMs, pollMs = POLL_MS }: ZynqFpgaOptions) {
    this.path = path;
    this.#registers = registers;
    this.#clock = clock;
    this.#midstates = midstates;
    this.#pollMs = pollMs;
    this.#lookedNs = clock.nowNs();
    const word = this.#read(FPGA.VERSION);
    const version = fpgaVersion(word);
    if (version.model !== KNOWN_FPGA.model || version.major !== KNOWN_FPGA.major) throw unknownFpga(path, word);
    const control = Math.log2(midstates) << CTRL.MIDSTATES_SHIFT;
    // Not enabled is the core's reset.
    this.#write(FPGA.CTRL, control | CTRL.CLEAR_ERRORS);
    this.#write(FPGA.CMD_CTRL, CMD_CTRL.RESET_TX | CMD_CTRL.RESET_RX);
    this.#write(FPGA.WORK_RX_CTRL, WORK_RX_CTRL.RESET);
    this.#write(FPGA.WORK_TX_CTRL, WORK_TX_CTRL.RESET);
    this.setWorkPeriodMs(workPeriodMs);
    this.#applyBaud(baud);
    this.#write(FPGA.CTRL, control | CTRL.ENABLE);
    void this.#watch();
  }

  /** The rate the core really runs at. */
  get baud(): number {
    return this.#baud;
  }

  /** To be set again at every change of frequency. RangeError outside 20 ns to 335 ms. */
  setWorkPeriodMs(periodMs: number): void {
    this.#write(FPGA.WORK_TIME, workTimeTicks(periodMs));
  }

  /**
   * Whole commands and jobs. Resolves when they are in the core's FIFOs: commands go out at once, jobs one per work period. FRAME_UNKNOWN with
   * nothing sent; WRITE_TIMEOUT when a FIFO stays full, and then the link dies, because a frame may be torn.
   */
  async write(bytes: Uint8Array, deadlineMs = WRITE_DEADLINE_MS): Promise<bigint> {
    const frames = splitHostFrames(bytes);
    const other = frames.find((frame) => frame.kind === "job" && frame.midstates !== this.#midstates);
    if (other !== undefined) throw otherMidstates(this.path, this.#midstates, other);
    return this.#inTurn(async () => {
      const sinceNs = this.#clock.nowNs();
      for (const frame of frames) await this.#push(frame, sinceNs, deadlineMs);
      return this.#clock.nowNs();
    });
  }

  async #push(frame: HostFrame, sinceNs: bigint, deadlineMs: number): Promise<void> {
    if (frame.kind === "command") {
      for (const word of commandWords(frame)) await this.#pushWord(FPGA.CMD_TX, FPGA.CMD_STAT, CMD_STAT.TX_FULL, word, sinceNs, deadlineMs);
      return;
    }
    this.#extendedId = nextExtendedId(this.#extendedId, frame.jobId);
    for (const word of workWords(frame, this.#extendedId))
      await this.#pushWord(FPGA.WORK_TX, FPGA.WORK_TX_STAT, WORK_TX_STAT.FULL, word, sinceNs, deadlineMs);
  }

  async #pushWord(fifo: number, status: number, full: number, word: number, sinceNs: bigint, deadlineMs: number): Promise<void> {
    await this.#until(() => (this.#read(status) & full) === 0, sinceNs, deadlineMs);
    this.#write(fifo, word);
  }

  /** Besides LINK_LOST: BAUD_REFUSED when the core's divider does not come near, WRITE_TIMEOUT while jobs are still queued. */
  setBaud(baud: number): Promise<void> {
    return this.#inTurn(async () => {
      const isEmpty = () =>
        (this.#read(FPGA.CMD_STAT) & CMD_STAT.TX_EMPTY) !== 0 && (this.#read(FPGA.WORK_TX_STAT) & WORK_TX_STAT.EMPTY) !== 0;
      await this.#until(isEmpty, this.#clock.nowNs(), WRITE_DEADLINE_MS);
      await this.#clock.sleep((LONGEST_FRAME_BYTES * BITS_PER_BYTE * 1000) / this.#baud);
      this.#applyBaud(baud);
    });
  }

  #applyBaud(baud: number): void {
    try {
      const value = fpgaBaudValue(baud);
      const actual = fpgaBaud(value);
      if (Math.abs(actual - baud) > baud * BAUD_TOLERANCE) throw new RangeError(`${actual}`);
      this.#write(FPGA.BAUD, value);
      this.#baud = actual;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const hint = "Choose a rate near 50 MHz / (8 x n): 115740, 1562500 or 3125000.";
      throw new DriverError("BAUD_REFUSED", `The FPGA (${this.path}) cannot run at ${baud} baud.`, hint, { path: this.path, baud });
    }
  }

  /** A BM1387's replies have 7 bytes. */
  setResponseLength(length: ResponseLength): void {
    if (length !== REPLY_BYTES) throw new RangeError(`the FPGA knows replies of ${REPLY_BYTES} bytes, not ${length}`);
  }

  onFrames(listener: (batch: FrameBatch) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  /** A listener added after the loss is called at once. */
  onLost(listener: (reason: Error) => void): () => void {
    if (this.#lost !== null) listener(this.#lost);
    else this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /** `overruns` counts the looks at which a FIFO was full: what the core then dropped is not known. */
  counters(): LinkCounters {
    if (this.#dead === null) this.#discardedBytes = this.#read(FPGA.ERR_COUNTER);
    const bytesRead = this.#frames * REPLY_BYTES + this.#discardedBytes;
    return { bytesRead, frames: this.#frames, discardedBytes: this.#discardedBytes, overruns: this.#overruns };
  }

  /** Takes the core out of service, which empties its FIFOs: no job goes out any more. */
  async close(): Promise<void> {
    if (this.#dead !== null) return;
    this.#kill(linkLost(this.path));
    try {
      this.#registers.write32(FPGA.CTRL, 0);
    } catch {
      // A block that cannot be reached is not in service.
    }
  }

  async #watch(): Promise<void> {
    while (this.#dead === null) {
      await this.#clock.sleep(this.#pollMs, this.#ended.signal).catch(() => {});
      if (this.#dead !== null) return;
      const batch = this.#look();
      if (batch !== null) for (const listener of this.#frameListeners) listener(batch);
    }
  }

  /** What has come since the last look; null when nothing has, or when the block is gone, of which the listeners have then heard. */
  #look(): FrameBatch | null {
    try {
      return this.#collect();
    } catch (error) {
      if (this.#dead === null) throw error;
      return null;
    }
  }

  #collect(): FrameBatch | null {
    const found: Uint8Array[] = [];
    for (const fifo of this.#fifos) {
      let status = this.#read(fifo.status);
      if ((status & fifo.full) !== 0) this.#overruns++;
      for (; (status & fifo.empty) === 0; status = this.#read(fifo.status)) {
        const word = this.#read(fifo.data);
        if (fifo.first === null) {
          fifo.first = word;
          continue;
        }
        found.push(fifo.frame(fifo.first, word));
        fifo.first = null;
      }
    }
    const nowNs = this.#clock.nowNs();
    const batch = found.length === 0 ? null : frameBatch(found, this.#lookedNs, nowNs, this.#baud);
    this.#lookedNs = nowNs;
    this.#frames += found.length;
    return batch;
  }

  async #until(isSo: () => boolean, sinceNs: bigint, deadlineMs: number): Promise<void> {
    while (!isSo()) {
      if (this.#dead !== null) throw this.#dead;
      if (elapsedMs(this.#clock, sinceNs) >= deadlineMs) throw this.#lose(writeTimeout(this.path, deadlineMs));
      await this.#clock.sleep(this.#pollMs, this.#ended.signal).catch(() => {});
    }
    if (this.#dead !== null) throw this.#dead;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#dead !== null) throw this.#dead;
      return work();
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  #read(offset: number): number {
    try {
      return this.#registers.read32(offset) >>> 0;
    } catch (error) {
      throw this.#lose(linkLost(this.path, error instanceof Error ? error : { message: String(error) }));
    }
  }

  #write(offset: number, value: number): void {
    try {
      this.#registers.write32(offset, value);
    } catch (error) {
      throw this.#lose(linkLost(this.path, error instanceof Error ? error : { message: String(error) }));
    }
  }

  #kill(reason: Error): void {
    this.#dead ??= reason;
    this.#ended.abort();
  }

  #lose(reason: DriverError): Error {
    if (this.#dead !== null) return this.#dead;
    this.#kill(reason.code === "LINK_LOST" ? reason : linkLost(this.path, reason));
    this.#lost = reason;
    for (const listener of this.#lostListeners) listener(reason);
    return reason;
  }
}

/** Frames that came between two looks: each is as likely at any moment between them, and its first byte one line time earlier. */
function frameBatch(frames: readonly Uint8Array[], sinceNs: bigint, untilNs: bigint, baud: number): FrameBatch {
  const spanNs = Number(untilNs - sinceNs);
  const lineNs = (REPLY_BYTES * BITS_PER_BYTE * 1e9) / baud;
  const firstByteNs = sinceNs + BigInt(Math.round(spanNs / 2 - lineNs));
  const bytes = new Uint8Array(frames.length * FRAME_STRIDE);
  for (const [i, frame] of frames.entries()) {
    bytes[i * FRAME_STRIDE] = frame.length;
    bytes.set(frame, i * FRAME_STRIDE + 1);
  }
  return {
    count: frames.length,
    tNs: new BigInt64Array(frames.length).fill(firstByteNs),
    sigmaNs: new Uint32Array(frames.length).fill(Math.min(0xffff_ffff, Math.ceil(spanNs / Math.sqrt(12)))),
    bytes,
  };
}

function unknownFpga(path: string, word: number): DriverError {
  const version = `0x${word.toString(16).padStart(8, "0")}`;
  const hint = "This driver knows the open s9-io core, 0x00901xxx: load its bitstream. The stock one speaks otherwise.";
  return new DriverError("FPGA_UNKNOWN", `The FPGA block ${path} calls itself ${version}, which is not known.`, hint, { path, version });
}

function writeTimeout(path: string, deadlineMs: number): DriverError {
  const message = `The FPGA (${path}) did not take or send what was written within ${deadlineMs} ms.`;
  const hint = "Its transmit FIFO stays full: check the work period, and open the link again.";
  return new DriverError("WRITE_TIMEOUT", message, hint, { path, deadlineMs });
}

function otherMidstates(path: string, midstates: number, frame: HostFrame): DriverError {
  const other = frame.kind === "job" ? frame.midstates : 0;
  const message = `The FPGA (${path}) was opened for jobs of ${midstates} midstates, and one of ${other} was to be sent.`;
  return new DriverError("JOB_MIDSTATES", message, "Open the link with the number of midstates the jobs have.", { midstates, other });
}
