/**
 * Raw wire bytes with time-stamps, as a file: docs/recordings.md has the layout byte by byte.
 *
 *   magic      89 41 57 52 0D 0A 1A 0A        a transfer that rewrites line ends or drops high bits damages it
 *   header     u32 n, n bytes of JSON (UTF-8), u32 CRC-32 of them
 *   blocks     "BLK" 01, u32 n, u32 CRC-32 of the n bytes after it, n bytes of records; until the file ends
 *
 * All numbers little-endian. A block is whole or lost; what follows a damaged one is found by its mark. Pure: bytes in, bytes out.
 */
import { crc32 } from "node:zlib";
import { RecordingError } from "./errors.ts";
import { ORIGINS, type Origin } from "./origin.ts";

export const WIRE_VERSION = 1;

const BOARDS = ["bitaxe-ultra", "s9-hashboard"] as const;

export type WirePort = "data" | "control";
export type WireDirection = "to-board" | "from-board";

/** What a recording is of. */
export interface WireHeader {
  readonly origin: Origin;
  readonly board: (typeof BOARDS)[number];
  readonly chips: number;
  /** Zero bits that a twin left out; 0 on hardware. */
  readonly workScale: number;
  readonly software: string;
  /** Wall clock at time 0, ms since 1970. */
  readonly startedWallMs: number;
  /** What a replay needs and the wire does not say, such as `firstJobSeq`. */
  readonly notes: Readonly<Record<string, string | number>>;
}

/** One thing that happened. `tNs` counts from the recording's zero on the monotonic clock. */
export type WireEvent =
  | {
      readonly kind: "bytes";
      readonly tNs: bigint;
      readonly port: WirePort;
      readonly direction: WireDirection;
      readonly bytes: Uint8Array;
      /** Standard uncertainty of tNs, ns. */
      readonly sigmaNs: number;
      /** They belonged to no frame. */
      readonly stray?: true;
    }
  /** The host changed its line rate. */
  | { readonly kind: "baud"; readonly tNs: bigint; readonly port: WirePort; readonly baud: number }
  /** Bytes from the chips of which only the number is known: they belonged to no frame, and could not be kept. */
  | { readonly kind: "stray"; readonly tNs: bigint; readonly port: WirePort; readonly count: number }
  /** Events the recorder had to leave out because the disk was too slow. */
  | { readonly kind: "dropped"; readonly tNs: bigint; readonly port: WirePort; readonly count: number }
  /** Closed in order; `count` events came before. */
  | { readonly kind: "end"; readonly tNs: bigint; readonly port: WirePort; readonly count: number };

/** Bits of a record's tag, above its kind. */
const CONTROL_PORT = 0x08;
const TO_BOARD = 0x10;
const STRAY = 0x20;
const KINDS = ["bytes", "baud", "stray", "dropped", "end"] as const;
const MAGIC = Uint8Array.of(0x89, 0x41, 0x57, 0x52, 0x0d, 0x0a, 0x1a, 0x0a);
const BLOCK_MARK = Uint8Array.of(0x42, 0x4c, 0x4b, 0x01);
const BLOCK_HEAD_BYTES = 12;
/** No block is longer: a length beyond it is damage. */
const MAX_BLOCK_BYTES = 1 << 20;
const MAX_HEADER_BYTES = 1 << 16;
/** A chain has addresses of one byte. */
const MOST_CHIPS = 256;
/** More zero bits than a hash of difficulty 1 has are never left out. */
const MOST_WORK_SCALE = 32;

/** The beginning of a file. */
export function encodeHeader(header: WireHeader): Uint8Array {
  const json = Buffer.from(JSON.stringify({ version: WIRE_VERSION, ...header }));
  const out = Buffer.alloc(MAGIC.length + 8 + json.length);
  out.set(MAGIC);
  out.writeUInt32LE(json.length, MAGIC.length);
  out.set(json, MAGIC.length + 4);
  out.writeUInt32LE(crc32(json), MAGIC.length + 4 + json.length);
  return out;
}

/** Events of one block. Times are stored as differences, so a block's first one is relative to zero and blocks stand for themselves. */
export class BlockWriter {
  #bytes = Buffer.alloc(4096);
  #length = BLOCK_HEAD_BYTES;
  #lastNs = 0n;

  /** Bytes of records so far. */
  get size(): number {
    return this.#length - BLOCK_HEAD_BYTES;
  }

  add(event: WireEvent): void {
    const payload = event.kind === "bytes" ? event.bytes.length : 0;
    this.#room(40 + payload);
    const control = event.port === "control" ? CONTROL_PORT : 0;
    const towards = event.kind === "bytes" && event.direction === "to-board" ? TO_BOARD : 0;
    const stray = event.kind === "bytes" && event.stray ? STRAY : 0;
    this.#bytes[this.#length++] = KINDS.indexOf(event.kind) | control | towards | stray;
    const delta = event.tNs - this.#lastNs;
    this.#lastNs = event.tNs;
    this.#varint(delta < 0n ? -delta * 2n - 1n : delta * 2n);
    if (event.kind !== "bytes") {
      this.#varint(BigInt(event.kind === "baud" ? event.baud : event.count));
      return;
    }
    this.#varint(BigInt(event.sigmaNs));
    this.#varint(BigInt(payload));
    this.#bytes.set(event.bytes, this.#length);
    this.#length += payload;
  }

  /** The block as it goes into the file, and an empty one to go on with; null when there is nothing in it. */
  take(): Uint8Array | null {
    if (this.size === 0) return null;
    const block = Buffer.from(this.#bytes.subarray(0, this.#length));
    block.set(BLOCK_MARK);
    block.writeUInt32LE(this.size, 4);
    block.writeUInt32LE(crc32(block.subarray(BLOCK_HEAD_BYTES)), 8);
    this.#length = BLOCK_HEAD_BYTES;
    this.#lastNs = 0n;
    return block;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }
}

/** What a reader could not use, and where it stood in the file. */
export interface WireLoss {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: "cut off" | "damaged";
}

export interface WireSummary {
  readonly events: number;
  readonly losses: readonly WireLoss[];
  /** The file says itself that it is complete. */
  readonly closed: boolean;
  /** How many more events its end counts than there are (fewer: below 0), where these differ: whole blocks were taken out or put in. */
  readonly uncounted?: number;
}

/** Reads a file piece by piece, however it is cut into pieces. RecordingError RECORDING_FORMAT, RECORDING_VERSION for what is no such file. */
export class WireReader {
  header: WireHeader | null = null;
  #buffer: Uint8Array = new Uint8Array(0);
  /** Where the buffer's first byte stands in the file. */
  #offset = 0;
  #events = 0;
  #closed = false;
  #uncounted = 0;
  #losses: WireLoss[] = [];

  /** Events of the blocks that are complete now. */
  push(piece: Uint8Array): WireEvent[] {
    this.#buffer = this.#buffer.length === 0 ? piece : Buffer.concat([this.#buffer, piece]);
    return this.#read(false);
  }

  /** Nothing follows: what is left of the file, and what was lost. */
  end(): { events: WireEvent[]; summary: WireSummary } {
    const events = this.#read(true);
    if (this.header === null)
      throw new RecordingError(
        "RECORDING_FORMAT",
        "This is no wire recording: it ends before its header does.",
        "Name a file that --record wrote.",
      );
    const uncounted = this.#uncounted === 0 ? {} : { uncounted: this.#uncounted };
    return { events, summary: { events: this.#events, losses: this.#losses, closed: this.#closed, ...uncounted } };
  }

  #read(last: boolean): WireEvent[] {
    if (this.header === null && !this.#readHeader()) return [];
    const events: WireEvent[] = [];
    while (this.#buffer.length > 0) {
      const block = this.#block();
      if (block === "more" && !last) break;
      if (typeof block === "object") {
        const decoded = decodeBlock(block);
        if (decoded !== null) {
          events.push(...decoded);
          this.#drop(BLOCK_HEAD_BYTES + block.length);
          continue;
        }
      }
      this.#skip(block === "more" ? "cut off" : "damaged");
    }
    this.#events += events.length;
    const final = events.at(-1);
    if (final !== undefined) this.#closed = final.kind === "end";
    if (final?.kind === "end") this.#uncounted = final.count - (this.#events - 1);
    return events;
  }

  /** The records of the block that begins here, "more" when it is not all there, "damaged" when none begins. */
  #block(): Uint8Array | "more" | "damaged" {
    const { length } = this.#buffer;
    if (!BLOCK_MARK.every((byte, i) => i >= length || this.#buffer[i] === byte)) return "damaged";
    if (length < BLOCK_HEAD_BYTES) return "more";
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    const size = view.getUint32(4, true);
    if (size === 0 || size > MAX_BLOCK_BYTES) return "damaged";
    if (length < BLOCK_HEAD_BYTES + size) return "more";
    const records = this.#buffer.subarray(BLOCK_HEAD_BYTES, BLOCK_HEAD_BYTES + size);
    return crc32(records) === view.getUint32(8, true) ? records : "damaged";
  }

  /** Gives up on the bytes up to the next block's mark. */
  #skip(reason: WireLoss["reason"]): void {
    const next = Buffer.from(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length).indexOf(BLOCK_MARK, 1);
    const bytes = next < 0 ? Math.max(1, reason === "cut off" ? this.#buffer.length : this.#buffer.length - BLOCK_MARK.length + 1) : next;
    const before = this.#losses.at(-1);
    if (before !== undefined && before.offset + before.bytes === this.#offset)
      this.#losses[this.#losses.length - 1] = { ...before, bytes: before.bytes + bytes };
    else this.#losses.push({ offset: this.#offset, bytes, reason });
    this.#drop(bytes);
  }

  #drop(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes);
    this.#offset += bytes;
  }

  #readHeader(): boolean {
    const { length } = this.#buffer;
    const whole = MAGIC.every((byte, i) => i >= length || this.#buffer[i] === byte);
    if (!whole) throw new RecordingError("RECORDING_FORMAT", "This is no wire recording.", "Name a file that --record wrote.");
    if (length < MAGIC.length + 4) return false;
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    const size = view.getUint32(MAGIC.length, true);
    if (size > MAX_HEADER_BYTES) throw headerDamaged();
    if (length < MAGIC.length + 8 + size) return false;
    const json = this.#buffer.subarray(MAGIC.length + 4, MAGIC.length + 4 + size);
    if (crc32(json) !== view.getUint32(MAGIC.length + 4 + size, true)) throw headerDamaged();
    const { version, ...header } = parsed(json);
    if (typeof version !== "number") throw headerDamaged();
    if (version !== WIRE_VERSION)
      throw new RecordingError("RECORDING_VERSION", `This recording is of version ${version}.`, "Read it with a newer asic-reservoir.", {
        version,
      });
    if (!isHeader(header)) throw headerDamaged();
    this.header = header;
    this.#drop(MAGIC.length + 8 + size);
    return true;
  }
}

function parsed(json: Uint8Array): Partial<WireHeader> & { version?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(json).toString("utf8")));
  } catch {
    throw headerDamaged();
  }
}

/** What a reader goes by. What only informs may be anything. */
function isHeader(header: Partial<WireHeader>): header is WireHeader {
  const { origin, board, chips, workScale, startedWallMs, notes } = header;
  return (
    ORIGINS.some((known) => known === origin) &&
    BOARDS.some((known) => known === board) &&
    isWhole(chips, 1, MOST_CHIPS) &&
    isWhole(workScale, 0, MOST_WORK_SCALE) &&
    Number.isFinite(startedWallMs) &&
    typeof notes === "object" &&
    notes !== null
  );
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

function headerDamaged(): RecordingError {
  return new RecordingError("RECORDING_FORMAT", "The header of this recording is damaged.", "Take another copy of the file.");
}

/** null when the records make no sense in spite of their checksum. */
function decodeBlock(records: Uint8Array): WireEvent[] | null {
  const events: WireEvent[] = [];
  let at = 0;
  let tNs = 0n;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; at < records.length && shift < 70n; shift += 7n) {
      const byte = records[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < records.length) {
    const tag = records[at++] as number;
    const kind = KINDS[tag & 0x07];
    const delta = varint();
    const number = varint();
    if (kind === undefined || delta === null || number === null) return null;
    tNs += (delta & 1n) === 1n ? -(delta >> 1n) - 1n : delta >> 1n;
    const port: WirePort = (tag & CONTROL_PORT) !== 0 ? "control" : "data";
    if (kind === "baud") events.push({ kind, tNs, port, baud: Number(number) });
    else if (kind !== "bytes") events.push({ kind, tNs, port, count: Number(number) });
    else {
      const length = varint();
      if (length === null || at + Number(length) > records.length) return null;
      const bytes = records.slice(at, at + Number(length));
      at += Number(length);
      const direction = (tag & TO_BOARD) !== 0 ? "to-board" : "from-board";
      const stray = (tag & STRAY) !== 0 ? { stray: true as const } : {};
      events.push({ kind, tNs, port, direction, sigmaNs: Number(number), bytes, ...stray });
    }
  }
  return events;
}
