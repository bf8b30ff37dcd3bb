/** The file of `--record`: every frame and write on both ports, as it happened (docs/recordings.md). */
import { createWriteStream, type WriteStream } from "node:fs";
import type { Clock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { BlockWriter, encodeHeader, type WireEvent, type WireHeader } from "../../common/wire-recording.ts";
import type { Config } from "../config/schema.ts";
import { SOFTWARE } from "../version.ts";

/** An event as it is noted: its time is that of the monotonic clock. */
export type NotedEvent = WireEvent;

export interface WireRecorder {
  note(event: NotedEvent): void;
  /** Writes what is left and that nothing is missing. Never rejects. */
  close(): Promise<void>;
}

/** A block is written when it is so old or so large: what a killed process loses. */
const BLOCK_MS = 1000;
const BLOCK_BYTES = 64 * 1024;
/** What waits in memory for a slow disk; beyond it events are left out and counted, because the wire does not wait. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

export function headerFor(config: Config, startedWallMs: number): WireHeader {
  const { board, origin, rig } = config;
  return { origin, board: board.kind, chips: board.chips, workScale: board.workScale, software: SOFTWARE, startedWallMs, notes: { rig } };
}

/** Starts a recording; an old file of that name is overwritten. ConfigError RECORD_FILE when it cannot be written. */
export async function openWireRecorder(file: string, config: Config, clock: Clock): Promise<WireRecorder> {
  const stream = createWriteStream(file);
  await opened(stream, file);
  // After opening, a failing disk costs the recording, never the run.
  stream.on("error", () => {});
  stream.write(encodeHeader(headerFor(config, clock.wallMs())));
  return new FileRecorder(stream, clock);
}

class FileRecorder implements WireRecorder {
  readonly #stream: WriteStream;
  readonly #clock: Clock;
  readonly #zeroNs: bigint;
  readonly #block = new BlockWriter();
  #blockSinceNs: bigint;
  #events = 0;
  #dropped = 0;

  constructor(stream: WriteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#zeroNs = clock.nowNs();
    this.#blockSinceNs = this.#zeroNs;
  }

  note(event: NotedEvent): void {
    if (this.#stream.writableLength > MAX_BUFFERED_BYTES) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#add({ kind: "dropped", tNs: event.tNs, port: "data", count: this.#dropped });
    this.#dropped = 0;
    this.#add(event);
    const nowNs = this.#clock.nowNs();
    if (this.#block.size >= BLOCK_BYTES || nowNs - this.#blockSinceNs >= BigInt(BLOCK_MS) * 1_000_000n) this.#flush(nowNs);
  }

  async close(): Promise<void> {
    const nowNs = this.#clock.nowNs();
    this.#block.add({ kind: "end", tNs: nowNs - this.#zeroNs, port: "data", count: this.#events });
    this.#flush(nowNs);
    await new Promise<void>((resolve) => {
      this.#stream.once("close", resolve);
      this.#stream.end();
    });
  }

  #add(event: NotedEvent): void {
    this.#events++;
    this.#block.add({ ...event, tNs: event.tNs - this.#zeroNs });
  }

  #flush(nowNs: bigint): void {
    this.#blockSinceNs = nowNs;
    const block = this.#block.take();
    if (block !== null) this.#stream.write(block);
  }
}

function opened(stream: WriteStream, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (cause) =>
      reject(
        new ConfigError(
          "RECORD_FILE",
          `Cannot write the recording ${file}: ${cause.message}.`,
          "Choose another file for --record.",
          { file },
          cause,
        ),
      ),
    );
  });
}
