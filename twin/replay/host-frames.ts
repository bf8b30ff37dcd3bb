/** Cuts what a host writes into frames by their length bytes alone: a replay compares frames, and does not ask what they mean. */

export type WireBoard = "bitaxe-ultra" | "s9-hashboard";

/** A BM1366's full job; it may carry the length byte of a shorter one. specs/bm1366.md 1.4 */
const FULL_JOB_BYTES = 88;
const JOB = 0x21;
const LONGEST = 256;

export function isJob(frame: Uint8Array, board: WireBoard): boolean {
  return frame[board === "s9-hashboard" ? 0 : 2] === JOB;
}

/** How many values a frame asks for: one of one chip, or one of each. specs/bm1366.md 1.6, specs/bm1387.md 1.2 */
export function valuesAsked(frame: Uint8Array, board: WireBoard, chips: number): number {
  const { at, one, all } = board === "s9-hashboard" ? { at: 0, one: 0x44, all: 0x54 } : { at: 2, one: 0x42, all: 0x52 };
  return frame[at] === one ? 1 : frame[at] === all ? chips : 0;
}

/** A nonce, and no register's value: the last byte's top bit. specs/bm1366.md 1.7, specs/bm1387.md 1.4 */
export function isNonce(frame: Uint8Array): boolean {
  return ((frame.at(-1) as number) & 0x80) !== 0;
}

/** Frames of one port, however the bytes were cut. */
export class HostFrames {
  skippedBytes = 0;
  readonly #board: WireBoard;
  #held: Uint8Array = new Uint8Array(0);

  constructor(board: WireBoard) {
    this.#board = board;
  }

  /** Frames that are complete with these bytes. */
  push(bytes: Uint8Array): Uint8Array[] {
    let rest: Uint8Array = Buffer.concat([this.#held, bytes]);
    const frames: Uint8Array[] = [];
    while (rest.length > 0) {
      const length = this.#lengthOf(rest);
      if (length === "more") break;
      if (length === null) {
        this.skippedBytes++;
        rest = rest.subarray(1);
        continue;
      }
      if (rest.length < length) break;
      frames.push(rest.slice(0, length));
      rest = rest.subarray(length);
    }
    this.#held = rest.slice();
    return frames;
  }

  /** Length of the frame that begins here; null when none does. */
  #lengthOf(bytes: Uint8Array): number | "more" | null {
    if (this.#board === "s9-hashboard") return bytes.length < 2 ? "more" : plausible(bytes[1] as number, 5);
    if (bytes[0] !== 0x55 || (bytes[1] ?? 0xaa) !== 0xaa) return null;
    if (bytes.length < 4) return "more";
    return bytes[2] === JOB ? FULL_JOB_BYTES : plausible((bytes[3] as number) + 2, 7);
  }
}

function plausible(length: number, least: number): number | null {
  return length >= least && length < LONGEST ? length : null;
}
