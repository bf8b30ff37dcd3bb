/** A chain of chips on a serial port: writes from here, reads in the native capture thread. specs/bm1366.md 1.1, 3.6 */
import { writeSync } from "node:fs";
import type { SerialPort } from "serialport";
import { DriverError } from "../../common/errors.ts";
import {
  type Capture,
  type Dialogue,
  type DialogueOptions,
  monotonicRawNs,
  startCapture,
  startWorkPump,
  type WorkPump,
  type WorkPumpOptions,
} from "../native/index.ts";
import type { ChipLink, FrameBatch, LinkCounters, ResponseLength } from "./chip-link.ts";
import { linkLost } from "./control-port.ts";
import { type LatencyFlag, type LowLatency, requestLowLatency } from "./low-latency.ts";
import { openPort } from "./open-port.ts";
import { deliveryOf, type PortKind, portKind } from "./port-kind.ts";

export interface SerialLinkOptions {
  readonly baud: number;
  readonly onWarning?: (text: string) => void;
  /** What stands behind the port, and the driver's flag: this host's, unless a test brings its own. */
  readonly kindOf?: (path: string) => Promise<PortKind>;
  readonly latencyFlag?: LatencyFlag;
}

const WRITE_DEADLINE_MS = 1000;
/** After the last byte has left the host: what USB and the bridge still hold (3.6: 20 ms is ample). */
const BAUD_SETTLE_MS = 20;
/**
 * A pseudo-terminal has no drain, and changing its rate throws away what the other end has not read yet: leave a twin on a busy
 * machine the time to read.
 */
const PTY_SETTLE_MS = 150;
/** One start bit, eight data bits, one stop bit. */
const BITS_PER_BYTE = 10;
/** What a pseudo-terminal takes before it is full when nobody reads: 15 000 bytes were seen, less with shorter writes. Serial drivers hold a page. */
const PTY_QUEUE_BYTES = 12_288;
/** How long closing waits for a write that the kernel is just taking. */
const CLOSE_GRACE_MS = 50;
/** Chips answer with 9 bytes after reset (1.7). */
const RESPONSE_LENGTH_AFTER_RESET: ResponseLength = 9;

/** Opens the port and starts the capture thread on it. DriverError: see openPort; LINK_LOST when the port goes away meanwhile. */
export async function openSerialLink(path: string, options: SerialLinkOptions): Promise<ChipLink> {
  const { baud, onWarning = () => {}, kindOf = portKind, latencyFlag } = options;
  const port = await openPort(path, baud, onWarning);
  let lowLatency: LowLatency | null = null;
  try {
    const fd = port.port?.fd;
    if (fd === undefined || fd === null) throw linkLost(path);
    const kind = await kindOf(path);
    lowLatency = await requestLowLatency(fd, path, kind, onWarning, latencyFlag);
    return new SerialLink(port, kind, lowLatency, onWarning);
  } catch (error) {
    await lowLatency?.restore();
    await port.port?.close();
    throw error;
  }
}

type Binding = NonNullable<SerialPort["port"]>;

class SerialLink implements ChipLink {
  readonly path: string;
  readonly #binding: Binding;
  readonly #fd: number;
  readonly #capture: Capture;
  readonly #lowLatency: LowLatency;
  readonly #settleMs: number;
  readonly #queueBytes: number | undefined;
  readonly #frameListeners = new Set<(batch: FrameBatch) => void>();
  readonly #byteListeners = new Set<(batch: FrameBatch) => void>();
  readonly #pumps = new Set<WorkPump>();
  #dialogue: Dialogue | null = null;
  readonly #lostListeners = new Set<(reason: Error) => void>();
  /** Reject what is pending when the link dies. */
  readonly #pending = new Set<(reason: Error) => void>();
  #dead: Error | null = null;
  /** Why the port went away by itself; null when it did not. */
  #lost: Error | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** What serialport is busy writing. */
  #writing: Promise<unknown> = Promise.resolve();
  #baud: number;
  /** When the last byte written so far has left the line, ns. */
  #lineFreeNs = 0n;
  #closing: Promise<void> | null = null;

  constructor(port: SerialPort, kind: PortKind, lowLatency: LowLatency, onWarning: (text: string) => void) {
    const binding = port.port;
    if (binding === undefined || binding.fd === null) throw linkLost(port.path);
    this.path = port.path;
    this.#binding = binding;
    this.#fd = binding.fd;
    this.#baud = port.baudRate;
    this.#lowLatency = lowLatency;
    this.#queueBytes = kind.kind === "pseudo-terminal" ? PTY_QUEUE_BYTES : undefined;
    this.#settleMs = kind.kind === "pseudo-terminal" ? PTY_SETTLE_MS : BAUD_SETTLE_MS;
    this.#capture = startCapture(this.#fd, {
      baud: this.#baud,
      responseLength: RESPONSE_LENGTH_AFTER_RESET,
      delivery: deliveryOf(kind, lowLatency.timerMs),
      onFrames: (batch) => {
        for (const listener of this.#frameListeners) listener(batch);
      },
      onBytes: (batch) => {
        for (const listener of this.#byteListeners) listener(batch);
      },
      onEnd: (end) => this.#lose(end),
    });
    if (!this.#capture.realtime)
      onWarning(`${this.path}: the capture thread has no real-time priority; time-stamps are less exact on a busy machine`);
  }

  get baud(): number {
    return this.#baud;
  }

  /** Writes go out in the order of the calls. One that missed its deadline before it began is never sent; one that began leaves a torn frame, so the link dies with it. */
  async write(bytes: Uint8Array, deadlineMs = WRITE_DEADLINE_MS): Promise<bigint> {
    const write = { begun: false, expired: false };
    const done = this.#inTurn(async () => {
      if (write.expired) return 0n;
      write.begun = true;
      return this.#send(bytes);
    });
    const timeout = writeTimeout(this.path, bytes.length, deadlineMs);
    return before(deadlineMs, done, timeout, () => {
      write.expired = true;
      if (write.begun) this.#lose(timeout);
    });
  }

  /** Besides LINK_LOST: BAUD_REFUSED when the port cannot run at this rate, WRITE_TIMEOUT when what was written does not leave. */
  async setBaud(baud: number): Promise<void> {
    await this.#inTurn(async () => {
      const timeout = writeTimeout(this.path, 0, WRITE_DEADLINE_MS);
      const drained = this.#unlessLost(this.#binding.drain());
      await before(WRITE_DEADLINE_MS, drained, timeout, () => this.#lose(timeout));
      const freeNs = [...this.#pumps].reduce((latest, { lineFreeNs }) => (lineFreeNs > latest ? lineFreeNs : latest), this.#lineFreeNs);
      const lineMs = Math.max(0, Number(freeNs - monotonicRawNs()) / 1e6);
      await this.#alive(new Promise((resolve) => setTimeout(resolve, Math.ceil(lineMs) + this.#settleMs)));
      await this.#unlessLost(changeRate(this.#binding, this.path, baud));
      this.#capture.setBaud(baud);
      this.#baud = baud;
      for (const pump of this.#pumps) pump.setBaud(baud);
    });
  }

  setResponseLength(length: ResponseLength): void {
    if (this.#dead !== null) throw this.#dead;
    this.#capture.setResponseLength(length);
  }

  onFrames(listener: (batch: FrameBatch) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  onBytes(listener: (batch: FrameBatch) => void): () => void {
    this.#byteListeners.add(listener);
    this.#capture.keepStrays();
    return () => this.#byteListeners.delete(listener);
  }

  /** A listener added after the loss is called at once. */
  onLost(listener: (reason: Error) => void): () => void {
    if (this.#lost !== null) listener(this.#lost);
    else this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  counters(): LinkCounters {
    return this.#capture.counters();
  }

  startWorkPump(options: Omit<WorkPumpOptions, "baud">): WorkPump {
    if (this.#dead !== null) throw this.#dead;
    const pump = startWorkPump(this.#fd, {
      ...(this.#queueBytes === undefined ? {} : { queueBytes: this.#queueBytes }),
      ...options,
      baud: this.#baud,
      onEnd: (end) => {
        options.onEnd(end);
        this.#lose(end);
      },
    });
    this.#pumps.add(pump);
    return pump;
  }

  startDialogue(options: DialogueOptions): Dialogue {
    if (this.#dead !== null) throw this.#dead;
    const dialogue = this.#capture.startDialogue({
      ...options,
      onEnd: (end) => {
        options.onEnd(end);
        this.#lose(end);
      },
    });
    this.#dialogue = dialogue;
    return dialogue;
  }

  close(): Promise<void> {
    this.#kill(linkLost(this.path));
    this.#closing ??= this.#release();
    return this.#closing;
  }

  /** Hands the bytes to the kernel here and now, so that the time is theirs; serialport waits only when the kernel will not take all. */
  async #send(bytes: Uint8Array): Promise<bigint> {
    await this.#betweenFrames();
    const taken = this.#sendNow(bytes);
    if (taken < bytes.length) {
      this.#writing = this.#binding.write(Buffer.from(bytes.subarray(taken)));
      await this.#unlessLost(this.#writing);
    }
    const sentNs = monotonicRawNs();
    for (const pump of this.#pumps) pump.wroteBeside(bytes.length, sentNs);
    if (this.#lineFreeNs < sentNs) this.#lineFreeNs = sentNs;
    this.#lineFreeNs += BigInt(Math.ceil((bytes.length * BITS_PER_BYTE * 1e9) / this.#baud));
    return sentNs;
  }

  /** A port that is full (an adapter that stalls) has part of a job, for as long as it is: chips would lose that job and these bytes. */
  async #betweenFrames(): Promise<void> {
    while ([...this.#pumps].some(({ midFrame }) => midFrame)) {
      if (this.#dead !== null) throw this.#dead;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** The port is non-blocking. How many bytes the kernel took, perhaps none. */
  #sendNow(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      if (cause.code === "EAGAIN" || cause.code === "EINTR") return 0;
      throw this.#lose(cause);
    }
  }

  /** Runs when all earlier work has ended; rejects LINK_LOST once the link is dead. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#dead !== null) throw this.#dead;
      return this.#alive(work());
    });
    this.#turn = result.catch(() => {});
    return this.#alive(result);
  }

  /** What serialport does for us: an error of its own means that the port is gone. */
  #unlessLost<T>(work: Promise<T>): Promise<T> {
    return this.#alive(work).catch((error: Error) => {
      throw error instanceof DriverError ? error : this.#lose(error);
    });
  }

  /** The work's result, or LINK_LOST as soon as the link dies. */
  #alive<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#dead !== null) reject(this.#dead);
      this.#pending.add(reject);
      work.then(resolve, reject).finally(() => this.#pending.delete(reject));
    });
  }

  #kill(reason: Error): void {
    if (this.#dead !== null) return;
    this.#dead = reason;
    for (const reject of this.#pending) reject(reason);
  }

  /** The port went away by itself: everything pending fails, listeners hear of it, the descriptor is given back. Returns the reason. */
  #lose(cause: { readonly message: string }): Error {
    if (this.#dead !== null) return this.#dead;
    const reason = cause instanceof DriverError ? cause : linkLost(this.path, cause);
    this.#kill(reason.code === "LINK_LOST" ? reason : linkLost(this.path, reason));
    this.#lost = reason;
    for (const listener of this.#lostListeners) listener(reason);
    this.close().catch(() => {});
    return reason;
  }

  /** The threads first: the descriptor's number may be another file's a moment after it is closed. */
  async #release(): Promise<void> {
    for (const pump of this.#pumps) pump.stop();
    this.#dialogue?.stop();
    this.#capture.stop();
    await Promise.race([this.#writing.catch(() => {}), new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS))]);
    await this.#lowLatency.restore();
    await this.#binding.close();
  }
}

/** Rates further off than this lose bytes: a frame of ten bits tolerates about half a bit. */
const BAUD_TOLERANCE = 0.03;

/** DriverError BAUD_REFUSED; serialport's own error when the port does not even say at which rate it runs. */
async function changeRate(binding: Binding, path: string, baud: number): Promise<void> {
  // A rate of 0 would be set: it hangs the line up.
  if (!(Number.isInteger(baud) && baud > 0)) throw baudRefused(path, baud, null);
  const refusal = await binding.update({ baudRate: baud }).then(
    () => null,
    (error: Error) => error,
  );
  const { baudRate } = await binding.getBaudRate();
  if (refusal === null && Math.abs(baudRate - baud) <= baud * BAUD_TOLERANCE) return;
  throw baudRefused(path, baud, refusal);
}

function baudRefused(path: string, baud: number, cause: Error | null): DriverError {
  const hint = "Configure a rate this adapter supports: 115200 always works.";
  return new DriverError("BAUD_REFUSED", `${path} cannot run at ${baud} baud.`, hint, { path, baud }, cause ?? undefined);
}

/** The work's result, or `timeout` after `deadlineMs`; `onTimeout` runs when the rejection is already under way. */
async function before<T>(deadlineMs: number, work: Promise<T>, timeout: Error, onTimeout: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(timeout);
      onTimeout();
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function writeTimeout(path: string, bytes: number, deadlineMs: number): DriverError {
  const message = `${path} did not take ${bytes} bytes within ${deadlineMs} ms.`;
  return new DriverError("WRITE_TIMEOUT", message, "The other end has stopped reading: unplug the board and plug it in again.", {
    path,
    bytes,
    deadlineMs,
  });
}
