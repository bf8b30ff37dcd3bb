/** How an input drives chips: five modes, each with its settings, and what the host itself adds by it. DESIGN section 1.4, docs/drive-modes.md */
import { z } from "zod";
import { couplingSchema } from "./coupling.ts";
import { feedbackSchema, feedsBack } from "./feedback.ts";

const words = z.int().min(1).max(64);

const constant = z.strictObject({ name: z.literal("constant") });
const monologue = z.strictObject({ name: z.literal("monologue") });
const dialogue = z.strictObject({
  name: z.literal("dialogue"),
  words: words.default(4).describe("Jobs of a step, one at a time"),
  answers: words.default(1).describe("How many different answers let the next job go"),
  deadlineMs: z.number().min(1).max(60_000).default(250).describe("After so long without them the next job goes all the same, ms"),
  feedback: feedbackSchema.prefault({}),
});
const chorus = z.strictObject({ name: z.literal("chorus"), coupling: couplingSchema.prefault({}) });
const golden = z.strictObject({
  name: z.literal("golden"),
  replayMs: z.int().min(10).max(10_000).default(60).describe("For how long a replay of the job is listened to, ms"),
  mostReplays: z.int().min(2).max(1000).default(60).describe("Enrolment ends after so many at the latest"),
  quietReplays: z.int().min(1).max(100).default(8).describe("Enrolment ends when so many in a row brought nothing new"),
  checkReplays: z.int().min(1).max(100).default(8).describe("Replays at the enrolment's set-point after the run, to see what has changed"),
});

export const driveModeSchema = z
  .discriminatedUnion("name", [constant, monologue, dialogue, chorus, golden])
  .describe("How the input drives the board");

export type DriveMode = z.infer<typeof driveModeSchema>;
export type DialogueMode = z.infer<typeof dialogue>;
export type ChorusMode = z.infer<typeof chorus>;
export type GoldenMode = z.infer<typeof golden>;

export const DRIVE_MODES = ["constant", "monologue", "dialogue", "chorus", "golden"] as const satisfies readonly DriveMode["name"][];

/** A mode by its name, with the settings it has when none are given. */
export function defaultMode(name: DriveMode["name"]): DriveMode {
  return driveModeSchema.parse({ name });
}

/** How much of the past the host itself brings into a drive. */
export interface HostMemory {
  /** From how many steps back on, at the least, earlier steps reach the drive: 0 for not at all. */
  readonly lag: number;
  /** Whether it goes round: what was fed back shapes the answers that are fed back later, so that the past has no end. */
  readonly recursive: boolean;
  readonly words: string;
}

const NO_MEMORY: HostMemory = { lag: 0, recursive: false, words: "The host adds no memory." };

/** What the host adds: to be said beside every score. */
export function hostMemoryOf(mode: DriveMode): HostMemory {
  if (mode.name === "dialogue" && feedsBack(mode.feedback)) {
    const { signal, lag, into } = mode.feedback;
    const where = into === "job" ? "the jobs" : "the set-point";
    return {
      lag,
      recursive: true,
      words: `The host feeds the ${signal} of ${lag} step${lag > 1 ? "s" : ""} back into ${where}, and so carries all earlier steps along.`,
    };
  }
  if (mode.name === "chorus" && mode.coupling.gainMhz !== 0 && mode.coupling.clipMhz !== 0 && mode.coupling.reach !== 0)
    return {
      lag: 1,
      recursive: true,
      words: "The host feeds each chip's nonces of the last step into its neighbours' clocks, and so carries all earlier steps along.",
    };
  return NO_MEMORY;
}

const WORDS: Record<DriveMode["name"], string> = {
  constant: "The set-point stays where it is and the input is only noted: what scores here is leakage.",
  monologue: "Open loop: each input is one set-point, whatever the chips answer.",
  dialogue: "One job at a time: the next one leaves only upon an answer to the last, or at its deadline.",
  chorus: "Each chip has a clock of its own, moved by the input and by its neighbours' answers.",
  golden: "One short job whose nonces are known is replayed at each set-point: every one of them is hit or missed.",
};

/** A mode in a sentence. */
export function modeWords({ name }: DriveMode): string {
  return WORDS[name];
}
