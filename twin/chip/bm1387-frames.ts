import { crc5, crc16 } from "./crc.ts";

/** What a host can say to a chain. `address` is null in a broadcast. specs/bm1387.md 1.2 */
export type HostFrame1387 =
  | { readonly kind: "set-address"; readonly address: number }
  | { readonly kind: "chain-inactive" }
  | { readonly kind: "read"; readonly address: number | null; readonly register: number }
  | { readonly kind: "write"; readonly address: number | null; readonly register: number; readonly value: number }
  | { readonly kind: "job"; readonly frame: Uint8Array };

const COMMAND_BYTES: ReadonlyMap<number, number> = new Map([
  [0x41, 5],
  [0x44, 5],
  [0x54, 5],
  [0x55, 5],
  [0x48, 9],
  [0x58, 9],
]);
const JOB_HEADER = 0x21;
/** Total length by number of midstates. specs/bm1387.md 1.6 */
const JOB_MIDSTATES: ReadonlyMap<number, number> = new Map([
  [0x36, 1],
  [0x56, 2],
  [0x96, 4],
]);
const LONGEST = 0x96;

/**
 * Finds frames in a stream without preamble: a known header, the length that belongs to it, a checksum that holds. Where one
 * of these fails, one byte is dropped and the search goes on at the next. specs/bm1387.md 1.2
 */
export class HostFrameParser1387 {
  readonly #pending = new Uint8Array(LONGEST);
  #count = 0;
  /** Length of the frame at the front; 0 while unknown. */
  #needed = 0;
  #dropped = 0;

  /** A byte; the caller takes the frames it completes with `next` before it pushes another. */
  push(byte: number): void {
    this.#pending[this.#count++] = byte;
  }

  /** A frame that is complete, or null. */
  next(): HostFrame1387 | null {
    while (this.#count >= 2) {
      if (this.#needed === 0) this.#needed = this.#frameBytes();
      if (this.#needed > this.#count) return null;
      const frame = this.#needed > 0 ? decode(this.#pending.subarray(0, this.#needed)) : null;
      if (frame !== null) {
        this.#discard(this.#needed);
        return frame;
      }
      if (this.#pending[0] === JOB_HEADER || COMMAND_BYTES.has(this.#pending[0] as number)) this.#dropped++;
      this.#discard(1);
    }
    return null;
  }

  /** Forgets a frame half received, as a chip does in reset or when the line falls idle. */
  reset(): void {
    this.#count = 0;
    this.#needed = 0;
  }

  /** Places since the last call that began like a frame and were none. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  #frameBytes(): number {
    const [header, length] = this.#pending as unknown as [number, number];
    const known = header === JOB_HEADER ? JOB_MIDSTATES.has(length) : COMMAND_BYTES.get(header) === length;
    return known ? length : 0;
  }

  #discard(bytes: number): void {
    this.#pending.copyWithin(0, bytes, this.#count);
    this.#count -= bytes;
    this.#needed = 0;
  }
}

/** bytes: of the length that byte 1 says. null: the checksum or the midstate count is wrong. */
function decode(bytes: Uint8Array): HostFrame1387 | null {
  const [header, length, address, register] = bytes as unknown as [number, number, number, number];
  if (header === JOB_HEADER) {
    const sound = register === JOB_MIDSTATES.get(length) && crc16(bytes) === 0;
    return sound ? { kind: "job", frame: bytes.slice() } : null;
  }
  if (crc5(bytes.subarray(0, -1)) !== bytes[length - 1]) return null;
  const target = (header & 0x10) !== 0 ? null : address;
  switch (header & 0x0f) {
    case 1:
      return { kind: "set-address", address };
    case 4:
      return { kind: "read", address: target, register };
    case 5:
      return { kind: "chain-inactive" };
    default:
      return { kind: "write", address: target, register, value: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4) };
  }
}
