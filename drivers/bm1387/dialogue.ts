/** Word by word with a chain that cannot wait: a word is a row of works (drivers/native/dialogue.h), and any answer to one of them answers it. */
import { type HeaderFields, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import type { ChainDialogueOptions, Exchange, ExchangeAnswer } from "../bm1366/dialogue.ts";
import { DIALOGUE_EVENT, type Dialogue, type DialogueCounters, type DialogueEvents, type DialogueOptions } from "../native/dialogue.ts";
import { jobFrameBytes } from "../native/work-pump.ts";
import { FRAME_STRIDE } from "../transport/chip-link.ts";
import type { Intake } from "./intake.ts";
import type { MidstateCount } from "./job.ts";
import { decodeNonce, splitId } from "./nonce.ts";
import { decodeResponse } from "./response.ts";
import { workOfWord } from "./word-works.ts";

export interface WordDialogueParts {
  readonly intake: Intake;
  readonly chips: number;
  readonly midstates: MidstateCount;
  readonly versionMask: number;
  readonly workScale: number;
  readonly baud: () => number;
  /** What is in force now. */
  readonly setPoint: () => { readonly frequenciesMhz: readonly number[]; readonly ticketLog2: number; readonly workPeriodNs: number };
  readonly start: (options: DialogueOptions) => Dialogue;
  readonly onStop: () => void;
}

/** As many as the native queue holds. */
const MOST_DEPTH = 64;
/** Answers whose word is not over yet; a board of 63 chips at ticket 1 finds as many in a third of a second. */
const MOST_JUDGED = 1024;

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

/** The answer as the native thread heard it. */
interface Heard {
  readonly tNs: bigint;
  readonly sigmaNs: number;
  readonly readNs: bigint;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** Words are numbered from 0; their works get their numbers as they leave, and are entered in the registry then. */
export class WordDialogue {
  readonly #parts: WordDialogueParts;
  readonly #options: ChainDialogueOptions;
  readonly #dialogue: Dialogue;
  readonly #offered = new Map<number, HeaderFields>();
  readonly #listen = (batch: NonceBatch) => this.#hear(batch);
  readonly #judged = new Map<string, { readonly difficultyLog2: number; readonly residualNs: number }>();
  #nextWord = 0;
  #inFlight: InFlight | null = null;
  #over: Over[] = [];
  #lineFreeNs = 0n;
  #stopped = false;

  /** DriverError DIALOGUE_REFUSED */
  constructor(parts: WordDialogueParts, options: ChainDialogueOptions) {
    const { depth } = options;
    if (!Number.isInteger(depth) || depth < 1 || depth > MOST_DEPTH)
      throw new DriverError("DIALOGUE_REFUSED", `${depth} words cannot wait for their turn.`, `Give 1 to ${MOST_DEPTH}.`, { depth });
    this.#parts = parts;
    this.#options = options;
    this.#dialogue = parts.start({
      format: parts.midstates,
      depth,
      firstSeq: parts.intake.jobs.next.jobSeq,
      onEvents: (events) => this.#note(events),
      onEnd: ({ code, message }) => {
        this.stop();
        options.onEnd(new DriverError("DIALOGUE_ENDED", `The dialogue ended (${code}): ${message}`, "Check the cable, then start again."));
      },
    });
    parts.intake.feedFrom(this.#dialogue);
    parts.intake.nonceListeners.add(this.#listen);
  }

  /** Words that wait or are in flight. */
  get waiting(): number {
    return this.#offered.size;
  }

  /** A word for its turn; its number, or null when there is no room for it now. */
  offer(fields: HeaderFields): number | null {
    const { answers = 1, deadlineMs, leastDifficulty = 1 } = this.#options;
    const { midstates, versionMask, workScale, setPoint } = this.#parts;
    const { ticketLog2, workPeriodNs } = setPoint();
    const word = { ...fields, version: (fields.version & ~versionMask) >>> 0 };
    const taken = this.#dialogue.prepare({
      jobSeq: this.#nextWord,
      wireId: 0,
      frame: new Uint8Array(jobFrameBytes(midstates)),
      header: headerBytes(word, 0),
      versions: Array<number>(midstates).fill(word.version),
      zeroBits: 32 + Math.max(ticketLog2, Math.ceil(Math.log2(leastDifficulty))) - workScale,
      answers,
      deadlineMs,
      works: { periodNs: workPeriodNs, versionMask },
    });
    if (!taken) return null;
    this.#offered.set(this.#nextWord, word);
    return this.#nextWord++;
  }

  /** Works leave until `ttlMs` from now; before the first call none does. */
  renew(ttlMs: number): void {
    this.#dialogue.renew(ttlMs);
  }

  counters(): DialogueCounters {
    return this.#dialogue.counters();
  }

  /** No work leaves any more; words that wait are forgotten. The last work stays with the chips. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#dialogue.stop();
    this.#tell();
    this.#parts.intake.feedFrom(null);
    this.#parts.intake.nonceListeners.delete(this.#listen);
    this.#offered.clear();
    this.#parts.onStop();
  }

  #note(events: DialogueEvents): void {
    for (let row = 0; row < events.count; row++) {
      const kind = events.kind[row];
      if (kind === DIALOGUE_EVENT.sent || kind === DIALOGUE_EVENT.work) this.#sent(events, row);
      else this.#end(events, row);
    }
    // Events may come while a batch of frames waits to be judged, the answer's own among them: then it is looked at first.
    if (this.#over.length > 0) queueMicrotask(() => this.#tell());
  }

  #sent(events: DialogueEvents, row: number): void {
    const word = events.word[row] ?? 0;
    const fields = this.#offered.get(word);
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
    this.#options.onSent?.(record);
  }

  #end(events: DialogueEvents, row: number): void {
    const word = events.word[row] ?? 0;
    this.#offered.delete(word);
    const inFlight = this.#inFlight;
    if (inFlight?.word !== word) return;
    this.#inFlight = null;
    const [tNs, readNs, answers] = [events.tNs[row] ?? 0n, events.turnNs[row] ?? 0n, events.answers[row] ?? 0];
    const at = row * FRAME_STRIDE;
    const bytes = events.bytes.slice(at + 1, at + 1 + (events.bytes[at] ?? 0));
    const heard =
      events.kind[row] === DIALOGUE_EVENT.answered
        ? { tNs, sigmaNs: events.sigmaNs[row] ?? 0, readNs, index: events.index[row] ?? 0, bytes }
        : null;
    this.#over.push({ ...inFlight, endNs: heard ? readNs : tNs, answers, heard });
  }

  /** Hands over what is over, now that its answers have been judged. */
  #tell(): void {
    const over = this.#over;
    this.#over = [];
    for (const { heard, ...word } of over) {
      const answer = heard ? this.#answer(word.record, heard) : null;
      this.#options.onExchange({ ...word, answer } satisfies Exchange);
    }
  }

  #answer(first: JobRecord, { bytes, index, ...stamp }: Heard): ExchangeAnswer | null {
    const response = decodeResponse(bytes);
    if ("refused" in response || response.kind !== "nonce") return null;
    const { chips, midstates, versionMask } = this.#parts;
    const { slice, core } = decodeNonce(response, chips);
    const { midstate } = splitId(response.id, midstates);
    const versionBits = workOfWord({ fields: first, versionMask, midstates }, index).versionBits[midstate] ?? 0;
    const { nonce } = response;
    const { difficultyLog2 = Number.NaN, residualNs = Number.NaN } = this.#judged.get(keyOf(nonce, versionBits)) ?? {};
    return { ...stamp, delayNs: Number(stamp.tNs - first.sentNs), nonce, versionBits, chip: slice, core, difficultyLog2, residualNs };
  }

  #hear(batch: NonceBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const judged = { difficultyLog2: batch.difficultyLog2[row] ?? Number.NaN, residualNs: batch.residualNs[row] ?? Number.NaN };
      this.#judged.set(keyOf(batch.nonce[row] ?? 0, batch.versionBits[row] ?? 0), judged);
      if (this.#judged.size <= MOST_JUDGED) continue;
      const [oldest] = this.#judged.keys();
      if (oldest !== undefined) this.#judged.delete(oldest);
    }
  }
}

const keyOf = (nonce: number, versionBits: number) => `${nonce} ${versionBits}`;
