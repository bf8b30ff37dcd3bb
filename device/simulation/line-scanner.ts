/** Frames in a stream of bytes that come with their times: the drivers' own scanner, on a line without an operating system. */
import { scanFrames } from "../../drivers/native/index.ts";
import { FRAME_STRIDE, type FrameBatch, type LinkCounters, type ResponseLength } from "../../drivers/transport/chip-link.ts";

/** Noise without a single frame: more of it than this is not looked at again. */
const LONGEST_SEARCH_BYTES = 4096;

export class LineScanner {
  #length: ResponseLength;
  readonly #hostNsOf: (virtualNs: number) => bigint;
  /** Since the scanner was last in step, which is where a scan may begin. */
  #bytes: number[] = [];
  #timesNs: number[] = [];
  /** Of those bytes: frames handed out, and bytes counted as noise. */
  #framesOut = 0;
  #discardedOut = 0;
  #bytesRead = 0;
  #frames = 0;
  #discarded = 0;

  /** `hostNsOf`: the host's monotonic clock at a virtual time. */
  constructor(length: ResponseLength, hostNsOf: (virtualNs: number) => bigint) {
    this.#length = length;
    this.#hostNsOf = hostNsOf;
  }

  setLength(length: ResponseLength): void {
    this.#restart();
    this.#length = length;
  }

  counters(): LinkCounters {
    return { bytesRead: this.#bytesRead, frames: this.#frames, discardedBytes: this.#discarded, overruns: 0 };
  }

  /** `timesNs`: when each byte's stop bit ended, in virtual time. The frames that these bytes complete, or null. */
  take(bytes: Uint8Array, timesNs: readonly number[]): FrameBatch | null {
    this.#bytesRead += bytes.length;
    for (const byte of bytes) this.#bytes.push(byte);
    this.#timesNs.push(...timesNs);
    const scan = scanFrames(this.#bytes.length === bytes.length ? bytes : Uint8Array.from(this.#bytes), this.#length);
    const found = scan.offsets.length;
    this.#discarded += scan.discardedBytes - this.#discardedOut;
    this.#discardedOut = scan.discardedBytes;
    const from = this.#framesOut;
    this.#framesOut = found;
    this.#frames += found - from;
    const batch =
      found === from
        ? null
        : {
            count: found - from,
            // A frame is stamped at the end of its first byte, as by the capture thread (drivers/native/capture.ts).
            tNs: BigInt64Array.from(scan.offsets.subarray(from), (offset) => this.#hostNsOf(this.#timesNs[offset] as number)),
            sigmaNs: new Uint32Array(found - from).fill(1),
            bytes: scan.frames.slice(from * FRAME_STRIDE),
          };
    if (scan.pendingBytes === 0 || this.#bytes.length > LONGEST_SEARCH_BYTES) this.#restart();
    return batch;
  }

  #restart(): void {
    this.#bytes = [];
    this.#timesNs = [];
    this.#framesOut = 0;
    this.#discardedOut = 0;
  }
}
