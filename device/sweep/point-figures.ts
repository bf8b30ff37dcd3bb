/** What came out of one point: every figure with its interval. */
import { concatNonces, countByStatus, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { binomialInterval } from "../../reservoir/statistics/binomial.ts";
import { coefficientOfVariation } from "../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../reservoir/statistics/cv-band.ts";
import { fitDeadTime, intervalsOf } from "../../reservoir/statistics/intervals.ts";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import { poissonInterval } from "./poisson-interval.ts";
import { regimeOf } from "./regime.ts";

export interface Counted {
  readonly seconds: number;
  readonly batches: readonly NonceBatch[];
  readonly powersW: readonly number[];
  readonly tempsC: readonly number[];
}

export interface Place {
  readonly setPoint: SetPoint;
  readonly index: number;
  readonly total: number;
  readonly expectedGhs: number;
}

const HASHES_PER_DIFFICULTY = 2 ** 32;
/** Fewer have no order worth a CV. */
const LEAST_INTERVALS = 3;

export function pointFigures({ setPoint, index, total, expectedGhs }: Place, { seconds, batches, powersW, tempsC }: Counted): SweepPoint {
  const all = concatNonces(batches);
  const nonces = countByStatus(all);
  const ghsPerNonce = (HASHES_PER_DIFFICULTY * setPoint.ticketDifficulty) / seconds / 1e9;
  const hashRateGhs = nonces.valid * ghsPerNonce;
  const validInterval = poissonInterval(nonces.valid);
  const powerW = mean(powersW);
  const invalidShare = shareOf(nonces.invalid, nonces.valid + nonces.invalid);
  const { regime, reason } = regimeOf({
    invalidShare,
    rateShare: { low: (validInterval[0] * ghsPerNonce) / expectedGhs, high: (validInterval[1] * ghsPerNonce) / expectedGhs },
  });
  return {
    ...setPoint,
    index,
    total,
    status: "done",
    reason: null,
    seconds,
    nonces,
    hashRateGhs,
    expectedGhs,
    powerW,
    chipTempC: mean(tempsC),
    joulesPerTerahash: powerW !== null && hashRateGhs > 0 ? (1000 * powerW) / hashRateGhs : null,
    joulesPerTerahashInterval: powerW !== null ? energyInterval(powerW, powersW, hashRateGhs, nonces.valid, validInterval) : null,
    invalidShare,
    regime,
    regimeReason: reason,
    ...timing(all),
  };
}

/** A point that was not measured: refused, or not survived. */
export function unmeasured({ setPoint, index, total, expectedGhs }: Place, reason: string, silent: boolean): SweepPoint {
  const none = concatNonces([]);
  return {
    ...setPoint,
    index,
    total,
    status: "invalid",
    reason,
    seconds: 0,
    nonces: countByStatus(none),
    hashRateGhs: null,
    expectedGhs,
    powerW: null,
    chipTempC: null,
    joulesPerTerahash: null,
    cv: null,
    cvBand: null,
    ...(silent ? { regime: "dead", regimeReason: "the chips stopped answering" } : {}),
  };
}

function shareOf(part: number, of: number): { share: number; low: number; high: number } | null {
  if (of === 0) return null;
  const [low, high] = binomialInterval(part, of);
  return { share: part / of, low, high };
}

/** Readings of one converter are not independent: their own spread stands for the mean's. */
function energyInterval(
  powerW: number,
  powersW: readonly number[],
  hashRateGhs: number,
  valid: number,
  [fewest, most]: readonly [number, number],
): [number, number] | null {
  if (valid === 0) return null;
  const spread = Math.sqrt(powersW.reduce((sum, value) => sum + (value - powerW) ** 2, 0) / powersW.length);
  const ofPower = (1.96 * spread) / powerW;
  const middle = (1000 * powerW) / hashRateGhs;
  return [middle * (1 - Math.hypot(ofPower, 1 - valid / most)), middle * (1 + Math.hypot(ofPower, valid / fewest - 1))];
}

/** The CV of the verified nonces' intervals, beside a Poisson process's, with and without the dead time that these intervals show. CLAIMS.md B */
function timing(all: NonceBatch): Pick<SweepPoint, "cv" | "cvBand" | "cvNull"> {
  const times = Array.from(all.tNs)
    .filter((_, i) => all.status[i] === STATUS.valid)
    .map((tNs) => Number(tNs - (all.tNs[0] as bigint)))
    .sort((a, b) => a - b);
  const cv = coefficientOfVariation(times);
  if (times.length <= LEAST_INTERVALS) return { cv, cvBand: null, cvNull: null };
  const cvBand = poissonCvBand(times.length - 1);
  const { deadTime, cv: expected } = fitDeadTime(intervalsOf(times));
  // Dead time and an exponential rest: the CV is the rest's, in the share that the rest has of the mean.
  return { cv, cvBand, cvNull: { deadTimeMs: deadTime / 1e6, cv: expected, band: [expected * cvBand[0], expected * cvBand[1]] } };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
