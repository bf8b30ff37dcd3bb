/** The figures there are. */
import { allan } from "./allan.ts";
import { type Figure, svgOf } from "./figure.ts";
import { interval } from "./interval.ts";
import type { RunMaterial } from "./material.ts";
import { narma } from "./narma.ts";
import { raster } from "./raster.ts";
import { residual } from "./residual.ts";
import { sweep } from "./sweep.ts";

const FIGURES = { raster, interval, residual, allan, sweep, narma } as const satisfies Record<string, (material: RunMaterial) => Figure>;

export type PlotKind = keyof typeof FIGURES;
export const PLOT_KINDS = Object.keys(FIGURES) as PlotKind[];

/** One SVG document. ScienceError NOTHING_TO_PLOT when the run has nothing for it. */
export function plot(kind: PlotKind, material: RunMaterial): string {
  return svgOf(FIGURES[kind](material));
}
