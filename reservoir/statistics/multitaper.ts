/** Thomson's multitaper spectrum of evenly sampled values, with the F test for lines. specs/reservoir.md 4 */
import { ScienceError } from "../../common/errors.ts";
import { fourier } from "./fourier.ts";
import { doubles, requireFinite, statisticsKernels, unfilled } from "./kernels.ts";
import { betainc } from "./special.ts";

export interface MultitaperSpectrum {
  /** Cycles per sample, 0 to 1/2. */
  readonly frequency: Float64Array;
  /** Power per unit of frequency: its integral over 0..1/2 is the variance. */
  readonly power: Float64Array;
  /** p of "no line here", at each frequency by itself; correct for as many as are looked at. */
  readonly linePValue: Float64Array;
  readonly tapers: number;
  /** Half width of the smoothing, cycles per sample. */
  readonly halfBandwidth: number;
}

/**
 * Sine tapers (Riedel, Sidorenko 1995): k tapers smooth over about (k + 1) / 2n to either side. x: n values, their mean is taken off. ScienceError NO_DATA below 4 k values, BAD_VALUES.
 */
export function multitaper(x: ArrayLike<number>, tapers = 7): MultitaperSpectrum {
  const n = x.length;
  if (!(tapers >= 2) || n < 4 * tapers)
    throw new ScienceError("NO_DATA", `${n} values are too few for ${tapers} tapers.`, "Collect more data, or use fewer tapers.", {
      n,
      tapers,
    });
  requireFinite("Value", x);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += x[i] as number;
  mean /= n;
  // Zeros behind the data give finer steps, which a line between two of them needs.
  let size = 1;
  while (size < 2 * n) size *= 2;
  const bins = size / 2 + 1;
  const native = statisticsKernels();
  const power = native === null ? new Float64Array(bins) : unfilled(bins);
  const frequency = unfilled(bins);
  for (let f = 0; f < bins; f++) frequency[f] = f / size;
  const halfBandwidth = (tapers + 1) / (2 * (n + 1));
  if (native !== null) {
    const linePValue = unfilled(bins);
    native.multitaper(doubles(x), mean, tapers, size, power, linePValue);
    return { frequency, power, linePValue, tapers, halfBandwidth };
  }
  const [lineRe, lineIm] = [new Float64Array(bins), new Float64Array(bins)];
  const eigen: { re: Float64Array; im: Float64Array; dc: number }[] = [];
  let dcSquares = 0;
  for (let k = 1; k <= tapers; k++) {
    const [re, im] = [new Float64Array(size), new Float64Array(size)];
    let dc = 0;
    for (let i = 0; i < n; i++) {
      const taper = Math.sqrt(2 / (n + 1)) * Math.sin((Math.PI * k * (i + 1)) / (n + 1));
      dc += taper;
      re[i] = taper * ((x[i] as number) - mean);
    }
    fourier(re, im);
    dcSquares += dc * dc;
    eigen.push({ re, im, dc });
    for (let f = 0; f < bins; f++) {
      power[f] = (power[f] as number) + (2 / tapers) * ((re[f] as number) ** 2 + (im[f] as number) ** 2);
      lineRe[f] = (lineRe[f] as number) + dc * (re[f] as number);
      lineIm[f] = (lineIm[f] as number) + dc * (im[f] as number);
    }
  }
  const linePValue = Float64Array.from({ length: bins }, (_, f) => {
    const [cr, ci] = [(lineRe[f] as number) / dcSquares, (lineIm[f] as number) / dcSquares];
    let rest = 0;
    for (const { re, im, dc } of eigen) rest += ((re[f] as number) - cr * dc) ** 2 + ((im[f] as number) - ci * dc) ** 2;
    const line = (cr * cr + ci * ci) * dcSquares;
    // F with 2 and 2 k - 2 degrees of freedom, by its share of the power.
    return rest > 0 ? betainc(tapers - 1, 1, rest / (rest + line)) : 1;
  });
  return { frequency, power, linePValue, tapers, halfBandwidth };
}
