import { createHash } from "node:crypto";
import { concatNonces, countByStatus, type NonceBatch, type NonceStatus } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { WireDirection, WireEvent, WireHeader } from "../../common/wire-recording.ts";
import { scanFrames } from "../../drivers/native/index.ts";
import { FRAME_STRIDE, type ResponseLength } from "../../drivers/transport/chip-link.ts";
import { frameBatch, type StampedFrame } from "../planted/frame-batch.ts";
import { splitHostFrames } from "./host-frames.ts";
import type { WireFile } from "./read-wire.ts";
import { Replay1366 } from "./replay-bm1366.ts";
import { Replay1387 } from "./replay-bm1387.ts";

/** What the drivers make of a recording. The same file gives the same answer, down to `digest`. */
export interface WireReplay {
  readonly origin: Origin;
  readonly recordedFrom: Origin;
  readonly header: WireHeader;
  readonly seconds: number;
  readonly jobs: number;
  /** Frames that hosts wrote: commands and jobs. */
  readonly hostFrames: number;
  readonly chipFrames: number;
  /** Answers to register reads, and those nonces that belong to works which open cores. */
  readonly registerAnswers: number;
  readonly openingNonces: number;
  readonly damagedFrames: number;
  /** Bytes of no frame: those that were recorded, and those that were only counted. */
  readonly strayBytes: { readonly toChips: number; readonly fromChips: number };
  readonly controlRequests: number;
  readonly controlAnswers: number;
  readonly droppedEvents: number;
  readonly closed: boolean;
  /** How many more events the recording's end counts than there are; 0 where it has no end. */
  readonly uncounted: number;
  readonly lostBytes: number;
  readonly nonces: Readonly<Record<NonceStatus, number>>;
  readonly batch: NonceBatch;
  readonly digest: string;
}

/** What a chip's side of the replay does with frames. */
export interface ChipReplay {
  readonly jobs: number;
  readonly registerAnswers: number;
  readonly openingNonces: number;
  readonly damagedFrames: number;
  /** How long the chips' answers are, as far as the host's writes tell. */
  readonly responseLength: ResponseLength;
  host(frames: ReturnType<typeof splitHostFrames>["frames"], tNs: bigint, baud: number): void;
  chip(frames: ReturnType<typeof frameBatch>): NonceBatch;
}

const BITS_PER_BYTE = 10;

/** Puts a recording through the drivers' decoder, job registry and verification. */
export function replayWire({ header, events, summary }: WireFile): WireReplay {
  const chip: ChipReplay = header.board === "s9-hashboard" ? new Replay1387(header) : new Replay1366(header);
  const batches: NonceBatch[] = [];
  const count = { hostFrames: 0, chipFrames: 0, toChips: 0, fromChips: 0, requests: 0, answers: 0, dropped: 0 };
  const chipBytes = new ChipBytes();
  let baud = 115_200;
  for (const event of events) {
    if (event.kind === "baud") baud = event.port === "data" ? event.baud : baud;
    else if (event.kind === "stray") count.fromChips += event.count;
    else if (event.kind === "dropped") count.dropped += event.count;
    else if (event.kind === "bytes" && event.port === "control") count[towards(event.direction)]++;
    else if (event.kind === "bytes" && event.direction === "to-board") {
      const { frames, strayBytes } = splitHostFrames(event.bytes, header.board);
      count.hostFrames += frames.length;
      count.toChips += strayBytes;
      chip.host(frames, event.tNs, baud);
    } else if (event.kind === "bytes" && event.stray) {
      count.fromChips += event.bytes.length;
    } else if (event.kind === "bytes") {
      const { frames, strayBytes } = chipBytes.take(event, baud, chip.responseLength);
      count.chipFrames += frames.length;
      count.fromChips += strayBytes;
      if (frames.length > 0) batches.push(chip.chip(frameBatch(frames)));
    }
  }
  const batch = concatNonces(batches);
  return {
    origin: "recording",
    recordedFrom: header.origin,
    header,
    seconds: Number((events.at(-1)?.tNs ?? 0n) - (events[0]?.tNs ?? 0n)) / 1e9,
    jobs: chip.jobs,
    hostFrames: count.hostFrames,
    chipFrames: count.chipFrames,
    registerAnswers: chip.registerAnswers,
    openingNonces: chip.openingNonces,
    damagedFrames: chip.damagedFrames,
    strayBytes: { toChips: count.toChips, fromChips: count.fromChips + chipBytes.pending },
    controlRequests: count.requests,
    controlAnswers: count.answers,
    droppedEvents: count.dropped,
    closed: summary.closed,
    uncounted: summary.uncounted ?? 0,
    lostBytes: summary.losses.reduce((sum, { bytes }) => sum + bytes, 0),
    nonces: countByStatus(batch),
    batch,
    digest: digestOf(batch),
  };
}

function towards(direction: WireDirection): "requests" | "answers" {
  return direction === "to-board" ? "requests" : "answers";
}

function digestOf(batch: NonceBatch): string {
  const hash = createHash("sha256");
  for (const column of Object.values(batch)) {
    if (ArrayBuffer.isView(column)) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest("hex");
}

/** Frames in the chips' bytes, however they were cut: each has the time of its first byte. */
class ChipBytes {
  #held: { bytes: Uint8Array; tNs: bigint }[] = [];

  /** Bytes that wait for the rest of a frame. */
  get pending(): number {
    return this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  take(
    event: Extract<WireEvent, { kind: "bytes" }>,
    baud: number,
    responseLength: ResponseLength,
  ): { frames: StampedFrame[]; strayBytes: number } {
    this.#held.push({ bytes: event.bytes, tNs: event.tNs });
    const bytes = Buffer.concat(this.#held.map((piece) => piece.bytes));
    const scan = scanFrames(bytes, responseLength);
    const frames = Array.from(scan.offsets, (offset, i) => {
      const at = i * FRAME_STRIDE;
      const length = scan.frames[at] as number;
      return { tNs: this.#timeAt(offset, baud), bytes: scan.frames.slice(at + 1, at + 1 + length) };
    });
    const used = bytes.length - scan.pendingBytes;
    this.#held = scan.pendingBytes === 0 ? [] : [{ bytes: bytes.subarray(used), tNs: this.#timeAt(used, baud) }];
    return { frames, strayBytes: scan.discardedBytes };
  }

  #timeAt(offset: number, baud: number): bigint {
    let at = 0;
    for (const { bytes, tNs } of this.#held) {
      if (offset < at + bytes.length) return tNs + BigInt(Math.round(((offset - at) * BITS_PER_BYTE * 1e9) / baud));
      at += bytes.length;
    }
    return this.#held.at(-1)?.tNs ?? 0n;
  }
}
