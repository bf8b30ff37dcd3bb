/** What the answers of earlier steps do to the next drive, as data, so that a report can say what the host itself computed. DESIGN section 1.4 */
import { z } from "zod";

export const FEEDBACK_SIGNALS = ["none", "delay", "residual", "difficulty", "core"] as const;

export const feedbackSchema = z
  .strictObject({
    signal: z
      .enum(FEEDBACK_SIGNALS)
      .default("none")
      .describe("What of a step's answers is fed back: mean delay (ms), mean residual (us), mean log2 of the difficulty, mean core number"),
    gain: z.number().default(0).describe("Units of u per unit of the signal"),
    offset: z.number().default(0).describe("Taken off the signal first, in its unit"),
    clip: z.number().min(0).max(0.5).default(0.1).describe("The feedback's largest size, units of u"),
    lag: z.int().min(1).max(64).default(1).describe("How many steps back the answers are taken from"),
    into: z
      .enum(["set-point", "job"])
      .default("set-point")
      .describe("What it changes: the set-point of the step, or the content of its jobs"),
  })
  .describe("Feedback of answers into the drive");

export type FeedbackSettings = z.infer<typeof feedbackSchema>;

/** Means over the answers of one step; NaN where there was none. */
export interface AnswerMeans {
  readonly delayMs: number;
  readonly residualUs: number;
  readonly difficultyLog2: number;
  readonly core: number;
}

const PICK: Record<Exclude<FeedbackSettings["signal"], "none">, (means: AnswerMeans) => number> = {
  delay: (means) => means.delayMs,
  residual: (means) => means.residualUs,
  difficulty: (means) => means.difficultyLog2,
  core: (means) => means.core,
};

/** Whether anything is fed back at all. */
export const feedsBack = ({ signal, gain, clip }: FeedbackSettings): boolean => signal !== "none" && gain !== 0 && clip !== 0;

/** The feedback of one run: told the answers of each step, asked what they do to the next. */
export class Feedback {
  readonly #settings: FeedbackSettings;
  readonly #past: number[] = [];

  constructor(settings: FeedbackSettings) {
    this.#settings = settings;
  }

  /** What the answers `lag` steps back add to the drive of the step that comes now, units of u: 0 when there were none. */
  next(): number {
    const { signal, gain, offset, clip, lag } = this.#settings;
    const seen = this.#past[this.#past.length - lag] ?? Number.NaN;
    if (signal === "none" || !Number.isFinite(seen)) return 0;
    return Math.min(clip, Math.max(-clip, gain * (seen - offset)));
  }

  /** The answers of the step that has just ended. */
  tell(means: AnswerMeans): void {
    const { signal, lag } = this.#settings;
    this.#past.push(signal === "none" ? Number.NaN : PICK[signal](means));
    if (this.#past.length > lag) this.#past.shift();
  }
}
