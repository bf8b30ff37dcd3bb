/** What the counts of an A/B/A/B experiment say of a claimed gain. CLAIMS A 22, G, N 9, N 10 */
import { ScienceError } from "../../../common/errors.ts";
import { binomialInterval } from "../../statistics/binomial.ts";
import { normalSf } from "../../statistics/special.ts";
import type { Answer } from "../gate/conclusion.ts";
import { type Arm, type ArmsQuestion, type BlockCount, powerOfArms, sharesPerArm } from "./arms-design.ts";
import { fitTrend, type TrendFit } from "./arms-trend.ts";

export interface ArmsVerdict {
  readonly answer: Answer;
  readonly because: string;
  readonly ratePerS: Readonly<Record<Arm, number>>;
  readonly shares: Readonly<Record<Arm, number>>;
  /** Rate B / rate A - 1, and where it lies in 1 - alpha of all cases: with nothing but luck, and as the blocks scatter about a trend, both. */
  readonly gain: number;
  readonly gainInterval: readonly [number, number];
  /** Of no gain at all, two-sided. */
  readonly p: number;
  /** Variance of the blocks' counts about their trend over a Poisson process' own, and the chance of so much. */
  readonly dispersion: number;
  readonly dispersionP: number;
  /** With so many shares, and if the gain were there. */
  readonly power: number;
  readonly sharesNeeded: number;
  /** What the dead time of arm A would give to whoever ends it; null when it was not measured. */
  readonly handOverGain: number | null;
}

/**
 * `handOverGain`: rate x dead time of arm A, where its own job changes cost it hashing (CLAIMS G): a gain that is no more than that is trivially true.
 * ScienceError BAD_DESIGN without two blocks of each arm.
 */
export function judgeArms(
  blocks: readonly BlockCount[],
  question: ArmsQuestion,
  handOverGain: { readonly gain: number; readonly interval: readonly [number, number] } | null = null,
): ArmsVerdict {
  const of = (arm: Arm) => blocks.filter((block) => block.arm === arm);
  const total = (arm: Arm, what: "shares" | "seconds") => of(arm).reduce((sum, block) => sum + block[what], 0);
  if (of("A").length < 2 || of("B").length < 2 || !blocks.every(({ seconds }) => seconds > 0))
    throw new ScienceError("BAD_DESIGN", "Two blocks of each arm are the least, each of some length.", "Run A/B/A/B, or longer.", {
      blocks,
    });
  const shares = { A: total("A", "shares"), B: total("B", "shares") };
  const seconds = { A: total("A", "seconds"), B: total("B", "seconds") };
  const ratePerS = { A: shares.A / seconds.A, B: shares.B / seconds.B };
  const blocksPerArm = Math.min(of("A").length, of("B").length);
  const trend = fitTrend(blocks, question.alpha);
  const common = {
    ratePerS,
    shares,
    ...(trend === null ? NOTHING_FOUND : gainOf(shares, seconds, question.alpha, trend)),
    power: shares.A === 0 ? 0 : powerOfArms(shares.A, question, blocksPerArm),
    sharesNeeded: sharesPerArm(question, blocksPerArm),
    handOverGain: handOverGain?.gain ?? null,
  };
  return { ...conclusion(question, common, handOverGain), ...common };
}

type Gain = Pick<ArmsVerdict, "gain" | "gainInterval" | "p" | "dispersion" | "dispersionP">;

/** An arm without a share. */
const NOTHING_FOUND: Gain = {
  gain: Number.NaN,
  gainInterval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  p: 1,
  dispersion: Number.NaN,
  dispersionP: Number.NaN,
};

/**
 * Two intervals, and what lies in either: the exact one of counts that only luck scatters, given how many there were in all (Clopper and Pearson), which the
 * blocks of a lucky experiment would undercut; and that of the blocks about their trend, which a drift or a radio widens. Either alone claims too much: the
 * first where blocks differ, the second where few shares came.
 */
function gainOf(
  shares: Readonly<Record<Arm, number>>,
  seconds: Readonly<Record<Arm, number>>,
  alpha: number,
  { gainInterval: [low, high], p, dispersion, dispersionP }: TrendFit,
): Gain {
  const ratioOf = (share: number) => (share / (1 - share)) * (seconds.A / seconds.B);
  const [least, most] = binomialInterval(shares.B, shares.A + shares.B, alpha / 2).map(ratioOf) as [number, number];
  const gain = shares.B / seconds.B / (shares.A / seconds.A) - 1;
  const byLuck = 2 * normalSf(Math.abs(Math.log1p(gain)) / Math.sqrt(1 / shares.A + 1 / shares.B));
  return { gain, gainInterval: [Math.min(low, least - 1), Math.max(high, most - 1)], p: Math.max(p, byLuck), dispersion, dispersionP };
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

function conclusion(
  question: ArmsQuestion,
  { gain, gainInterval: [low, high], shares, sharesNeeded, power }: Omit<ArmsVerdict, "answer" | "because">,
  handOver: { readonly gain: number; readonly interval: readonly [number, number] } | null,
): { answer: Answer; because: string } {
  const claimed = question.gain;
  const measured = `B did ${percent(gain)} more than A (${percent(low)} to ${percent(high)})`;
  const excluded = claimed > 0 ? high < claimed : low > claimed;
  const shown = claimed > 0 ? low > 0 : high < 0;
  if (shares.A < sharesNeeded && !(excluded || shown))
    return {
      answer: "not testable with these data",
      because: `${shares.A} shares in arm A show a gain of ${percent(claimed)} in ${percent(power)} of cases; it takes ${sharesNeeded}.`,
    };
  // What A loses to its own job changes, B need only not lose.
  if (shown && handOver !== null && handOver.interval[0] > 0 && low <= handOver.interval[1])
    return {
      answer: "trivially true",
      because: `${measured}, and A's own job changes had cost it as much: ending them gives ${percent(handOver.gain)} (${percent(handOver.interval[0])} to ${percent(handOver.interval[1])}) to anybody.`,
    };
  if (excluded) return { answer: "refuted", because: `${measured}, and the claim is ${percent(claimed)}.` };
  if (shown) return { answer: "reproduced", because: `${measured}, and the claim is ${percent(claimed)}.` };
  return {
    answer: "not testable with these data",
    because: `${measured}: neither nothing nor ${percent(claimed)} is excluded, though ${shares.A} shares should have told them apart. Blocks that differ by more than luck widen the interval.`,
  };
}
