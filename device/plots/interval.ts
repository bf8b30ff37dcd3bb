import { STATUS } from "../../common/nonce-batch.ts";
import { coefficientOfVariation } from "../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../reservoir/statistics/cv-band.ts";
import { linearAxis, logAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { element, line } from "./svg.ts";

const BINS = 60;
const FEWEST = 20;

/** Intervals between valid nonces in bins of equal ratio, beside those of a Poisson process of the same mean. */
export function interval(material: RunMaterial): Figure {
  const times = material.tS.filter((_, row) => material.status[row] === STATUS.valid);
  const intervals = times.slice(1).map((t, i) => t - (times[i] as number));
  const positive = intervals.filter((value) => value > 0);
  if (positive.length < FEWEST) throw nothingToPlot("interval", material, `It takes ${FEWEST} intervals between valid nonces.`);
  const mean = positive.reduce((sum, value) => sum + value, 0) / positive.length;
  const [from, upTo] = [positive.reduce((a, b) => Math.min(a, b)), positive.reduce((a, b) => Math.max(a, b)) * 1.0001];
  const edges = Array.from({ length: BINS + 1 }, (_, i) => from * (upTo / from) ** (i / BINS));
  const counts = new Array<number>(BINS).fill(0);
  for (const value of positive) {
    const bin = Math.min(BINS - 1, Math.floor((Math.log(value / from) / Math.log(upTo / from)) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const expected = counts.map(
    (_, i) => positive.length * (Math.exp(-(edges[i] as number) / mean) - Math.exp(-(edges[i + 1] as number) / mean)),
  );
  const x = logAxis({ label: "interval between valid nonces, s", from, upTo, pixels: [PLOT.left, PLOT.right] });
  const most = Math.max(...counts, ...expected);
  const y = linearAxis({ label: "intervals", from: 0, upTo: most * 1.05, pixels: [PLOT.bottom, PLOT.top] });
  const bars = counts.map((count, i) => {
    const left = x.at(edges[i] as number);
    return element("rect", {
      x: left,
      y: y.at(count),
      width: Math.max(0.5, x.at(edges[i + 1] as number) - left - 0.5),
      height: y.at(0) - y.at(count),
      fill: COLOURS.blue,
    });
  });
  const curve = expected.map((count, i) => [x.at(Math.sqrt((edges[i] as number) * (edges[i + 1] as number))), y.at(count)] as const);
  const cv = coefficientOfVariation(times);
  const [low, high] = poissonCvBand(intervals.length);
  return {
    title: "Intervals between nonces",
    about: aboutRun(material),
    x,
    y,
    layers: [...bars, line(curve, COLOURS.orange, { "stroke-width": 2 })],
    legend: [
      { name: "measured", colour: COLOURS.blue },
      { name: "Poisson process of the same mean", colour: COLOURS.orange },
    ],
    note: `${material.cut}${positive.length} intervals, mean ${mean.toPrecision(4)} s; CV ${cv?.toFixed(3) ?? "unknown"}, Poisson 95 %: ${low.toFixed(3)} to ${high.toFixed(3)}.`,
  };
}
