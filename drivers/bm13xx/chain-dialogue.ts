/** Word by word with a chain: jobs that wait for their turn, and what became of each (DESIGN section 1.4). What is a word, each chip says. */
import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { DIALOGUE_EVENT, type Dialogue, type DialogueCounters, type DialogueEvents, type DialogueOptions } from "../native/dialogue.ts";
import { FRAME_STRIDE } from "../transport/chip-link.ts";
import type { ChainDialogueOptions, ExchangeAnswer } from "./exchange.ts";
import { JudgedNonces } from "./judged-nonces.ts";

export interface ChainDialogueParts<Intake> {
  readonly intake: Intake;
  readonly start: (options: DialogueOptions) => Dialogue;
  readonly onStop: () => void;
}

/** Where frames are judged, as much as a dialogue needs of it. */
interface JudgingIntake {
  readonly nonceListeners: Set<(batch: NonceBatch) => void>;
  feedFrom(source: Dialogue | null): void;
}

/** What a chip's words are like. */
export interface WordKind {
  readonly format: DialogueOptions["format"];
  readonly firstSeq?: number;
  /** What waits, for people: jobs, words. */
  readonly noun: string;
  readonly mostWaiting: number;
  /** How to ask for less. */
  readonly depthHint: string;
}

/** The answer as the port's thread heard it. */
export interface Heard {
  readonly tNs: bigint;
  readonly sigmaNs: number;
  readonly readNs: bigint;
  /** How many works of the word came before the one it answers. */
  readonly index: number;
  /** The frame. */
  readonly bytes: Uint8Array;
}

/** Who gave an answer, and with which nonce. */
type Origin = Pick<ExchangeAnswer, "nonce" | "versionBits" | "chip" | "core">;

export abstract class ChainDialogue<Word = unknown, Intake extends JudgingIntake = JudgingIntake> {
  protected readonly options: ChainDialogueOptions;
  protected readonly dialogue: Dialogue;
  protected readonly offered = new Map<number, Word>();
  readonly #judged = new JudgedNonces();
  readonly #listen = (batch: NonceBatch) => this.#judged.add(batch);
  readonly #parts: ChainDialogueParts<Intake>;
  #stopped = false;

  /** DriverError DIALOGUE_REFUSED */
  constructor(parts: ChainDialogueParts<Intake>, options: ChainDialogueOptions, { noun, mostWaiting, depthHint, ...native }: WordKind) {
    const { depth } = options;
    if (!Number.isInteger(depth) || depth < 1 || depth > mostWaiting)
      throw new DriverError("DIALOGUE_REFUSED", `${depth} ${noun} cannot wait for their turn.`, depthHint, { depth });
    this.#parts = parts;
    this.options = options;
    this.dialogue = parts.start({
      ...native,
      depth,
      onEvents: (events) => this.note(events),
      onEnd: ({ code, message }) => {
        this.stop();
        options.onEnd(new DriverError("DIALOGUE_ENDED", `The dialogue ended (${code}): ${message}`, "Check the cable, then start again."));
      },
    });
    parts.intake.feedFrom(this.dialogue);
    parts.intake.nonceListeners.add(this.#listen);
  }

  /** For its turn; its number, or null when there is no room for it now. */
  abstract offer(fields: HeaderFields): number | null;

  /** What happened, in order. Of an answer, the frame has been handed over; whether it is judged by now the chip's intake decides. */
  protected abstract note(events: DialogueEvents): void;

  /** Words that wait or are in flight. */
  get waiting(): number {
    return this.offered.size;
  }

  /** Words leave until `ttlMs` from now; before the first call none does. */
  renew(ttlMs: number): void {
    this.dialogue.renew(ttlMs);
  }

  counters(): DialogueCounters {
    return this.dialogue.counters();
  }

  /** No word leaves any more; those that wait are forgotten. What left last stays with the chips. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.dialogue.stop();
    this.#parts.intake.feedFrom(null);
    this.#parts.intake.nonceListeners.delete(this.#listen);
    this.offered.clear();
    this.#parts.onStop();
  }

  /** Leading zero bits of an answer: the ticket's, or what was asked for beyond it, less what a twin leaves out. */
  protected zeroBits(ticketLog2: number, workScale: number): number {
    const { leastDifficulty = 1 } = this.options;
    return 32 + Math.max(ticketLog2, Math.ceil(Math.log2(leastDifficulty))) - workScale;
  }

  /** The answer with what its frame turned out to be. */
  protected answerOf({ sentNs }: JobRecord, { bytes, index, ...stamp }: Heard, origin: Origin): ExchangeAnswer {
    return { ...stamp, delayNs: Number(stamp.tNs - sentNs), ...origin, ...this.#judged.of(stamp.tNs, origin.nonce) };
  }
}

/** What an event says of its answer; null when there is none. */
export function heardIn(events: DialogueEvents, row: number): Heard | null {
  if (events.kind[row] !== DIALOGUE_EVENT.answered) return null;
  const at = row * FRAME_STRIDE;
  return {
    tNs: events.tNs[row] ?? 0n,
    sigmaNs: events.sigmaNs[row] ?? 0,
    readNs: events.turnNs[row] ?? 0n,
    index: events.index[row] ?? 0,
    bytes: events.bytes.slice(at + 1, at + 1 + (events.bytes[at] ?? 0)),
  };
}
