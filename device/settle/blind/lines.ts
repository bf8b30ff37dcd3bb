/** The strongest line anywhere in a band, in the delays and in the rate. */
import { type Looked, type Observed, stepsAt } from "./observed.ts";
import { leastLine } from "./power.ts";
import { inputOf, presentDrive, sinceStep } from "./present-drive.ts";
import { less, levelled, runningMean } from "./scores.ts";
import { type Binned, binsFor, type Spectrum, spectrumOf, strongestPeak } from "./spectrum.ts";

const LINE_HZ = [0.6, 10] as const;
/** Fewer cycles of the lowest frequency than this, and a line cannot be told from a drift. */
const LEAST_CYCLES = 6;

/** Half the width that a line of the steps themselves has, cycles of the record. */
const STEP_LINE_CYCLES = 3;

/** A line whose double is as loud comes from a clock that lets answers through, such as polling or a radio's beacon, and not from a rate that swings. */
const COMB_SHARE = 0.36;
const COMB_BELOW = 0.01;
/** A comb's own skirts reach far: what is looked at ends well below it. */
const BELOW_COMB = 0.7;
/** Share of all answers, squared, that keeps time with a comb; a rate that swings by less than 0.6 has less. */
const COMB_LOUD = 0.1;
const COMB_HZ = 40;
/** Rates that change more slowly than this are drifts. */
const DRIFT_S = 10;

/** Of a drive with fewer there is too little to take out. */
const LEAST_STEPS = 30;

/** Delays that change more slowly than this are drifts. */
const LEVEL_S = 4;

/** Not where answers wait for a comb: what their delays do at its frequency and at that of the steps makes lines anywhere. */
export function lineInDelays(observed: Observed, scores: Float64Array): Looked | null {
  const { tS, chip } = observed;
  const binned = emptyBins(tS);
  if (binned === null || combHz(tS) !== null) return null;
  const answers = (LEVEL_S * tS.length) / new Set(chip).size / binned.lengthS;
  const level = levelled(chip, lessPresent(observed, scores), Math.max(3, Math.round(answers)));
  add(binned, tS, (i) => level[i] as number);
  const variance = level.reduce((sum, score) => sum + score * score, 0);
  if (!(variance > 0)) return { pValue: 1, least: null };
  const peak = strongestPeak(spectrumOf(binned, variance), ...LINE_HZ, offSteps(observed));
  return peak && { pValue: peak.pValue, least: (level) => leastLine(tS.length, level, peak.looks) };
}

/** An answer to the drive is noise beside a line: loud steps would drown it. */
function lessPresent({ tS, drive }: Observed, scores: Float64Array): Float64Array {
  if (drive.length < LEAST_STEPS) return scores;
  const steps = stepsAt(tS, drive);
  return less(scores, presentDrive(steps, inputOf(drive), sinceStep(tS, drive, steps)));
}

/** Of the comb that most answers keep time with; null where there is none. */
export function combHz(tS: Float64Array): number | null {
  const binned = emptyBins(tS);
  if (binned === null) return null;
  add(binned, tS, () => 1);
  const spectrum = spectrumOf(binned, tS.length);
  const { stepHz, power } = spectrum;
  const loud = COMB_LOUD * tS.length;
  for (let k = Math.ceil(LINE_HZ[0] / stepHz); k * stepHz < COMB_HZ; k++)
    if ((power[k] as number) > loud && isComb(spectrum, k * stepHz)) return k * stepHz;
  return null;
}

function emptyBins(tS: Float64Array): Binned | null {
  const lengthS = (tS[tS.length - 1] as number) - (tS[0] as number);
  return lengthS * LINE_HZ[0] < LEAST_CYCLES ? null : binsFor(lengthS);
}

function add({ binS, sums }: Binned, tS: Float64Array, weight: (event: number) => number): void {
  const firstS = tS[0] as number;
  for (let i = 0; i < tS.length; i++) {
    const bin = Math.floor(((tS[i] as number) - firstS) / binS);
    sums[bin] = (sums[bin] as number) + weight(i);
  }
}

/** Around a change of clock answers are late or have no ideal time: a line at the rate of the steps, and at its multiples, says nothing of the chip. */
function offSteps({ tS, drive }: Observed): (hz: number) => boolean {
  const lengths = drive
    .slice(1)
    .map(({ tS: at }, i) => at - (drive[i]?.tS ?? 0))
    .sort((a, b) => a - b);
  const stepS = lengths[Math.floor(lengths.length / 2)] ?? 0;
  if (!(stepS > 0)) return () => true;
  const lengthS = (tS[tS.length - 1] as number) - (tS[0] as number);
  return (hz) => hz * stepS < 0.5 || Math.abs(hz * stepS - Math.round(hz * stepS)) >= (STEP_LINE_CYCLES * stepS) / lengthS;
}

/** What the drive and slow drifts explain is taken out. */
export function lineInRate(observed: Observed): Looked | null {
  const { tS } = observed;
  const binned = emptyBins(tS);
  if (binned === null) return null;
  add(binned, tS, () => 1);
  takeExpected(binned, observed);
  const spectrum = spectrumOf(binned, tS.length);
  const counts = offSteps(observed);
  const [fromHz, highestHz] = LINE_HZ;
  const comb = combHz(tS);
  let toHz = comb === null ? highestHz : Math.min(highestHz, BELOW_COMB * comb);
  for (;;) {
    const peak = strongestPeak(spectrum, fromHz, toHz, counts);
    if (peak === null) return null;
    // A rate that swings by a depth has a line of depth^2 n / 4 where a correlation r has one of r^2 n / 2.
    if (peak.pValue > COMB_BELOW || !isComb(spectrum, peak.hz))
      return { pValue: peak.pValue, least: (level) => Math.min(1, Math.SQRT2 * leastLine(tS.length, level, peak.looks)) };
    toHz = BELOW_COMB * peak.hz;
  }
}

function isComb({ stepHz, lengthS, power }: Spectrum, hz: number): boolean {
  const reach = Math.ceil(1 / (stepHz * lengthS));
  const at = Math.round((2 * hz) / stepHz);
  const twice = power.subarray(Math.max(0, at - reach), at + reach + 1).reduce((most, value) => Math.max(most, value), 0);
  return twice > COMB_SHARE * (power[Math.round(hz / stepHz)] as number);
}

/** The answers that each stretch (a step, or a second without a drive) would have, laid evenly over it. */
function takeExpected({ binS, lengthS, sums }: Binned, { tS, drive }: Observed): void {
  const firstS = tS[0] as number;
  const borders =
    drive.length > 1
      ? drive.map(({ tS: at, u }) => ({ at: at - firstS, u })).filter(({ at }) => at < lengthS)
      : Array.from({ length: Math.ceil(lengthS) }, (_, second) => ({ at: second, u: 0 }));
  const rows = borders
    .map(({ at, u }, i) => ({ from: Math.max(0, at), to: Math.min(lengthS, borders[i + 1]?.at ?? lengthS), u }))
    .filter(({ from, to }) => to > from);
  if (rows.length === 0) return;
  const counts = new Float64Array(rows.length);
  for (let i = 0, row = 0; i < tS.length; i++) {
    const at = (tS[i] as number) - firstS;
    while (row + 1 < rows.length && (rows[row + 1] as (typeof rows)[number]).from <= at) row++;
    if (at >= (rows[row] as (typeof rows)[number]).from) counts[row] = (counts[row] as number) + 1;
  }
  const rates = Float64Array.from(rows, ({ from, to }, i) => (counts[i] as number) / (to - from));
  const byDrive = fitted(
    rows.map(({ u }) => u),
    rates,
  );
  const meanS = lengthS / rows.length;
  const slow = runningMean(
    rates.map((rate, i) => rate / (byDrive[i] as number)),
    Math.max(3, Math.round(DRIFT_S / meanS)),
  );
  rows.forEach(({ from, to }, i) => {
    const rate = (slow[i] as number) * (byDrive[i] as number);
    for (let bin = Math.floor(from / binS); bin < to / binS && bin < sums.length; bin++) {
      const share = Math.min(to, (bin + 1) * binS) - Math.max(from, bin * binS);
      sums[bin] = (sums[bin] as number) - rate * share;
    }
  });
}

/** The straight line through y over u, by least squares; never below a tenth of its mean. */
function fitted(u: readonly number[], y: Float64Array): Float64Array {
  const meanU = u.reduce((sum, value) => sum + value, 0) / u.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / u.length;
  const square = u.reduce((sum, value) => sum + (value - meanU) ** 2, 0);
  const slope = square > 0 ? u.reduce((sum, value, i) => sum + (value - meanU) * (y[i] as number), 0) / square : 0;
  return y.map((_, i) => Math.max(0.1 * meanY, meanY + slope * ((u[i] as number) - meanU)));
}
