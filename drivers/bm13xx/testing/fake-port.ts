import type { Clock } from "../../../common/clock.ts";
import { DriverError } from "../../../common/errors.ts";
import type { ChipLink, FrameBatch, ResponseLength } from "../../transport/chip-link.ts";
import { frameBatch } from "./frame-batch.ts";

/** A port with chips behind it, which understand what is written at their own rate; what they are is the subclass's. */
export abstract class FakePort implements ChipLink {
  readonly path = "fake";
  baud = 9600;
  responseLength: ResponseLength = "either";
  discardedBytes = 0;
  lost: Error | null = null;
  closed = false;
  readonly written: string[] = [];
  beforeWriteEnds: () => void = () => undefined;
  protected chipBaud: number;
  protected readonly clock: Clock;
  readonly #frames = new Set<(batch: FrameBatch) => void>();
  readonly #onLost = new Set<(reason: Error) => void>();

  constructor(clock: Clock, chipBaud: number) {
    this.clock = clock;
    this.chipBaud = chipBaud;
  }

  /** A host frame, at the rate the chips listen at. */
  protected abstract command(bytes: Uint8Array): void;

  async write(bytes: Uint8Array): Promise<bigint> {
    if (this.lost) throw this.lost;
    this.written.push(Buffer.from(bytes).toString("hex"));
    if (Math.abs(this.baud / this.chipBaud - 1) < 0.05) this.command(bytes);
    await Promise.resolve();
    this.beforeWriteEnds();
    return this.clock.nowNs();
  }
  async setBaud(baud: number): Promise<void> {
    this.baud = baud;
  }
  setResponseLength(length: ResponseLength): void {
    this.responseLength = length;
  }
  onFrames(listener: (batch: FrameBatch) => void): () => void {
    this.#frames.add(listener);
    return () => void this.#frames.delete(listener);
  }
  onLost(listener: (reason: Error) => void): () => void {
    this.#onLost.add(listener);
    return () => void this.#onLost.delete(listener);
  }
  get listeners(): number {
    return this.#frames.size + this.#onLost.size;
  }
  counters() {
    return { bytesRead: 0, frames: 0, discardedBytes: this.discardedBytes, overruns: 0 };
  }
  async close(): Promise<void> {
    this.closed = true;
  }

  lose(): void {
    this.lost = new DriverError("LINK_LOST", "The port is gone.", "Plug it in.");
    for (const listener of this.#onLost) listener(this.lost);
  }
  deliver(frames: readonly Uint8Array[], tNs: bigint | readonly bigint[] = this.clock.nowNs()): void {
    for (const listener of this.#frames) listener(frameBatch(frames, tNs));
  }
}
