/** Lomb and Scargle's periodogram of unevenly sampled values, and how improbable its peak is. specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { gammaln } from "./special.ts";

/**
 * Power of one frequency, 1 - chi2_1 / chi2_0 with a floating mean (Zechmeister, Kuerster 2009): 0 says nothing, 1 all of the variance.
 * Times in any unit, frequency in cycles per that unit.
 */
export function lombScarglePower(times: ArrayLike<number>, values: ArrayLike<number>, frequency: number): number {
  const n = times.length;
  let [c, s, y, cc, ss, cs, yc, ys, yy] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const turns = (times[i] as number) * frequency;
    const angle = 2 * Math.PI * (turns - Math.floor(turns));
    const [cos, sin, value] = [Math.cos(angle), Math.sin(angle), values[i] as number];
    c += cos;
    s += sin;
    y += value;
    cc += cos * cos;
    ss += sin * sin;
    cs += cos * sin;
    yc += value * cos;
    ys += value * sin;
    yy += value * value;
  }
  const [CC, SS, CS] = [cc / n - (c / n) ** 2, ss / n - (s / n) ** 2, cs / n - (c / n) * (s / n)];
  const [YC, YS, YY] = [yc / n - (y / n) * (c / n), ys / n - (y / n) * (s / n), yy / n - (y / n) ** 2];
  const determinant = CC * SS - CS * CS;
  if (!(YY > 0) || !(determinant > 1e-15)) return 0;
  return (SS * YC * YC + CC * YS * YS - 2 * CS * YC * YS) / (YY * determinant);
}

export interface SpectralPeak {
  readonly frequency: number;
  readonly power: number;
  /** The chance that noise has such a peak anywhere up to `to`: Baluev's bound (2008), which counts the frequencies looked at. */
  readonly falseAlarm: number;
}

/** False-alarm probability of a peak of `power` among frequencies up to `maxFrequency`; n values at `times`. Baluev 2008, standard normalisation. */
export function falseAlarmProbability(power: number, times: ArrayLike<number>, maxFrequency: number): number {
  const n = times.length;
  const freedom = n - 1;
  const residual = n - 3;
  let mean = 0;
  let square = 0;
  for (let i = 0; i < n; i++) mean += (times[i] as number) / n;
  for (let i = 0; i < n; i++) square += ((times[i] as number) - mean) ** 2 / n;
  const band = maxFrequency * Math.sqrt(4 * Math.PI * square);
  const single = (1 - power) ** (residual / 2);
  const tau = gammaRatio(freedom) * band * (1 - power) ** ((residual - 1) / 2) * Math.sqrt(0.5 * freedom * power);
  return 1 - (1 - single) * Math.exp(-tau);
}

function gammaRatio(n: number): number {
  return Math.sqrt(2 / n) * Math.exp(gammaln(n / 2) - gammaln((n - 1) / 2));
}

/** The highest peak between two frequencies, in steps of a fifth of the resolution. ScienceError NO_DATA below ten values. */
export function highestPeak(times: ArrayLike<number>, values: ArrayLike<number>, from: number, to: number): SpectralPeak {
  const n = times.length;
  if (n < 10 || values.length !== n)
    throw new ScienceError("NO_DATA", `${n} times with ${values.length} values have no spectrum.`, "Pass ten or more, one value per time.");
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < n; i++) {
    least = Math.min(least, times[i] as number);
    most = Math.max(most, times[i] as number);
  }
  const step = 1 / (5 * (most - least));
  let frequency = from;
  let power = -1;
  for (let f = Math.max(from, step); f <= to; f += step) {
    const p = lombScarglePower(times, values, f);
    if (p > power) [frequency, power] = [f, p];
  }
  return { frequency, power, falseAlarm: falseAlarmProbability(power, times, to) };
}
