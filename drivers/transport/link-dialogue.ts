/** A dialogue (drivers/native/dialogue.ts) from the JavaScript thread, for links without a port: those of a simulation, for one. */
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { decodeResponse as decodeBm13xx } from "../bm13xx/response.ts";
import type { Verify } from "../bm13xx/verify.ts";
import { decodeResponse as decodeBm1387 } from "../bm1387/response.ts";
import {
  checkedDialogueLease,
  DIALOGUE_EVENT,
  type Dialogue,
  type DialogueCounters,
  type DialogueJob,
  type DialogueOptions,
} from "../native/dialogue.ts";
import { type ChipLink, FRAME_STRIDE, type FrameBatch } from "./chip-link.ts";

const WRITE_DEADLINE_MS = 1000;
const VERSION_SHIFT = 13;

type Format = DialogueOptions["format"];
type Counters = { -readonly [name in keyof DialogueCounters]: number };

interface Event {
  readonly kind: number;
  readonly jobSeq: number;
  readonly tNs: bigint;
  readonly turnNs: bigint;
  readonly sigmaNs?: number;
  readonly answers?: number;
  readonly bytes?: Uint8Array;
}

/** The same as ChipLink.startDialogue, but that the event loop lies between an answer and the next job. */
export function startLinkDialogue(link: ChipLink, means: { clock: Clock; verify: Verify }, options: DialogueOptions): Dialogue {
  return new LinkDialogue(link, means, options);
}

class LinkDialogue implements Dialogue {
  readonly #link: ChipLink;
  readonly #clock: Clock;
  readonly #verify: Verify;
  readonly #options: DialogueOptions;
  readonly #unsubscribe: () => void;
  readonly #prepared: DialogueJob[] = [];
  readonly #heard = new Set<string>();
  readonly #counters: Counters = {
    sent: 0,
    answered: 0,
    deadlines: 0,
    unverified: 0,
    repeated: 0,
    strays: 0,
    underruns: 0,
    starvedNs: 0,
    leaseExpiries: 0,
    writeWaits: 0,
    works: 0,
    unheardWorks: 0,
  };
  #inFlight: DialogueJob | null = null;
  /** Between the beginning of a write and the time when the link took it. */
  #writing = false;
  #deadline = new AbortController();
  #leaseUntilNs = 0n;
  #lapsed = true;
  #first = true;
  #starvedSinceNs: bigint | null = null;
  #stopped = false;

  constructor(link: ChipLink, { clock, verify }: { clock: Clock; verify: Verify }, options: DialogueOptions) {
    this.#link = link;
    this.#clock = clock;
    this.#verify = verify;
    this.#options = options;
    this.#unsubscribe = link.onFrames((batch) => this.#take(batch));
  }

  renew(ttlMs: number): void {
    this.#leaseUntilNs = this.#clock.nowNs() + BigInt(checkedDialogueLease(ttlMs)) * 1_000_000n;
    this.#next();
  }

  /** DriverError DIALOGUE_REFUSED: a row of works needs a thread that is never late. */
  prepare(job: DialogueJob): boolean {
    if (job.works) throw new DriverError("DIALOGUE_REFUSED", "This link cannot keep up a row of works for a word.", "Use a serial port.");
    if (this.#prepared.length + (this.#inFlight ? 1 : 0) > this.#options.depth) return false;
    this.#prepared.push(job);
    this.#next();
    return true;
  }

  /** Events are told as they happen. */
  drain(): void {}

  counters(): DialogueCounters {
    return { ...this.#counters };
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe();
    this.#deadline.abort();
  }

  #next(): void {
    if (this.#stopped || this.#inFlight || this.#writing) return;
    const nowNs = this.#clock.nowNs();
    if (nowNs >= this.#leaseUntilNs) {
      if (!this.#lapsed) this.#counters.leaseExpiries++;
      this.#lapsed = true;
      this.#starvedSinceNs = null;
      return;
    }
    this.#lapsed = false;
    const job = this.#prepared.shift();
    if (!job) {
      if (this.#first || this.#starvedSinceNs !== null) return;
      this.#counters.underruns++;
      this.#starvedSinceNs = nowNs;
      return;
    }
    this.#first = false;
    if (this.#starvedSinceNs !== null) this.#counters.starvedNs += Number(nowNs - this.#starvedSinceNs);
    this.#starvedSinceNs = null;
    void this.#send(job, nowNs);
  }

  async #send(job: DialogueJob, turnNs: bigint): Promise<void> {
    this.#writing = true;
    this.#inFlight = job;
    this.#heard.clear();
    try {
      const tNs = await this.#link.write(job.frame, WRITE_DEADLINE_MS);
      this.#writing = false;
      if (this.#stopped) return;
      this.#counters.sent++;
      this.#tell({ kind: DIALOGUE_EVENT.sent, jobSeq: job.jobSeq, tNs, turnNs });
      this.#deadline = new AbortController();
      await this.#clock.sleep(job.deadlineMs, this.#deadline.signal).then(
        () => this.#giveUp(job),
        () => {},
      );
    } catch (error) {
      if (this.#stopped) return;
      this.stop();
      this.#options.onEnd({ code: "WRITE_FAILED", message: error instanceof Error ? error.message : String(error) });
    }
  }

  #giveUp(job: DialogueJob): void {
    if (this.#stopped || this.#inFlight !== job) return;
    this.#inFlight = null;
    this.#counters.deadlines++;
    const nowNs = this.#clock.nowNs();
    this.#tell({ kind: DIALOGUE_EVENT.deadline, jobSeq: job.jobSeq, tNs: nowNs, turnNs: nowNs, answers: this.#heard.size });
    this.#next();
  }

  #take(batch: FrameBatch): void {
    for (let frame = 0; frame < batch.count && !this.#stopped; frame++) {
      const at = frame * FRAME_STRIDE;
      const bytes = batch.bytes.subarray(at, at + FRAME_STRIDE);
      const answer = answerIn(bytes.subarray(1, 1 + (bytes[0] ?? 0)), this.#options.format);
      if (!answer) continue;
      const job = this.#inFlight;
      if (!job || this.#writing || answer.wireId !== job.wireId) this.#counters.strays++;
      else if (!this.#hashes(job, answer)) this.#counters.unverified++;
      else if (this.#heard.has(answer.key)) this.#counters.repeated++;
      else {
        this.#heard.add(answer.key);
        if (this.#heard.size < job.answers) continue;
        this.#inFlight = null;
        this.#deadline.abort();
        this.#counters.answered++;
        const [tNs, sigmaNs] = [batch.tNs[frame] ?? 0n, batch.sigmaNs[frame] ?? 0];
        this.#tell({
          kind: DIALOGUE_EVENT.answered,
          jobSeq: job.jobSeq,
          tNs,
          turnNs: this.#clock.nowNs(),
          sigmaNs,
          answers: job.answers,
          bytes,
        });
        this.#next();
      }
    }
  }

  #hashes(job: DialogueJob, { midstate, versionBits, nonce }: Answer): boolean {
    const header = job.header.slice();
    const view = new DataView(header.buffer);
    view.setUint32(0, ((job.versions[midstate] ?? 0) | versionBits) >>> 0, true);
    view.setUint32(76, nonce, true);
    return (this.#verify(header).zeroBits[0] ?? 0) >= job.zeroBits;
  }

  #tell({ kind, jobSeq, tNs, turnNs, sigmaNs = 0, answers = 0, bytes = new Uint8Array(FRAME_STRIDE) }: Event): void {
    this.#options.onEvents({
      count: 1,
      kind: Uint8Array.of(kind),
      word: Uint32Array.of(jobSeq),
      jobSeq: Uint32Array.of(jobSeq),
      index: new Uint32Array(1),
      tNs: BigInt64Array.of(tNs),
      turnNs: BigInt64Array.of(turnNs),
      sigmaNs: Uint32Array.of(sigmaNs),
      answers: Uint8Array.of(answers),
      bytes: bytes.slice(),
    });
  }
}

interface Answer {
  readonly wireId: number;
  readonly midstate: number;
  readonly versionBits: number;
  readonly nonce: number;
  readonly key: string;
}

/** What a response says, or null when it is no nonce. specs/bm1366.md 1.9, specs/bm1387.md 1.5 */
function answerIn(bytes: Uint8Array, format: Format): Answer | null {
  if (format === "full-header") {
    const response = decodeBm13xx(bytes);
    if ("refused" in response || response.kind !== "nonce") return null;
    const { nonce, resultHeader, versionField } = response;
    const versionBits = (versionField ?? 0) << VERSION_SHIFT;
    return { wireId: resultHeader & 0xf8, midstate: 0, versionBits, nonce, key: `${nonce} ${versionBits}` };
  }
  const response = decodeBm1387(bytes);
  if ("refused" in response || response.kind !== "nonce") return null;
  const midstate = response.id & (format - 1);
  return { wireId: response.id - midstate, midstate, versionBits: 0, nonce: response.nonce, key: `${response.nonce} ${midstate}` };
}
