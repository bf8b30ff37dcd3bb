import type { SweepPoint } from "../../telemetry/messages.ts";
import { type Axis, linearAxis } from "./axis.ts";
import { COLOURS, type Figure, PLOT } from "./figure.ts";
import { aboutRun, nothingToPlot, type RunMaterial } from "./material.ts";
import { element, label } from "./svg.ts";

/** Night blue to sand: luminance rises all the way, and blue against yellow is what most colour-blind readers keep apart. */
const SCALE = ["#0f2547", "#24456f", "#4d6580", "#7b8584", "#a9a27f", "#d3c284", "#efe2ad"] as const;
const DARK_UP_TO = 3;
const MOST_PERCENT = 100;

/** Share of the expected hash rate at each voltage and clock; the highest difficulty of each cell. */
export function sweep(material: RunMaterial): Figure {
  const points = material.results.filter(({ kind }) => kind === "sweep-point").map(({ value }) => value as SweepPoint);
  if (points.length === 0) throw nothingToPlot("sweep", material, "Choose a run of kind sweep: `asic-reservoir runs list`.");
  const voltages = valuesOf(points.map((point) => point.coreVoltageMv));
  const clocks = valuesOf(points.map((point) => point.frequencyMhz));
  const x = steps("core clock, MHz", clocks, [PLOT.left, PLOT.right]);
  const y = steps("core voltage, mV", voltages, [PLOT.bottom, PLOT.top]);
  const [width, height] = [(PLOT.right - PLOT.left) / clocks.length, (PLOT.bottom - PLOT.top) / voltages.length];
  const cells = points.map((point) => cellOf(point, x.at(point.frequencyMhz), y.at(point.coreVoltageMv), width, height));
  const done = points.filter(({ status }) => status === "done").length;
  return {
    title: "Sweep: measured share of the expected hash rate",
    about: aboutRun(material),
    x,
    y,
    layers: cells,
    legend: [
      { name: "0 %", colour: SCALE[0] },
      { name: "50 %", colour: SCALE[3] },
      { name: "100 %", colour: SCALE[6] },
      { name: "not measured", colour: COLOURS.faint },
    ],
    note: `${done} of ${points.length} points measured. Below the share: joules per terahash, and the regime where it is known.`,
  };
}

function valuesOf(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}

/** Equal steps for values however far apart they are. */
function steps(text: string, values: readonly number[], pixels: readonly [number, number]): Axis {
  const places = linearAxis({ label: text, from: -0.5, upTo: values.length - 0.5, pixels });
  return {
    label: text,
    ticks: values,
    at: (value) => places.at(values.indexOf(value)),
    text: (value) => String(Math.round(value * 10) / 10),
  };
}

function cellOf(point: SweepPoint, x: number, y: number, width: number, height: number): string {
  const share =
    point.status === "done" && point.hashRateGhs !== null && point.expectedGhs > 0 ? point.hashRateGhs / point.expectedGhs : null;
  const shade = share === null ? null : Math.min(SCALE.length - 1, Math.max(0, Math.round(share * (SCALE.length - 1))));
  const ink = shade !== null && shade < DARK_UP_TO ? "#ffffff" : COLOURS.ink;
  const texts = [
    share === null ? point.status : `${(share * MOST_PERCENT).toFixed(0)} %`,
    point.joulesPerTerahash === null ? "" : `${point.joulesPerTerahash.toFixed(1)} J/TH`,
    point.regime ?? "",
  ].filter((text) => text !== "");
  return [
    element("rect", {
      x: x - width / 2 + 1,
      y: y - height / 2 + 1,
      width: width - 2,
      height: height - 2,
      fill: shade === null ? COLOURS.faint : (SCALE[shade] as string),
    }),
    ...texts.map((text, i) => label(x, y + 5 + (i - (texts.length - 1) / 2) * 17, text, { "text-anchor": "middle", fill: ink })),
  ].join("");
}
