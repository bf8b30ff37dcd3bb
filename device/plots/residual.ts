import { STATUS } from "../../common/nonce-batch.ts";
import { linearAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { dots, line } from "./svg.ts";

const MOST_DOTS = 20_000;
/** The axis leaves out this share at either end: one late time-stamp must not flatten the rest. */
const OUTSIDE = 0.005;
const WINDOWS = 120;

/** Times of emission against the model of a core's sweep. */
export function residual(material: RunMaterial): Figure {
  const known: number[] = [];
  for (let row = 0; row < material.rows; row++)
    if (material.status[row] === STATUS.valid && !Number.isNaN(material.residualNs[row] as number)) known.push(row);
  if (known.length < 2)
    throw nothingToPlot("residual", material, "Choose a run whose valid nonces have residuals: the chips must be swept in order.");
  const us = (row: number) => (material.residualNs[row] as number) / 1000;
  const sorted = Float64Array.from(known, us).toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  const [low, high] = [at(OUTSIDE), at(1 - OUTSIDE)];
  const margin = (high - low) * 0.05;
  const x = linearAxis({ label: "time, s", from: 0, upTo: material.tS.at(-1) ?? 1, pixels: [PLOT.left, PLOT.right] });
  const y = linearAxis({ label: "residual, µs", from: low - margin, upTo: high + margin, pixels: [PLOT.bottom, PLOT.top] });
  const every = Math.max(1, Math.ceil(known.length / MOST_DOTS));
  const points = known.filter((_, i) => i % every === 0).map((row) => [x.at(material.tS[row] as number), y.at(us(row))] as const);
  const size = Math.ceil(known.length / WINDOWS);
  const medians = Array.from({ length: Math.ceil(known.length / size) }, (_, i) => {
    const window = known.slice(i * size, (i + 1) * size);
    const middle = window.map(us).toSorted((a, b) => a - b)[window.length >> 1] as number;
    return [x.at(material.tS[window[window.length >> 1] as number] as number), y.at(middle)] as const;
  });
  const outside = sorted.filter((value) => value < low - margin || value > high + margin).length;
  return {
    title: "Residuals of emission times",
    about: aboutRun(material),
    x,
    y,
    layers: [dots(points, COLOURS.blue, 2), line(medians, COLOURS.orange)],
    legend: [
      { name: "a valid nonce", colour: COLOURS.blue },
      { name: `median of ${size}`, colour: COLOURS.orange },
    ],
    note: `${material.cut}${known.length} residuals${every > 1 ? `, 1 in ${every} shown` : ""}; ${outside} lie outside of the axis.`,
  };
}
