/** Two ways of giving a miner its work, A and B, in turn: A/B/A/B. How many shares tell them apart, and which block is when. CLAIMS A 22, G, N 5 */
import { ScienceError } from "../../../common/errors.ts";
import { normalQuantile, studentTQuantile, studentTSf } from "../../statistics/special.ts";

export interface ArmsQuestion {
  /** Gain in rate of B over A that is to be found: 0.25 is a quarter more. */
  readonly gain: number;
  /** Two-sided. */
  readonly alpha: number;
  readonly power: number;
}

export const USUAL: Pick<ArmsQuestion, "alpha" | "power"> = { alpha: 0.05, power: 0.8 };

/** Standard deviation of ln(rate B / rate A) of arms of equal length, the first with so many shares: counts are Poisson, or more regular after dead time. */
const deviation = (sharesOfA: number, gain: number): number => Math.sqrt(1 / sharesOfA + 1 / (sharesOfA * (1 + gain)));

/** Parameters of the model that the blocks are judged by: rate, gain, trend (arms-trend.ts). */
export const TREND_PARAMETERS = 3;
const degreesOf = (blocksPerArm: number): number => 2 * blocksPerArm - TREND_PARAMETERS;

/** What the gain's variance grows by because it must be told from a trend: A/B/A/B of n blocks correlates with their number by 3 / (n^2 - 1). */
const trendCost = (blocksPerArm: number): number => 1 / (1 - 3 / ((2 * blocksPerArm) ** 2 - 1));

/** Chance that arms of so many blocks, with so many shares in A, show a gain that is there. */
export function powerOfArms(sharesOfA: number, { gain, alpha }: Pick<ArmsQuestion, "gain" | "alpha">, blocksPerArm: number): number {
  const shift = Math.abs(Math.log(1 + gain)) / (deviation(sharesOfA, gain) * Math.sqrt(trendCost(blocksPerArm)));
  const degrees = degreesOf(blocksPerArm);
  const edge = studentTQuantile(alpha / 2, degrees);
  return studentTSf(edge - shift, degrees) + studentTSf(edge + shift, degrees);
}

/** Shares that arm A needs when nothing but luck scatters them. 25 %: 284, 5 %: 6436, 1 %: 157 800. ScienceError BAD_DESIGN. */
export function sharesByLuckAlone({ gain, alpha, power }: ArmsQuestion): number {
  requireQuestion({ gain, alpha, power });
  const multiple = (normalQuantile(1 - alpha / 2) + normalQuantile(power)) / Math.log(1 + gain);
  return Math.ceil(multiple ** 2 * (1 + 1 / (1 + gain)));
}

/** The same when the blocks themselves must say how much they scatter: with 8 an arm 18 % more, with 4 63 %, with 2 32 times as many. ScienceError BAD_DESIGN. */
export function sharesPerArm(question: ArmsQuestion, blocksPerArm: number): number {
  const { gain, alpha, power } = question;
  requireQuestion(question);
  const degrees = degreesOf(blocksPerArm);
  const ofPower = power < 0.5 ? -studentTQuantile(power, degrees) : studentTQuantile(1 - power, degrees);
  const multiple = (studentTQuantile(alpha / 2, degrees) + ofPower) / Math.log(1 + gain);
  return Math.ceil(multiple ** 2 * (1 + 1 / (1 + gain)) * trendCost(blocksPerArm));
}

function requireQuestion({ gain, alpha, power }: ArmsQuestion): void {
  if (gain > -1 && gain !== 0 && Number.isFinite(gain) && alpha > 0 && alpha < 0.5 && power > alpha && power < 1) return;
  throw new ScienceError(
    "BAD_DESIGN",
    `A gain of ${gain} at level ${alpha} with power ${power} is no question.`,
    "Ask for a gain above -1 that is not 0, a level below 0.5, and a power between the level and 1.",
    { gain, alpha, power },
  );
}

export type Arm = "A" | "B";

export interface ArmBlock {
  readonly arm: Arm;
  readonly startS: number;
  /** What comes in the first of these seconds is left out: work of the other arm that is still under way. */
  readonly settleS: number;
  /** With `settleS`. */
  readonly seconds: number;
}

/** Verified work of one block. */
export interface BlockCount {
  readonly arm: Arm;
  readonly shares: number;
  /** Without what was left out at its beginning. */
  readonly seconds: number;
}

export interface ArmsPlan {
  readonly question: ArmsQuestion;
  readonly sharesPerArm: number;
  readonly blocks: readonly ArmBlock[];
  readonly seconds: number;
}

export interface PlanSettings extends ArmsQuestion {
  /** Expected of arm A, shares a second. */
  readonly ratePerS: number;
  /** Blocks of each arm, at least two: one of each could not be told from a drift. */
  readonly blocksPerArm: number;
  readonly settleS: number;
}

/** A/B/A/B blocks of equal length, long enough for the shares that the question needs and one in ten more. ScienceError BAD_DESIGN. */
export function planArms({ ratePerS, blocksPerArm, settleS, ...question }: PlanSettings): ArmsPlan {
  if (!(ratePerS > 0 && Number.isInteger(blocksPerArm) && blocksPerArm >= 2 && settleS >= 0))
    throw new ScienceError(
      "BAD_DESIGN",
      `${blocksPerArm} blocks an arm at ${ratePerS} shares/s, ${settleS} s of each left out, are no design.`,
      "Use two blocks an arm or more, and a rate above 0.",
    );
  const needed = sharesPerArm(question, blocksPerArm);
  const seconds = settleS + (1.1 * needed) / ratePerS / blocksPerArm;
  const blocks = Array.from(
    { length: 2 * blocksPerArm },
    (_, i): ArmBlock => ({ arm: i % 2 === 0 ? "A" : "B", startS: i * seconds, settleS, seconds }),
  );
  return { question, sharesPerArm: needed, blocks, seconds: 2 * blocksPerArm * seconds };
}
