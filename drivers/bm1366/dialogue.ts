import { type HeaderFields, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { ChainDialogue, type ChainDialogueParts, type Heard, heardIn } from "../bm13xx/chain-dialogue.ts";
import type { ChainDialogueOptions, ExchangeAnswer } from "../bm13xx/exchange.ts";
import { FULL_JOB_BYTES } from "../bm13xx/frames.ts";
import { decodeResponse } from "../bm13xx/response.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import { DIALOGUE_EVENT, type DialogueEvents } from "../native/dialogue.ts";
import type { Intake } from "./intake.ts";
import { encodeJob } from "./job.ts";
import { JOB_IDS } from "./job-registry.ts";
import { decodeNonce } from "./nonce.ts";

export interface DialogueParts extends ChainDialogueParts<Intake> {
  readonly chips: number;
  readonly baud: () => number;
  /** The record of a job that leaves now, but for its number, its id and its time. */
  readonly describe: (fields: HeaderFields) => Omit<JobRecord, "jobSeq" | "wireId" | "sentNs">;
  readonly versionMask: () => number;
}

const MOST_DEPTH = JOB_IDS - 2;

interface Word {
  readonly jobSeq: number;
  readonly wireId: number;
  readonly fields: HeaderFields;
  readonly versionMask: number;
}

/** A word is one job. Jobs get their number when they are offered, and are entered in the registry when they have left. */
export class JobDialogue extends ChainDialogue<Word, Intake> {
  readonly #parts: DialogueParts;
  #nextSeq: number;
  #inFlight: { readonly record: JobRecord; readonly beganNs: bigint } | null = null;

  /** DriverError DIALOGUE_REFUSED */
  constructor(parts: DialogueParts, options: ChainDialogueOptions) {
    super(parts, options, {
      format: "full-header",
      noun: "jobs",
      mostWaiting: MOST_DEPTH,
      depthHint: `Ids tell ${MOST_DEPTH} apart.`,
    });
    this.#parts = parts;
    this.#nextSeq = parts.intake.jobs.next.jobSeq;
  }

  /** A job for its turn; its number, or null when there is no room for it now. */
  offer(fields: HeaderFields): number | null {
    const { answers = 1, deadlineMs } = this.options;
    const versionMask = this.#parts.versionMask();
    const version = (fields.version & ~versionMask) >>> 0;
    const word = { jobSeq: this.#nextSeq, wireId: this.#parts.intake.jobs.wireIdOf(this.#nextSeq), fields, versionMask };
    const { ticketLog2, workScale } = this.#parts.describe(fields);
    const taken = this.dialogue.prepare({
      jobSeq: word.jobSeq,
      wireId: word.wireId,
      frame: encodeJob(word.wireId, { ...fields, version }),
      header: headerBytes({ ...fields, version }, 0),
      versions: [version],
      zeroBits: this.zeroBits(ticketLog2, workScale),
      answers,
      deadlineMs,
    });
    if (!taken) return null;
    this.offered.set(word.jobSeq, word);
    this.#nextSeq++;
    return word.jobSeq;
  }

  protected note(events: DialogueEvents): void {
    for (let row = 0; row < events.count; row++) {
      const [jobSeq, tNs, turnNs] = [events.jobSeq[row] ?? 0, events.tNs[row] ?? 0n, events.turnNs[row] ?? 0n];
      if (events.kind[row] === DIALOGUE_EVENT.sent) this.#sent(jobSeq, tNs, turnNs);
      else this.#over(jobSeq, events, row);
    }
  }

  #sent(jobSeq: number, sentNs: bigint, beganNs: bigint): void {
    const word = this.offered.get(jobSeq);
    if (!word) return;
    const { intake, baud, describe } = this.#parts;
    // Answers that came before it left belong to the jobs as they stood then.
    intake.advance(sentNs);
    const version = (word.fields.version & ~word.versionMask) >>> 0;
    const record = { ...describe(word.fields), version, jobSeq, wireId: word.wireId, sentNs };
    intake.jobs.put(record, false, word.versionMask);
    intake.jobs.started(record, sentNs, sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, baud()))));
    this.#inFlight = { record, beganNs };
    this.options.onSent?.(record);
  }

  #over(jobSeq: number, events: DialogueEvents, row: number): void {
    const word = this.#inFlight;
    this.offered.delete(jobSeq);
    if (word?.record.jobSeq !== jobSeq) return;
    const [tNs, turnNs, answers] = [events.tNs[row] ?? 0n, events.turnNs[row] ?? 0n, events.answers[row] ?? 0];
    // Its own frame is among those that were taken before: with it judged, what it was is known.
    this.#parts.intake.advance(turnNs);
    this.#inFlight = null;
    const heard = heardIn(events, row);
    const answer = heard && this.#answer(word.record, heard);
    this.options.onExchange({ word: jobSeq, ...word, endNs: answer ? turnNs : tNs, answers, answer });
  }

  #answer(record: JobRecord, heard: Heard): ExchangeAnswer | null {
    const response = decodeResponse(heard.bytes);
    if ("refused" in response || response.kind !== "nonce") return null;
    const { chip, core, versionBits } = decodeNonce(response, this.#parts.chips);
    return this.answerOf(record, heard, { nonce: response.nonce, versionBits, chip, core });
  }
}
