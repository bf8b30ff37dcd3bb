/** A client of the dashboard's WebSocket in memory: reads as fast as it is told to, and watches that what it hears is in order. */
import type { ViewerSocket } from "../../telemetry/api/viewers.ts";
import type { VirtualProcess } from "./virtual-process.ts";

const OPEN = 1;
const CLOSED = 3;
/** How often a reader that does not keep up takes something, ns. */
const READ_EVERY_NS = 20e6;
const ROUND_TRIP_NS = 2e6;

type Event = "pong" | "message" | "error" | "close";

interface Waiting {
  left: number;
  readonly taken: () => void;
}

export class VirtualViewer implements ViewerSocket {
  readyState = OPEN;
  bufferedAmount = 0;
  /** null reads everything at once. */
  bytesPerS: number | null = null;
  /** Gone without a word: nothing is read, nothing answered, and the host does not know. */
  halfOpen = false;
  /** What it saw that no client may see; null while all was in order. */
  complaint: string | null = null;
  messages = 0;
  readonly #process: VirtualProcess;
  readonly #listeners: { event: Event; listener: () => void }[] = [];
  #waiting: Waiting[] = [];
  #reading = false;
  #seq: number | null = null;

  constructor(process: VirtualProcess) {
    this.#process = process;
  }

  on(event: Event, listener: () => void): void {
    this.#listeners.push({ event, listener });
  }

  send(message: string | Uint8Array, taken: () => void): void {
    if (this.readyState !== OPEN) return;
    if (typeof message === "string" && !this.halfOpen) this.#hear(message);
    this.bufferedAmount += message.length;
    this.#waiting.push({ left: message.length, taken });
    if (!this.#reading) this.#readOn();
  }

  ping(): void {
    if (!this.halfOpen) this.#process.soon("io", ROUND_TRIP_NS, () => this.#emit("pong"));
  }

  close(): void {
    if (!this.halfOpen) this.#process.soon("io", ROUND_TRIP_NS, () => this.#end());
  }

  terminate(): void {
    this.#process.soon("io", 0, () => this.#end());
  }

  #hear(message: string): void {
    this.messages++;
    const { type, seq } = JSON.parse(message) as { type: string; seq?: number };
    if (type === "update" && this.#seq === null) this.complaint ??= "an update before the first snapshot";
    else if (type === "update" && seq !== (this.#seq as number) + 1) this.complaint ??= `update ${seq} after ${this.#seq}`;
    this.#seq = seq ?? this.#seq;
  }

  #readOn(): void {
    this.#reading = true;
    this.#process.soon("io", this.bytesPerS === null ? ROUND_TRIP_NS : READ_EVERY_NS, () => {
      this.#reading = false;
      if (this.readyState !== OPEN) return;
      if (!this.halfOpen) this.#read(this.bytesPerS === null ? Number.POSITIVE_INFINITY : (this.bytesPerS * READ_EVERY_NS) / 1e9);
      if (this.#waiting.length > 0) this.#readOn();
    });
  }

  #read(budget: number): void {
    let left = budget;
    for (let first = this.#waiting[0]; first !== undefined && left > 0; first = this.#waiting[0]) {
      const taken = Math.min(first.left, left);
      first.left -= taken;
      left -= taken;
      this.bufferedAmount -= taken;
      if (first.left > 0) return;
      this.#waiting.shift();
      first.taken();
    }
  }

  #end(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#waiting = [];
    this.#emit("close");
  }

  #emit(event: Event): void {
    for (const entry of this.#listeners) if (entry.event === event) entry.listener();
  }
}
