import { crc5, crc16 } from "./crc.ts";

/** What a host can say to a chain. `address` is null in a broadcast. specs/bm1366.md 1.6 */
export type HostFrame =
  | { readonly kind: "set-address"; readonly address: number }
  | { readonly kind: "write"; readonly address: number | null; readonly register: number; readonly value: number }
  | { readonly kind: "read"; readonly address: number | null; readonly register: number }
  | { readonly kind: "chain-inactive" }
  | { readonly kind: "job"; readonly body: Uint8Array };

const COMMAND_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x40, 5],
  [0x41, 9],
  [0x51, 9],
  [0x42, 5],
  [0x52, 5],
  [0x53, 5],
]);
const JOB_HEADER = 0x21;
/** 0x36 and 0x96 are the midstate forms; stock firmware also sends 0x36 for a full job (specs/bm1366.md 1.4). */
const JOB_LENGTHS: ReadonlySet<number> = new Set([0x36, 0x56, 0x96]);
const FULL_JOB_BYTES = 88;

/**
 * Finds the host's frames in a stream of bytes: search 55 AA, take the length from the header, check the CRC, drop bad frames
 * silently. After a failure one byte is dropped and the search goes on, so a damaged frame never hides the next one.
 * specs/bm1366.md 1.10, mirrored
 */
export class HostFrameParser {
  received = 0;
  /** Places that began like a frame and were none: an impossible header or length, or a wrong checksum. */
  dropped = 0;
  #pending: number[] = [];

  /** Frames that this byte completes. `fullJobs`: version rolling is on, so a job has 88 bytes whatever its length byte says. */
  push(byte: number, fullJobs: boolean): HostFrame[] {
    this.#pending.push(byte);
    const frames: HostFrame[] = [];
    for (;;) {
      const size = this.#frameSize(fullJobs);
      if (size === null) return frames;
      if (size === 0) {
        this.#pending.shift();
        continue;
      }
      const frame = decode(Uint8Array.from(this.#pending.slice(0, size)), fullJobs);
      if (frame === null) {
        this.dropped++;
        this.#pending.shift();
        continue;
      }
      this.#pending.splice(0, size);
      this.received++;
      if (frame !== "ignored") frames.push(frame);
    }
  }

  /** Forgets a frame half received, as a reset chip does. */
  reset(): void {
    this.#pending = [];
  }

  /** Bytes of the frame at the front; 0 when none can start there; null when more bytes are needed to tell or to complete it. */
  #frameSize(fullJobs: boolean): number | null {
    const [first, second, header, length] = this.#pending;
    if (first === undefined) return null;
    if (first !== 0x55) return 0;
    if (second === undefined) return null;
    if (second !== 0xaa) return 0;
    if (header === undefined || length === undefined) return null;
    const known = header === JOB_HEADER ? JOB_LENGTHS.has(length) : COMMAND_LENGTHS.get(header) === length;
    if (!known) {
      this.dropped++;
      return 0;
    }
    const size = header === JOB_HEADER && fullJobs ? FULL_JOB_BYTES : length + 2;
    return this.#pending.length >= size ? size : null;
  }
}

/** null: the checksum fails. "ignored": a midstate job, which this chip only takes with version rolling off and we do not model. */
function decode(bytes: Uint8Array, fullJobs: boolean): HostFrame | "ignored" | null {
  const header = bytes[2] as number;
  if (header === JOB_HEADER) {
    if (crc16(bytes.subarray(2)) !== 0) return null;
    return fullJobs ? { kind: "job", body: bytes.slice(4, 86) } : "ignored";
  }
  if (crc5(bytes.subarray(2, -1)) !== bytes[bytes.length - 1]) return null;
  const [address, register] = [bytes[4] as number, bytes[5] as number];
  const target = (header & 0x10) !== 0 ? null : address;
  switch (header & 3) {
    case 0:
      return { kind: "set-address", address };
    case 1:
      return { kind: "write", address: target, register, value: new DataView(bytes.buffer).getUint32(6) };
    case 2:
      return { kind: "read", address: target, register };
    default:
      return { kind: "chain-inactive" };
  }
}
