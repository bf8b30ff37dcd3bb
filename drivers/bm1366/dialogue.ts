/** Word by word with a chain: jobs that wait for their turn, and what became of each (DESIGN section 1.4). */
import { type HeaderFields, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { FULL_JOB_BYTES } from "../bm13xx/frames.ts";
import { decodeResponse } from "../bm13xx/response.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import { DIALOGUE_EVENT, type Dialogue, type DialogueCounters, type DialogueEvents, type DialogueOptions } from "../native/dialogue.ts";
import { FRAME_STRIDE } from "../transport/chip-link.ts";
import type { Intake } from "./intake.ts";
import { encodeJob } from "./job.ts";
import { JOB_IDS } from "./job-registry.ts";
import { decodeNonce } from "./nonce.ts";

/** The answer that let the next job go. */
export interface ExchangeAnswer {
  /** First byte of its frame, CLOCK_MONOTONIC_RAW, and the uncertainty of that. */
  readonly tNs: bigint;
  readonly sigmaNs: number;
  /** When the read returned that brought its last byte. */
  readonly readNs: bigint;
  /** From the time the line had the job (of a row of works, the first) to the answer, ns. */
  readonly delayNs: number;
  readonly nonce: number;
  readonly versionBits: number;
  readonly chip: number;
  readonly core: number;
  /** log2 of the difficulty its hash reached. */
  readonly difficultyLog2: number;
  /** As in NonceBatch: NaN where the sweep model does not apply. */
  readonly residualNs: number;
}

/** One word and what was said to it. */
export interface Exchange {
  /** What offer() said. */
  readonly word: number;
  /** The job; of a word that is a row of works, the first of them. */
  readonly record: JobRecord;
  /** Just before the first byte of the job was handed over, ns. */
  readonly beganNs: bigint;
  /** When it was over, ns: the answer was read, or given up. */
  readonly endNs: bigint;
  /** How many verified answers came. */
  readonly answers: number;
  /** null: the deadline passed. */
  readonly answer: ExchangeAnswer | null;
}

export interface ChainDialogueOptions {
  /** How many jobs may wait beside the one in flight, 1 to 14: ids come round after 16. */
  readonly depth: number;
  /** How many different answers let the next job go. Default 1. */
  readonly answers?: number;
  readonly deadlineMs: number;
  /** Answers below this difficulty do not count; those below the ticket's do not come. Default: all count. */
  readonly leastDifficulty?: number;
  onSent?(record: JobRecord): void;
  onExchange(exchange: Exchange): void;
  onEnd(reason: DriverError): void;
}

export interface DialogueParts {
  readonly intake: Intake;
  readonly chips: number;
  readonly baud: () => number;
  /** The record of a job that leaves now, but for its number, its id and its time. */
  readonly describe: (fields: HeaderFields) => Omit<JobRecord, "jobSeq" | "wireId" | "sentNs">;
  readonly versionMask: () => number;
  readonly start: (options: DialogueOptions) => Dialogue;
  readonly onStop: () => void;
}

const MOST_DEPTH = JOB_IDS - 2;

interface Word {
  readonly jobSeq: number;
  readonly wireId: number;
  readonly fields: HeaderFields;
  readonly versionMask: number;
}

/** Jobs get their number when they are offered, and are entered in the registry when they have left. */
export class ChainDialogue {
  readonly #parts: DialogueParts;
  readonly #options: ChainDialogueOptions;
  readonly #dialogue: Dialogue;
  readonly #offered = new Map<number, Word>();
  readonly #listen = (batch: NonceBatch) => this.#hear(batch);
  #nextSeq: number;
  #inFlight: { readonly record: JobRecord; readonly beganNs: bigint } | null = null;
  /** Where nonces of the job in flight are, by nonce and version. */
  readonly #judged = new Map<string, { readonly difficultyLog2: number; readonly residualNs: number }>();
  #stopped = false;

  constructor(parts: DialogueParts, options: ChainDialogueOptions) {
    const { depth } = options;
    if (!Number.isInteger(depth) || depth < 1 || depth > MOST_DEPTH)
      throw new DriverError("DIALOGUE_REFUSED", `${depth} jobs cannot wait for their turn.`, `Ids tell ${MOST_DEPTH} apart.`, { depth });
    this.#parts = parts;
    this.#options = options;
    this.#nextSeq = parts.intake.jobs.next.jobSeq;
    this.#dialogue = parts.start({
      format: "full-header",
      depth,
      onEvents: (events) => this.#note(events),
      onEnd: ({ code, message }) => {
        this.stop();
        options.onEnd(new DriverError("DIALOGUE_ENDED", `The dialogue ended (${code}): ${message}`, "Check the cable, then start again."));
      },
    });
    parts.intake.feedFrom(this.#dialogue);
    parts.intake.nonceListeners.add(this.#listen);
  }

  /** Jobs that wait or are in flight. */
  get waiting(): number {
    return this.#offered.size;
  }

  /** A job for its turn; its number, or null when there is no room for it now. */
  offer(fields: HeaderFields): number | null {
    const { answers = 1, deadlineMs, leastDifficulty = 1 } = this.#options;
    const versionMask = this.#parts.versionMask();
    const version = (fields.version & ~versionMask) >>> 0;
    const word = { jobSeq: this.#nextSeq, wireId: this.#parts.intake.jobs.wireIdOf(this.#nextSeq), fields, versionMask };
    const { ticketLog2, workScale } = this.#parts.describe(fields);
    const taken = this.#dialogue.prepare({
      jobSeq: word.jobSeq,
      wireId: word.wireId,
      frame: encodeJob(word.wireId, { ...fields, version }),
      header: headerBytes({ ...fields, version }, 0),
      versions: [version],
      zeroBits: 32 + Math.max(ticketLog2, Math.ceil(Math.log2(leastDifficulty))) - workScale,
      answers,
      deadlineMs,
    });
    if (!taken) return null;
    this.#offered.set(word.jobSeq, word);
    this.#nextSeq++;
    return word.jobSeq;
  }

  /** Jobs leave until `ttlMs` from now; before the first call none does. */
  renew(ttlMs: number): void {
    this.#dialogue.renew(ttlMs);
  }

  counters(): DialogueCounters {
    return this.#dialogue.counters();
  }

  /** No job leaves any more; those that wait are forgotten, and their numbers go to later jobs. The one in flight stays with the chips. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#dialogue.stop();
    this.#parts.intake.feedFrom(null);
    this.#parts.intake.nonceListeners.delete(this.#listen);
    this.#offered.clear();
    this.#parts.onStop();
  }

  #note(events: DialogueEvents): void {
    for (let i = 0; i < events.count; i++) {
      const [jobSeq, tNs, turnNs] = [events.jobSeq[i] ?? 0, events.tNs[i] ?? 0n, events.turnNs[i] ?? 0n];
      if (events.kind[i] === DIALOGUE_EVENT.sent) this.#sent(jobSeq, tNs, turnNs);
      else this.#over(jobSeq, events, i);
    }
  }

  #sent(jobSeq: number, sentNs: bigint, beganNs: bigint): void {
    const word = this.#offered.get(jobSeq);
    if (!word) return;
    const { intake, baud, describe } = this.#parts;
    // Answers that came before it left belong to the jobs as they stood then.
    intake.advance(sentNs);
    const version = (word.fields.version & ~word.versionMask) >>> 0;
    const record = { ...describe(word.fields), version, jobSeq, wireId: word.wireId, sentNs };
    intake.jobs.put(record, false, word.versionMask);
    intake.jobs.started(record, sentNs, sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, baud()))));
    this.#judged.clear();
    this.#inFlight = { record, beganNs };
    this.#options.onSent?.(record);
  }

  #over(jobSeq: number, events: DialogueEvents, row: number): void {
    const word = this.#inFlight;
    this.#offered.delete(jobSeq);
    if (word?.record.jobSeq !== jobSeq) return;
    const [tNs, turnNs, answers] = [events.tNs[row] ?? 0n, events.turnNs[row] ?? 0n, events.answers[row] ?? 0];
    // Its own frame is among those that were taken before: with it judged, what it was is known.
    this.#parts.intake.advance(turnNs);
    this.#inFlight = null;
    const answer = events.kind[row] === DIALOGUE_EVENT.answered ? this.#answer(word.record, events, row) : null;
    this.#options.onExchange({ word: jobSeq, ...word, endNs: answer ? turnNs : tNs, answers, answer });
  }

  #answer({ sentNs }: JobRecord, events: DialogueEvents, row: number): ExchangeAnswer | null {
    const at = row * FRAME_STRIDE;
    const response = decodeResponse(events.bytes.subarray(at + 1, at + 1 + (events.bytes[at] ?? 0)));
    if ("refused" in response || response.kind !== "nonce") return null;
    const { chip, core, versionBits } = decodeNonce(response, this.#parts.chips);
    const { nonce } = response;
    const tNs = events.tNs[row] ?? 0n;
    const { difficultyLog2 = Number.NaN, residualNs = Number.NaN } = this.#judged.get(`${nonce} ${versionBits}`) ?? {};
    const stamp = { tNs, sigmaNs: events.sigmaNs[row] ?? 0, readNs: events.turnNs[row] ?? 0n, delayNs: Number(tNs - sentNs) };
    return { ...stamp, nonce, versionBits, chip, core, difficultyLog2, residualNs };
  }

  #hear(batch: NonceBatch): void {
    for (let i = 0; i < batch.length; i++) {
      if (batch.jobSeq[i] !== this.#inFlight?.record.jobSeq) continue;
      const judged = { difficultyLog2: batch.difficultyLog2[i] ?? Number.NaN, residualNs: batch.residualNs[i] ?? Number.NaN };
      this.#judged.set(`${batch.nonce[i]} ${batch.versionBits[i]}`, judged);
    }
  }
}
