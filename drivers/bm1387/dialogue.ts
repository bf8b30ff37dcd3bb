/** Word by word with a chain that cannot wait: a word is a row of works (drivers/native/dialogue.h), and any answer to one of them answers it. */
import { type HeaderFields, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { ChainDialogue, type ChainDialogueParts, type Heard, heardIn } from "../bm13xx/chain-dialogue.ts";
import type { ChainDialogueOptions, ExchangeAnswer } from "../bm13xx/exchange.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import { DIALOGUE_EVENT, type DialogueEvents } from "../native/dialogue.ts";
import { jobFrameBytes } from "../native/work-pump.ts";
import type { Intake } from "./intake.ts";
import type { MidstateCount } from "./job.ts";
import { decodeNonce, splitId } from "./nonce.ts";
import { decodeResponse } from "./response.ts";
import { workOfWord } from "./word-works.ts";

export interface WordDialogueParts extends ChainDialogueParts<Intake> {
  readonly chips: number;
  readonly midstates: MidstateCount;
  readonly versionMask: number;
  readonly workScale: number;
  readonly baud: () => number;
  /** What is in force now. */
  readonly setPoint: () => { readonly frequenciesMhz: readonly number[]; readonly ticketLog2: number; readonly workPeriodNs: number };
}

/** As many as the native queue holds. */
const MOST_DEPTH = 64;

interface InFlight {
  readonly word: number;
  readonly record: JobRecord;
  readonly beganNs: bigint;
}

interface Over extends InFlight {
  readonly endNs: bigint;
  readonly answers: number;
  readonly heard: Heard | null;
}

/** Words are numbered from 0; their works get their numbers as they leave, and are entered in the registry then. */
export class WordDialogue extends ChainDialogue<HeaderFields, Intake> {
  readonly #parts: WordDialogueParts;
  #nextWord = 0;
  #inFlight: InFlight | null = null;
  #over: Over[] = [];
  #lineFreeNs = 0n;

  /** DriverError DIALOGUE_REFUSED */
  constructor(parts: WordDialogueParts, options: ChainDialogueOptions) {
    const firstSeq = parts.intake.jobs.next.jobSeq;
    const depthHint = `Give 1 to ${MOST_DEPTH}.`;
    super(parts, options, { format: parts.midstates, firstSeq, noun: "words", mostWaiting: MOST_DEPTH, depthHint });
    this.#parts = parts;
  }

  /** A word for its turn; its number, or null when there is no room for it now. */
  offer(fields: HeaderFields): number | null {
    const { answers = 1, deadlineMs } = this.options;
    const { midstates, versionMask, workScale, setPoint } = this.#parts;
    const { ticketLog2, workPeriodNs } = setPoint();
    const word = { ...fields, version: (fields.version & ~versionMask) >>> 0 };
    const taken = this.dialogue.prepare({
      jobSeq: this.#nextWord,
      wireId: 0,
      frame: new Uint8Array(jobFrameBytes(midstates)),
      header: headerBytes(word, 0),
      versions: Array<number>(midstates).fill(word.version),
      zeroBits: this.zeroBits(ticketLog2, workScale),
      answers,
      deadlineMs,
      works: { periodNs: workPeriodNs, versionMask },
    });
    if (!taken) return null;
    this.offered.set(this.#nextWord, word);
    return this.#nextWord++;
  }

  override stop(): void {
    super.stop();
    this.#tell();
  }

  protected note(events: DialogueEvents): void {
    for (let row = 0; row < events.count; row++) {
      const kind = events.kind[row];
      if (kind === DIALOGUE_EVENT.sent || kind === DIALOGUE_EVENT.work) this.#sent(events, row);
      else this.#end(events, row);
    }
    // The intake asks for events when it has a batch of frames and has not judged it yet: the answer's own may be among them.
    if (this.#over.length > 0) queueMicrotask(() => this.#tell());
  }

  #sent(events: DialogueEvents, row: number): void {
    const word = events.word[row] ?? 0;
    const fields = this.offered.get(word);
    if (!fields) return;
    const { intake, midstates, versionMask, workScale, baud, setPoint } = this.#parts;
    const { frequenciesMhz, ticketLog2 } = setPoint();
    const [jobSeq, sentNs, beganNs] = [events.jobSeq[row] ?? 0, events.tNs[row] ?? 0n, events.turnNs[row] ?? 0n];
    const { ntime, versionBits } = workOfWord({ fields, versionMask, midstates }, events.index[row] ?? 0);
    const frequencyMhz = Math.max(...frequenciesMhz);
    const wireId = (jobSeq * midstates) % 128;
    const record = { ...fields, ntime, jobSeq, wireId, ticketLog2, workScale, sentNs, frequencyMhz, hashCountingNumber: null };
    // A work may have to wait until the one before has left.
    const lineNs = this.#lineFreeNs > beganNs ? this.#lineFreeNs : beganNs;
    this.#lineFreeNs = lineNs + BigInt(Math.round(wireNs(jobFrameBytes(midstates), baud())));
    intake.jobs.put(record, versionBits, false);
    // An answer is stamped after its first byte.
    const startNs = this.#lineFreeNs + BigInt(Math.round(wireNs(1, baud())));
    intake.jobs.started(jobSeq, { sentNs, startNs, frequenciesMhz });
    if (events.kind[row] === DIALOGUE_EVENT.sent) this.#inFlight = { word, record, beganNs };
    this.options.onSent?.(record);
  }

  #end(events: DialogueEvents, row: number): void {
    const word = events.word[row] ?? 0;
    this.offered.delete(word);
    const inFlight = this.#inFlight;
    if (inFlight?.word !== word) return;
    this.#inFlight = null;
    const heard = heardIn(events, row);
    const endNs = heard?.readNs ?? events.tNs[row] ?? 0n;
    this.#over.push({ ...inFlight, endNs, answers: events.answers[row] ?? 0, heard });
  }

  /** Hands over what is over, now that its answers have been judged. */
  #tell(): void {
    const over = this.#over;
    this.#over = [];
    for (const { heard, ...word } of over) {
      const answer = heard && this.#answer(word.record, heard);
      this.options.onExchange({ ...word, answer });
    }
  }

  #answer(first: JobRecord, heard: Heard): ExchangeAnswer | null {
    const response = decodeResponse(heard.bytes);
    if ("refused" in response || response.kind !== "nonce") return null;
    const { chips, midstates, versionMask } = this.#parts;
    const { slice, core } = decodeNonce(response, chips);
    const { midstate } = splitId(response.id, midstates);
    const versionBits = workOfWord({ fields: first, versionMask, midstates }, heard.index).versionBits[midstate] ?? 0;
    return this.answerOf(first, heard, { nonce: response.nonce, versionBits, chip: slice, core });
  }
}
