import type { NarmaReport } from "../../telemetry/messages.ts";
import { linearAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { line } from "./svg.ts";

/** More steps than this are a block of ink. */
const MOST_STEPS = 300;

/** Targets and predictions of the test, and what came of it. */
export function narma(material: RunMaterial): Figure {
  const found = material.results.findLast(({ kind }) => kind === "narma10-report");
  if (found === undefined) throw nothingToPlot("narma", material, "Choose a run of kind narma10: `asic-reservoir runs list`.");
  const report = found.value as NarmaReport;
  const steps = Math.min(MOST_STEPS, report.test_y.length);
  const values = [...report.test_y.slice(0, steps), ...report.predicted.slice(0, steps)];
  const x = linearAxis({ label: "step of the test", from: 0, upTo: Math.max(1, steps - 1), pixels: [PLOT.left, PLOT.right] });
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = linearAxis({ label: "NARMA-10", from: low, upTo: high, pixels: [PLOT.bottom - 6, PLOT.top + 6] });
  const points = (series: readonly number[]) => series.slice(0, steps).map((value, step) => [x.at(step), y.at(value)] as const);
  const { substrate, beatsTaps } = report;
  return {
    title: `NARMA-10: NRMSE ${substrate.nrmse.toFixed(3)}, ${beatsTaps.taps} linear taps ${beatsTaps.tapsNrmse.toFixed(3)}`,
    about: { ...aboutRun(material), origin: report.origin },
    x,
    y,
    layers: [line(points(report.test_y), COLOURS.ink), line(points(report.predicted), COLOURS.orange)],
    legend: [
      { name: "target", colour: COLOURS.ink },
      { name: `predicted by ${substrate.name}`, colour: COLOURS.orange },
    ],
    note: report.verdict,
  };
}
