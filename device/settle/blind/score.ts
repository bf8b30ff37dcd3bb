/** How good the instrument is, once the key is known. */
import type { Origin } from "../../../common/origin.ts";
import { binomialInterval } from "../../../reservoir/statistics/binomial.ts";
import { ksTest } from "../../../reservoir/statistics/kolmogorov-smirnov.ts";
import type { PlantedAnswer } from "../../planted/unseal.ts";
import { BLIND_ALPHA, type BlindAnswer } from "./instrument.ts";

/** What was said of a file. */
export interface AnsweredFile {
  readonly recording: string;
  /** Of what was read; null when there was nothing to read. */
  readonly sha256: string | null;
  /** Of the drive beside it; null where there was none. */
  readonly driveSha256: string | null;
  readonly answer: BlindAnswer | null;
  /** Why there is no answer; null when there is one. */
  readonly problem: string | null;
  /** What was left out. */
  readonly remarks: readonly string[];
}

export interface Rate {
  readonly found: number;
  readonly files: number;
  /** Clopper and Pearson, 95 %. */
  readonly interval: readonly [number, number];
}

/** Another generator may have one word for both. */
export const effectText = ({ effect, kind }: { readonly effect: string; readonly kind: string }) =>
  effect === kind ? effect : `${effect} ${kind}`;

export interface ScoreCard {
  readonly alpha: number;
  readonly files: number;
  /** Files without an answer: neither right nor wrong, and counted as not found. */
  readonly unanswered: number;
  readonly falsePositives: Rate;
  /** At other levels of the same p-values, the decision's own among them. */
  readonly falsePositivesAt: readonly (Rate & { readonly alpha: number })[];
  /** By what the set they came with had planted in its others: a null keeps all of an effect but its signal. */
  readonly falsePositivesBy: readonly (Rate & { readonly effect: string; readonly kind: string })[];
  /** Of all that had something planted, whatever it was. */
  readonly planted: Rate;
  readonly power: readonly (Rate & { readonly effect: string; readonly kind: string; readonly strength: number })[];
  /** Of the p-values of the nulls against uniform ones; null without nulls. */
  readonly calibration: { readonly distance: number; readonly pValue: number } | null;
  /** p-values of the nulls, rising. */
  readonly nullP: readonly number[];
  /** Of the file of answers that were scored. */
  readonly answersSha256: string;
  /** Of the keys, set by set. */
  readonly commitments: readonly string[];
  /** Of the recordings. */
  readonly origins: readonly Origin[];
}

interface Keyed extends AnsweredFile {
  readonly key: PlantedAnswer["recordings"][number];
}

/** Answers of any number of sets with their keys. Files that the key does not know are left out. */
export function scoreBlind(
  sets: readonly { readonly answers: readonly AnsweredFile[]; readonly key: PlantedAnswer }[],
): Omit<ScoreCard, "answersSha256" | "commitments" | "origins"> {
  const keyed: Keyed[] = sets.flatMap(({ answers, key }) =>
    answers.flatMap((one) => {
      const own = key.recordings.find(({ recording }) => recording === one.recording);
      return own === undefined ? [] : [{ ...one, key: own }];
    }),
  );
  const nulls = keyed.filter(({ key }) => !key.planted);
  const planted = keyed.filter(({ key }) => key.planted);
  const groups = grouped(planted, ({ key }) => `${key.effect} ${key.kind} ${key.strength}`);
  const nullGroups = grouped(nulls, ({ key }) => `${key.effect} ${key.kind}`);
  const nullP = nulls.flatMap(({ answer }) => (answer === null ? [] : [answer.pValue])).sort((a, b) => a - b);
  return {
    alpha: BLIND_ALPHA,
    files: keyed.length,
    unanswered: keyed.filter(({ answer }) => answer === null).length,
    falsePositives: rateOf(nulls),
    falsePositivesAt: LEVELS.map((alpha) => ({ alpha, ...rateOf(nulls, alpha) })),
    falsePositivesBy: nullGroups.map((group) => {
      const { effect, kind } = (group[0] as Keyed).key;
      return { effect, kind, ...rateOf(group) };
    }),
    planted: rateOf(planted),
    power: groups
      .map((group) => {
        const { effect, kind, strength } = (group[0] as Keyed).key;
        return { effect, kind, strength, ...rateOf(group) };
      })
      .sort((a, b) => `${a.effect} ${a.kind}`.localeCompare(`${b.effect} ${b.kind}`) || a.strength - b.strength),
    calibration: nullP.length > 0 ? ksTest(nullP, (p) => Math.min(1, Math.max(0, p))) : null,
    nullP,
  };
}

function grouped(files: readonly Keyed[], by: (one: Keyed) => string): Keyed[][] {
  const groups = new Map<string, Keyed[]>();
  for (const one of files) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return [...groups.values()];
}

const LEVELS = [0.01, BLIND_ALPHA, 0.05, 0.1] as const;

function rateOf(files: readonly AnsweredFile[], alpha: number = BLIND_ALPHA): Rate {
  const found = files.filter(({ answer }) => answer !== null && answer.pValue < alpha).length;
  return { found, files: files.length, interval: files.length > 0 ? binomialInterval(found, files.length) : [0, 1] };
}
