/** A rig that is asked word by word: each step sets a point, then sends its jobs one at a time, each upon the answer to the one before. */
import { createHash } from "node:crypto";
import type { HeaderFields } from "../../common/block-header.ts";
import { AsicError, explain } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import type { Exchange } from "../../drivers/bm13xx/exchange.ts";
import type { Emitted, StepOutcome, Substrate } from "../../reservoir/substrate.ts";
import type { DialogueMode } from "../dispatcher/drive-mode.ts";
import { type AnswerMeans, Feedback } from "../dispatcher/feedback.ts";
import type { WorkDialogue } from "../hardware/hardware.ts";
import { syntheticHeaders } from "../jobs.ts";
import type { Session } from "../session.ts";
import { awaited } from "./awaited.ts";
import type { VoltageDrive } from "./rig-substrate.ts";
import { SENSOR_FEATURES, sensorFeatures } from "./sensor-features.ts";

/** Ids come round after 16 jobs; the native queue holds what a step needs at once up to here. */
const MOST_WAITING = 14;
/** Deadlines end each word by themselves: after twice their sum something else is wrong. */
const PATIENCE = 2;
/** Words leave only under the sentinel's lease, which is renewed ten times a second. */
const LEASE_GRACE_MS = 5_000;

const SUMS = ["answered", "waited, log sum", "residual sum (us)", "residual square sum (us^2)", "difficulty sum (log2)"] as const;

/** Waiting times are true whether an answer ended them or the deadline did; sums over answers are 0 without any. */
export class DialogueSubstrate implements Substrate {
  readonly name: string;
  readonly origin: Origin;
  readonly featureNames: readonly string[];
  readonly #session: Session;
  readonly #drive: Omit<VoltageDrive, "stepMs">;
  readonly #mode: DialogueMode;
  readonly #feedback: Feedback;
  readonly #headers: Iterator<HeaderFields, never>;
  #dialogue: WorkDialogue | null = null;
  #exchanges: Exchange[] = [];
  /** The step's first word: what became of earlier ones belongs to a step that was given up. */
  #firstWord = 0;
  #spoken: () => void = () => {};

  constructor(session: Session, drive: Omit<VoltageDrive, "stepMs">, mode: DialogueMode) {
    this.#session = session;
    this.#drive = drive;
    this.#mode = mode;
    this.#feedback = new Feedback(mode.feedback);
    this.#headers = syntheticHeaders(session.config.jobs.seed);
    this.name = session.config.rig;
    this.origin = session.config.origin;
    const waits = Array.from({ length: mode.words }, (_, word) => `waited for word ${word + 1} (ms)`);
    this.featureNames = [...waits, ...SUMS, ...SENSOR_FEATURES];
  }

  async open(): Promise<void> {
    const { words, answers, deadlineMs } = this.#mode;
    this.#dialogue = this.#session.rig.startDialogue({
      depth: Math.min(words, MOST_WAITING),
      answers,
      deadlineMs,
      onExchange: (exchange) => {
        if (exchange.word < this.#firstWord) return;
        this.#exchanges.push(exchange);
        this.#spoken();
      },
    });
  }

  async step(u: number, index: number, signal?: AbortSignal): Promise<StepOutcome> {
    const added = this.#feedback.next();
    const { into } = this.#mode.feedback;
    const driven = into === "set-point" ? Math.min(0.5, Math.max(0, u + added)) : u;
    const { minMv, maxMv } = this.#drive;
    try {
      const appliedMv = await this.#session.rig.setCoreVoltage(minMv + (driven / 0.5) * (maxMv - minMv));
      const exchanges = await this.#speak(into === "job" ? `${index} ${added}` : null, signal);
      this.#feedback.tell(meansOf(exchanges));
      const { readings, failed } = await this.#session.rig.board.read();
      this.#session.recorder.sample(this.#session.readingsOf(readings), this.#session.rig.setPoint, readings.atNs);
      const emitted: Emitted[] = [
        { knob: "core voltage (mV)", value: appliedMv },
        { knob: "fed back (u)", value: added },
        { knob: "first job", value: exchanges[0]?.record.jobSeq ?? Number.NaN },
      ];
      const features = Float64Array.from([...wordsOf(exchanges), ...sensorFeatures(readings)]);
      if (failed.length > 0) return { features, emitted, valid: false, reason: `could not read ${failed.join(", ")}` };
      return { features, emitted, valid: true };
    } catch (error) {
      if (signal?.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
      this.#feedback.tell(meansOf([]));
      return { features: new Float64Array(this.featureNames.length).fill(Number.NaN), emitted: [], valid: false, reason: explain(error) };
    }
  }

  close(): void {
    this.#dialogue?.stop();
    this.#dialogue = null;
  }

  /** The step's words, each with its exchange, in order. `seed`: what the content of the jobs depends on beside their number. */
  async #speak(seed: string | null, signal: AbortSignal | undefined): Promise<readonly Exchange[]> {
    const { words, deadlineMs } = this.#mode;
    this.#exchanges = [];
    let offered = 0;
    const offer = () => {
      while (offered < words) {
        const word = this.#dialogue?.offer(this.#nextJob(seed)) ?? null;
        if (word === null) return;
        if (offered++ === 0) this.#firstWord = word;
      }
    };
    const all = new Promise<void>((resolve) => {
      this.#spoken = () => {
        offer();
        if (this.#exchanges.length >= words) resolve();
      };
    });
    offer();
    try {
      await awaited(all, this.#session, PATIENCE * words * deadlineMs + LEASE_GRACE_MS, signal);
    } finally {
      this.#spoken = () => {};
    }
    return this.#exchanges.slice(0, words);
  }

  #nextJob(seed: string | null): HeaderFields {
    const fields = this.#headers.next().value;
    if (seed === null) return fields;
    return { ...fields, merkleRoot: createHash("sha256").update(fields.merkleRoot).update(seed).digest() };
  }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function answersOf(exchanges: readonly Exchange[]) {
  return exchanges.map(({ answer }) => answer).filter((answer) => answer !== null);
}

/** What may be fed back of a step. */
export function meansOf(exchanges: readonly Exchange[]): AnswerMeans {
  const answers = answersOf(exchanges);
  return {
    delayMs: meanOf(answers.map(({ delayNs }) => delayNs / 1e6)),
    residualUs: meanOf(answers.map(({ residualNs }) => residualNs / 1000).filter(Number.isFinite)),
    difficultyLog2: meanOf(answers.map(({ difficultyLog2 }) => difficultyLog2).filter(Number.isFinite)),
    core: meanOf(answers.map(({ core }) => core)),
  };
}

/** The features of a step's words, in the order of featureNames. */
export function wordsOf(exchanges: readonly Exchange[]): number[] {
  const waits = exchanges.map(({ record, answer, endNs }) => (answer ? answer.delayNs : Number(endNs - record.sentNs)) / 1e6);
  const answers = answersOf(exchanges);
  const residuals = answers.map(({ residualNs }) => residualNs / 1000).filter(Number.isFinite);
  const difficulties = answers.map(({ difficultyLog2 }) => difficultyLog2).filter(Number.isFinite);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return [
    ...waits,
    answers.length,
    sum(waits.map((ms) => Math.log1p(Math.max(0, ms)))),
    sum(residuals),
    sum(residuals.map((us) => us * us)),
    sum(difficulties),
  ];
}
