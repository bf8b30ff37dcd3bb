/** The wire to a chain of chips, in memory: what serial-link.ts is on a host, with the virtual line's own times. */
import { DriverError } from "../../common/errors.ts";
import type { WorkPump, WorkPumpOptions } from "../../drivers/native/index.ts";
import type { ChipLink, FrameBatch, LinkCounters, ResponseLength } from "../../drivers/transport/chip-link.ts";
import { linkLost } from "../../drivers/transport/control-port.ts";
import { LineScanner } from "./line-scanner.ts";
import type { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { VirtualWorkPump } from "./virtual-work-pump.ts";

const BITS_PER_BYTE = 10;
/** What USB and the bridge still hold when the last byte has left the host (specs/bm1366.md 3.6: 20 ms is ample). */
const BAUD_SETTLE_MS = 20;
/** The capture thread hears of a hang-up at once, and its process in the event loop's next round. */
const HANG_UP_NS = 1e6;

export interface DataWire {
  readonly process: VirtualProcess;
  readonly time: VirtualTime;
  readonly clocks: VirtualHostClocks;
  send(bytes: Uint8Array): void;
  setBaud(baud: number): void;
}

export class VirtualLink implements ChipLink {
  readonly path: string;
  readonly process: VirtualProcess;
  readonly #wire: DataWire;
  readonly #scanner: LineScanner;
  readonly #frameListeners = new Set<(batch: FrameBatch) => void>();
  readonly #lostListeners = new Set<(reason: Error) => void>();
  readonly #pumps = new Set<VirtualWorkPump>();
  #baud: number;
  #lineFreeNs = 0;
  #dead: Error | null = null;
  #lost: Error | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, baud: number, wire: DataWire) {
    this.path = path;
    this.process = wire.process;
    this.#baud = baud;
    this.#wire = wire;
    this.#scanner = new LineScanner(9, (virtualNs) => wire.clocks.nsOf(virtualNs));
    // The threads of a process end with it.
    wire.process.onEnd(() => this.#stop(linkLost(path)));
  }

  get baud(): number {
    return this.#baud;
  }

  write(bytes: Uint8Array): Promise<bigint> {
    return this.#inTurn(async () => this.#sendNow(bytes));
  }

  setBaud(baud: number): Promise<void> {
    return this.#inTurn(async () => {
      const lineMs = Math.max(0, this.#lineFreeNs - this.#wire.time.nowNs) / 1e6;
      await this.process.sleep(Math.ceil(lineMs) + BAUD_SETTLE_MS);
      if (this.#dead !== null) throw this.#dead;
      this.#wire.setBaud(baud);
      this.#baud = baud;
      for (const pump of this.#pumps) pump.setBaud(baud);
    });
  }

  setResponseLength(length: ResponseLength): void {
    if (this.#dead !== null) throw this.#dead;
    this.#scanner.setLength(length);
  }

  onFrames(listener: (batch: FrameBatch) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  onLost(listener: (reason: Error) => void): () => void {
    if (this.#lost !== null) listener(this.#lost);
    else this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  counters(): LinkCounters {
    return this.#scanner.counters();
  }

  startWorkPump(options: Omit<WorkPumpOptions, "baud">): WorkPump {
    if (this.#dead !== null) throw this.#dead;
    if (options.format === "full-header")
      throw new DriverError("PUMP_REFUSED", "The virtual pump has midstate jobs only.", "Send full headers from the chain.");
    const { process, time, clocks } = this.#wire;
    const pump = new VirtualWorkPump(
      { ...options, format: options.format, baud: this.#baud },
      { process, time, clocks, send: (frame) => this.#sendNow(frame) },
    );
    this.#pumps.add(pump);
    return pump;
  }

  async close(): Promise<void> {
    this.#stop(linkLost(this.path));
  }

  arrived(bytes: Uint8Array, timesNs: readonly number[]): void {
    if (this.#dead !== null) return;
    const batch = this.#scanner.take(bytes, timesNs);
    if (batch !== null) for (const listener of this.#frameListeners) listener(batch);
  }

  hangUp(): void {
    this.process.soon("io", HANG_UP_NS, () => {
      if (this.#dead !== null) return;
      const reason = linkLost(this.path, { message: "the port was hung up" });
      this.#stop(reason);
      this.#lost = reason;
      for (const listener of this.#lostListeners) listener(reason);
    });
  }

  #stop(reason: Error): void {
    this.#dead ??= reason;
    for (const pump of this.#pumps) pump.stop();
  }

  #sendNow(bytes: Uint8Array): bigint {
    if (this.#dead !== null) throw this.#dead;
    const { time, clocks } = this.#wire;
    this.#wire.send(bytes);
    this.#lineFreeNs = Math.max(this.#lineFreeNs, time.nowNs) + (bytes.length * BITS_PER_BYTE * 1e9) / this.#baud;
    return clocks.nowNs();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#dead !== null) throw this.#dead;
      return work();
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}
