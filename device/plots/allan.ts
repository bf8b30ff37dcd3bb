import { STATUS } from "../../common/nonce-batch.ts";
import { overlappingAllanDeviation } from "../../reservoir/statistics/allan.ts";
import { logAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { dots, line } from "./svg.ts";

/** A bin of the grid holds so many residuals on average, so that hardly one is empty (exp(-8) of them, were it a Poisson process). */
const PER_BIN = 8;
const FEWEST_BINS = 32;
/** Factors a decade. */
const STEPS = 8;

/**
 * Stability of the chip's emission times against this host's clock: Allan's deviation of the residuals as phase. The chip with the most nonces; the
 * residuals' mean in bins of equal length, an empty bin between its neighbours.
 */
export function allan(material: RunMaterial): Figure {
  const { chip, rows } = busiestChip(material);
  const [first, last] = [material.tS[rows[0] ?? 0] as number, material.tS[rows.at(-1) ?? 0] as number];
  const bins = Math.floor(rows.length / PER_BIN);
  if (bins < FEWEST_BINS || last <= first)
    throw nothingToPlot("allan", material, `It takes ${FEWEST_BINS * PER_BIN} valid nonces of one chip with residuals.`);
  const tau0 = (last - first) / bins;
  const phase = phaseOf(material, rows, first, tau0, bins);
  const taus: { tau: number; deviation: number }[] = [];
  let m = 0;
  for (let i = 0; m * 3 <= bins; i++) {
    const next = Math.round(10 ** (i / STEPS));
    if (next === m) continue;
    m = next;
    const deviation = overlappingAllanDeviation(phase, m, tau0);
    if (deviation > 0) taus.push({ tau: m * tau0, deviation });
  }
  const [head] = taus;
  if (head === undefined) throw nothingToPlot("allan", material, "All residuals are the same.");
  const white = taus.map(({ tau }) => ({ tau, deviation: (head.deviation * head.tau) / tau }));
  const deviations = taus.map(({ deviation }) => deviation);
  const x = logAxis({ label: "averaging time, s", from: tau0, upTo: taus.at(-1)?.tau ?? tau0, pixels: [PLOT.left, PLOT.right] });
  const [low, high] = [Math.min(...deviations) / 2, Math.max(...deviations) * 2];
  const y = logAxis({ label: "Allan deviation", from: low, upTo: high, pixels: [PLOT.bottom, PLOT.top] });
  const points = (series: typeof taus) => series.map(({ tau, deviation }) => [x.at(tau), y.at(deviation)] as const);
  return {
    title: "Allan deviation of emission times",
    about: aboutRun(material),
    x,
    y,
    layers: [
      line(points(white), COLOURS.grey, { "stroke-dasharray": "6 4" }),
      line(points(taus), COLOURS.blue),
      dots(points(taus), COLOURS.blue, 5),
    ],
    legend: [
      { name: `chip ${chip}`, colour: COLOURS.blue },
      { name: "white phase noise, 1/τ", colour: COLOURS.grey },
    ],
    note: `${material.cut}Overlapping, from ${rows.length} residuals in ${bins} bins of ${tau0.toPrecision(3)} s.`,
  };
}

function busiestChip({ rows, status, residualNs, chip }: RunMaterial): { chip: number; rows: number[] } {
  const byChip = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    if (status[row] !== STATUS.valid || Number.isNaN(residualNs[row] as number)) continue;
    const of = chip[row] as number;
    const known = byChip.get(of);
    if (known === undefined) byChip.set(of, [row]);
    else known.push(row);
  }
  const [best] = [...byChip].toSorted(([, a], [, b]) => b.length - a.length);
  return { chip: best?.[0] ?? 0, rows: best?.[1] ?? [] };
}

/** Seconds, one for each bin. */
function phaseOf({ tS, residualNs }: RunMaterial, rows: readonly number[], first: number, tau0: number, bins: number): Float64Array {
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (const row of rows) {
    const bin = Math.min(bins - 1, Math.floor(((tS[row] as number) - first) / tau0));
    sums[bin] = (sums[bin] as number) + (residualNs[row] as number) / 1e9;
    counts[bin] = (counts[bin] as number) + 1;
  }
  const phase = sums.map((sum, i) => sum / (counts[i] as number));
  for (let i = 0; i < bins; i++) {
    if ((counts[i] as number) > 0) continue;
    let next = i;
    while (next < bins - 1 && counts[next] === 0) next++;
    const before = (phase[i - 1] ?? phase[next]) as number;
    const after = (counts[next] as number) > 0 ? (phase[next] as number) : before;
    phase[i] = before + (after - before) / (next - i + 1);
  }
  return phase;
}
