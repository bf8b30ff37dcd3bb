/** The controls of a study as rows: what each is, what it scored, what must hold, and what its failure does to the verdict. */
import type { Origin } from "../../../common/origin.ts";
import { betainc } from "../../statistics/special.ts";
import type { ControlScores, OthersMemory, SessionControls } from "./controls.ts";
import type { GateResult } from "./gate.ts";

/** What happens when a control does not hold. */
export type Consequence = "no answer" | "T2 at most" | "T3 at most" | "T4 at most";

export interface ControlRow {
  readonly name: string;
  /** What it is, in words. */
  readonly what: string;
  /** Whose states it used. */
  readonly origin: Origin | "software";
  /** Mean NRMSE of NARMA-10 over the sessions; or the number of sessions in which memory was found. */
  readonly measure: "NRMSE" | "sessions";
  /** null: it could not be run. */
  readonly score: number | null;
  /** The substrate's own figure in the same measure. */
  readonly substrate: number | null;
  /** Sessions in which it was run. */
  readonly sessions: number;
  /** What must hold. */
  readonly asked: string;
  readonly otherwise: Consequence;
  /** null: it could not be run, which `note` explains. */
  readonly holds: boolean | null;
  readonly note: string | null;
}

export interface ControlEvidence {
  readonly origin: Origin | "software";
  readonly sessions: readonly GateResult[];
  readonly controls: readonly SessionControls[];
  readonly shuffled: readonly GateResult[];
  /** States of a session held against another session's input. */
  readonly swapped: readonly OthersMemory[];
  /** States under a constant drive held against each session's input. */
  readonly constantDrive: readonly OthersMemory[];
}

export function controlRows(evidence: ControlEvidence): ControlRow[] {
  return [...scoredRows(evidence), ...countedRows(evidence)];
}

type Of = "both" | "alone";
const ASKED: Readonly<Record<Of, string>> = {
  both: "drive and states err less, by the rule of S5",
  alone: "the states alone err less, by the rule of S5",
};

/** Controls that predict NARMA-10 in the substrate's place. */
function scoredRows({ sessions, controls }: ControlEvidence): ControlRow[] {
  const row = (
    name: string,
    what: string,
    [score, against]: readonly [keyof ControlScores, Of],
    otherwise: Consequence,
    beaten: readonly (boolean | null)[],
    more: Partial<ControlRow> = {},
  ): ControlRow => ({
    name,
    what,
    origin: "software",
    measure: "NRMSE",
    score: meanOf(controls, score),
    substrate: meanOf(controls, against),
    sessions: controls.length,
    asked: ASKED[against],
    otherwise,
    holds: beaten.includes(null) ? null : beaten.every((one) => one === true),
    note: null,
    ...more,
  });
  const useful = sessions.map(({ usefulness }) => usefulness);
  const chance = controls.map(({ againstSurrogate }) => againstSurrogate?.answer ?? null);
  const fedBack = controls.some((one) => one.fedBack);
  return [
    row(
      "constant",
      "the mean of the targets",
      ["constant", "alone"],
      "T3 at most",
      controls.map(({ scores }) => scores.alone < scores.constant),
      { asked: "the states alone err less" },
    ),
    row(
      "u(t) only",
      "the present input, linear: no memory",
      ["inputOnly", "both"],
      "T2 at most",
      controls.map(({ againstInput }) => againstInput.answer),
    ),
    row(
      "taps",
      "as many past inputs as there are features, at most 30: a shift register",
      ["taps", "alone"],
      "T3 at most",
      useful.map(({ competitive }) => competitive.answer),
    ),
    row(
      "quadratic taps",
      "30 past inputs and their products (Volterra)",
      ["quadraticTaps", "alone"],
      "T4 at most",
      useful.map(({ advantage }) => advantage?.volterra.answer === true),
    ),
    row(
      "equal-size network",
      "a software echo state network of as many nodes as there are features",
      ["network", "alone"],
      "T4 at most",
      useful.map(({ advantage }) => advantage?.network.answer === true),
    ),
    row(
      "encoder bypass",
      "what the encoder emitted from the input, read past the substrate",
      ["bypass", "both"],
      "T2 at most",
      controls.map(({ againstBypass }) => againstBypass.answer),
    ),
    row(
      "host state",
      "all that the host emitted and fed back, without the substrate's answer",
      ["host", "both"],
      "T2 at most",
      useful.map((one) => one.useful.answer),
      fedBack ? {} : { note: "the host fed nothing back: the same as the bypass" },
    ),
    row(
      "Poisson surrogate",
      "chance with the same answer to the same log, beside the drive; as good as the substrate, it is not the substrate",
      ["surrogate", "both"],
      "T2 at most",
      chance,
      chance.includes(null) ? { note: "fewer than two of its features vary" } : {},
    ),
  ];
}

function meanOf(controls: readonly SessionControls[], which: keyof ControlScores): number | null {
  const values = controls.map(({ scores }) => scores[which]).filter((value) => value !== null);
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

/** Controls in which there is nothing to be found. */
function countedRows({ origin, sessions, controls, shuffled, swapped, constantDrive }: ControlEvidence): ControlRow[] {
  const alpha = sessions[0]?.plan.alpha ?? 0.01;
  const remembered = sessions.filter(({ capacities }) => capacities.memory.found).length;
  const row = (name: string, what: string, found: readonly (boolean | null)[], whyNot: string, from: ControlRow["origin"]): ControlRow => {
    const tested = found.filter((one) => one !== null);
    const count = tested.filter((one) => one).length;
    const ran = tested.length > 0;
    return {
      name,
      what,
      origin: from,
      measure: "sessions",
      score: ran ? count : null,
      substrate: remembered,
      sessions: tested.length,
      asked: "shows no memory in more sessions than chance gives",
      otherwise: "no answer",
      holds: ran ? !tooMany(count, tested.length, alpha) : null,
      note: ran ? null : whyNot,
    };
  };
  return [
    row(
      "surrogate at the gate",
      "the Poisson surrogate put through the whole procedure",
      controls.map((one) => (one.againstSurrogate === null ? null : one.surrogateMemory || one.surrogatePasses)),
      "fewer than two of its features vary",
      "software",
    ),
    row(
      "states in random order",
      "the substrate's own states, at other steps",
      shuffled.map(({ passes, capacities }) => passes || capacities.memory.found),
      "no session",
      origin,
    ),
    row(
      "another session's input",
      "each session's states against an input that did not drive them",
      swapped.map(({ found }) => found),
      swapped[0]?.why ?? "one session has no other",
      origin,
    ),
    row(
      "constant drive",
      "the states while the input stood still, against each session's input",
      constantDrive.map(({ found }) => found),
      constantDrive[0]?.why ?? "every step of it failed",
      origin,
    ),
  ];
}

/** A control with a level finds something now and then: too many are what chance gives less often than that level. */
function tooMany(found: number, sessions: number, alpha: number): boolean {
  // P(X >= found) of the binomial law; one in a single session is as rare as the level and counts.
  return found > 0 && betainc(found, sessions - found + 1, alpha) <= alpha + 1e-12;
}

const LIMITS: Readonly<Record<Exclude<Consequence, "no answer">, number>> = { "T2 at most": 2, "T3 at most": 3, "T4 at most": 4 };

/** The highest tier that the rows allow, 0 to 5. Rows that could not be run allow all. */
export function tierLimit(rows: readonly ControlRow[]): number {
  return Math.min(5, ...rows.map(({ holds, otherwise }) => (holds === false && otherwise !== "no answer" ? LIMITS[otherwise] : 5)));
}
