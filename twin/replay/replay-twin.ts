import type { WireEvent, WireHeader } from "../../common/wire-recording.ts";
import type { FaultTable } from "../faults.ts";
import { byteNs } from "../line.ts";
import type { PacedTwin, PortOutput } from "../paced-twin.ts";
import { HostFrames, isJob, isNonce, valuesAsked } from "./host-frames.ts";
import { type Asked, OutstandingReads } from "./outstanding-reads.ts";
import { AnswerBook, AnswerSequence, type RecordedAnswer } from "./recorded-answers.ts";

/**
 * How time passes. "follow": what was recorded after a frame of the host comes so long after the host sends that frame again, so that a driver that
 * does what the recorded one did sees the same. "clock": everything at its recorded time, whatever the host does.
 */
export type ReplayPace = "follow" | "clock";

export interface ReplayStatus {
  readonly uptimeMs: number;
  /** Frames of the host that are in the recording, and those that are not: the latter go unanswered. */
  readonly framesFollowed: number;
  readonly framesUnknown: number;
  readonly jobsRecorded: number;
  readonly jobsSkipped: number;
  readonly noncesSent: number;
  /** Bytes for the host still to come, of what was recorded after frames it has sent. */
  readonly outputsWaiting: number;
}

const RESET_BAUD = 115_200;
const ID_AT = 2;
/** What the bridge says to a request it cannot make out: length 4, the request's id, code "invalid". specs/bm1366.md 5.10 */
const refusalOf = (id: number) => Uint8Array.of(4, 0, id, 0x11);
/** A bridge answers within about a millisecond. GUESS */
const REFUSAL_NS = 1e6;

/** A board that says what it was recorded to say: jobs with their nonces, reads with their values, the bridge with its answers. */
export class ReplayTwin implements PacedTwin {
  readonly faults: FaultTable;
  readonly chain = { running: true };
  readonly #pace: ReplayPace;
  readonly #board: WireHeader["board"];
  readonly #jobs = new AnswerSequence();
  readonly #commands = new AnswerBook();
  readonly #requests = new AnswerBook(deviceOf);
  readonly #hostFrames: HostFrames;
  readonly #controlFrames = new ControlFrames();
  #nowNs = 0;
  /** In order of time. */
  readonly #outputs: PortOutput[] = [];
  readonly #count = { followed: 0, unknown: 0, nonces: 0 };

  constructor(header: WireHeader, events: readonly WireEvent[], pace: ReplayPace, faults: FaultTable) {
    this.faults = faults;
    this.#pace = pace;
    this.#board = header.board;
    this.#hostFrames = new HostFrames(header.board);
    if (pace === "follow") this.#enter(events, header.chips);
    else this.#scheduleAll(events);
  }

  get nowNs(): number {
    return this.#nowNs;
  }

  get status(): ReplayStatus {
    return {
      uptimeMs: this.#nowNs / 1e6,
      framesFollowed: this.#count.followed,
      framesUnknown: this.#count.unknown,
      jobsRecorded: this.#jobs.length,
      jobsSkipped: this.#jobs.skipped,
      noncesSent: this.#count.nonces,
      outputsWaiting: this.#outputs.length,
    };
  }

  /** The recording was made at rates that worked: bytes are not spoiled by another one. */
  setHostBaud(): void {}

  receiveData(bytes: Uint8Array): void {
    if (this.#pace === "clock") return;
    for (const frame of this.#hostFrames.push(bytes)) {
      const key = keyOf(frame);
      this.#answer("data", isJob(frame, this.#board) ? this.#jobs.ask(key) : this.#commands.ask(key));
    }
  }

  receiveControl(bytes: Uint8Array): void {
    if (this.#pace === "clock") return;
    for (const frame of this.#controlFrames.push(bytes)) {
      const id = frame[ID_AT] as number;
      const recorded = this.#requests.ask(keyOf(withId(frame, 0)));
      this.#answer("control", recorded?.map(({ afterNs, bytes: answer }) => ({ afterNs, bytes: withId(answer, id) })) ?? null);
      if (recorded === null) this.#schedule("control", this.#nowNs + REFUSAL_NS, refusalOf(id));
    }
  }

  advance(toNs: number): void {
    this.#nowNs = Math.max(this.#nowNs, toNs);
  }

  takeOutputs(): PortOutput[] {
    const due = this.#outputs.splice(0, this.#placeOf(this.#nowNs));
    for (const { port, bytes } of due) if (port === "data" && isNonce(bytes)) this.#count.nonces++;
    return due;
  }

  #answer(port: "control" | "data", recorded: readonly RecordedAnswer[] | null): void {
    if (recorded === null) {
      this.#count.unknown++;
      return;
    }
    this.#count.followed++;
    for (const { afterNs, bytes } of recorded) this.#schedule(port, this.#nowNs + afterNs, bytes);
  }

  #schedule(port: "control" | "data", tNs: number, bytes: Uint8Array): void {
    this.#outputs.splice(this.#placeOf(tNs), 0, { port, tNs, bytes });
  }

  /** How many outputs wait that are complete at `tNs` or before. */
  #placeOf(tNs: number): number {
    let [low, high] = [0, this.#outputs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#outputs[middle] as PortOutput).tNs <= tNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Sorts what the board said under the host's frames: nonces and bytes of no frame under jobs, values under their read, the bridge's under its request. */
  #enter(events: readonly WireEvent[], chips: number): void {
    const frames = new HostFrames(this.#board);
    const control = new ControlFrames();
    const reads = new OutstandingReads();
    let job: Asked = { tNs: 0n, answers: [] };
    let request: Asked = { tNs: 0n, answers: [] };
    let baud = RESET_BAUD;
    for (const event of events) {
      if (event.kind === "baud" && event.port === "data") baud = event.baud;
      if (event.kind !== "bytes") continue;
      const { tNs, bytes } = event;
      if (event.direction === "to-board" && event.port === "control") {
        for (const frame of control.push(bytes)) request = { tNs, answers: this.#requests.enter(keyOf(withId(frame, 0))) };
      } else if (event.direction === "to-board") {
        for (const frame of frames.push(bytes)) {
          if (isJob(frame, this.#board)) job = { tNs, answers: this.#jobs.enter(keyOf(frame)) };
          else reads.ask({ tNs, answers: this.#commands.enter(keyOf(frame)) }, valuesAsked(frame, this.#board, chips));
        }
      } else if (event.port === "control") addPiece(request, tNs, bytes);
      else if (event.stray || isNonce(bytes)) job.answers.push({ afterNs: Number(tNs - job.tNs) + restNs(bytes, baud), bytes });
      else reads.see({ tNs, restNs: restNs(bytes, baud), bytes });
    }
  }

  #scheduleAll(events: readonly WireEvent[]): void {
    let baud = RESET_BAUD;
    for (const event of events) {
      if (event.kind === "baud" && event.port === "data") baud = event.baud;
      if (event.kind !== "bytes" || event.direction !== "from-board") continue;
      const rest = event.port === "data" ? restNs(event.bytes, baud) : 0;
      this.#schedule(event.port, Number(event.tNs) + rest, event.bytes);
    }
  }
}

/** An answer that came in pieces is one answer, complete with its last. */
function addPiece({ tNs: askedNs, answers }: Asked, tNs: bigint, bytes: Uint8Array): void {
  const before = answers.pop();
  answers.push({ afterNs: Number(tNs - askedNs), bytes: before === undefined ? bytes : Buffer.concat([before.bytes, bytes]) });
}

/** From the end of the first byte, which is what was recorded, to the end of the last. */
function restNs(bytes: Uint8Array, baud: number): number {
  return (bytes.length - 1) * byteNs(baud);
}

function keyOf(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString("latin1");
}

function withId(frame: Uint8Array, id: number): Uint8Array {
  if (frame.length <= ID_AT) return frame;
  const out = frame.slice();
  out[ID_AT] = id;
  return out;
}

const PAGE_AT = 4;
const I2C_PAGE = 0x05;
const I2C_ADDRESS_AT = 6;

/** Whom a request of the bridge protocol is for: a page, or a device on its I2C bus. specs/bm1366.md 5.10 */
function deviceOf(key: string): string {
  const page = key.charCodeAt(PAGE_AT);
  return page === I2C_PAGE ? `${page} ${key.charCodeAt(I2C_ADDRESS_AT)}` : `${page}`;
}

/** Requests of the bridge protocol: their first two bytes are their length. specs/bm1366.md 5.10 */
class ControlFrames {
  #held: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): Uint8Array[] {
    let rest: Uint8Array = Buffer.concat([this.#held, bytes]);
    const frames: Uint8Array[] = [];
    while (rest.length >= 2) {
      const length = Math.max(2, (rest[0] as number) | ((rest[1] as number) << 8));
      if (rest.length < length) break;
      frames.push(rest.slice(0, length));
      rest = rest.subarray(length);
    }
    this.#held = rest.slice();
    return frames;
  }
}
