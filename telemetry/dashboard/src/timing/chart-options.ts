/** How the timing charts look. */
import uPlot from "uplot";
import { axis } from "../charts/line-chart.tsx";
import type { Ink } from "../colour/theme.ts";

type Options = Omit<uPlot.Options, "width" | "height">;

/** Logarithmic and linear scales alike. */
function options(colours: Ink, series: uPlot.Series[], more: Partial<Options> & { axes?: uPlot.Axis[] } = {}): Options {
  const [x = {}, y = {}] = more.axes ?? [];
  return {
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { show: false },
    ...more,
    scales: { x: { time: false, ...more.scales?.x }, y: { ...more.scales?.y } },
    axes: [axis(colours, { size: 24, space: 44, grid: { show: false }, ...x }), axis(colours, { size: 44, space: 26, ...y })],
    series: [{}, ...series.map((one): uPlot.Series => ({ points: { show: false }, ...one }))],
  };
}

const faint = (colour: string, percent: number): string => `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

export function histogramChart(colours: Ink): Options {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return options(
    colours,
    [{ stroke: colours.series1, fill: faint(colours.series1, 25), width: 1.2, ...(stepped === undefined ? {} : { paths: stepped }) }],
    { scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 1) * 1.08)] } } },
  );
}

const powerOfTen = (value: number): string =>
  `10${String(Math.round(Math.log10(value)))
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] as string)}`;
const isPowerOfTen = (value: number): boolean => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;
/** Labels and lines at the powers of ten alone. */
const decades = (_plot: uPlot, splits: number[]): (string | null)[] =>
  splits.map((value) => (isPowerOfTen(value) ? powerOfTen(value) : null));
const decadeLines = (_plot: uPlot, splits: number[]): (number | null)[] => splits.map((value) => (isPowerOfTen(value) ? value : null));

export function allanChart(colours: Ink): Options {
  return options(
    colours,
    [
      { stroke: colours.series1, width: 1.8, points: { show: true, size: 5, fill: colours.series1 } },
      { stroke: colours.muted, width: 1.2, dash: [5, 4] },
    ],
    {
      scales: { x: { distr: 3 }, y: { distr: 3 } },
      axes: [
        { values: (_plot, splits) => splits.map((tau) => ([0.1, 0.2, 0.5, 1, 2, 5, 10].includes(tau) ? `${tau} s` : null)) },
        { values: decades, grid: { stroke: colours.rule, width: 1, filter: decadeLines } },
      ],
    },
  );
}

export function cvChart(colours: Ink): Options {
  return options(
    colours,
    [
      { stroke: colours.series1, width: 1.5, points: { show: true, size: 4, fill: colours.series1 } },
      { stroke: colours.muted, width: 1, dash: [3, 3] },
      { stroke: colours.muted, width: 1, dash: [3, 3] },
    ],
    {
      bands: [{ series: [2, 3], fill: faint(colours.muted, 22) }],
      scales: { y: { range: (_plot, low, high) => [Math.min(low ?? 1, 0.8) - 0.05, Math.max(high ?? 1, 1.2) + 0.05] } },
      axes: [{ values: (_plot, splits) => splits.map((s) => `${String(s).replace("-", "−")} s`) }],
    },
  );
}

export function spectrumChart(colours: Ink): Options {
  return options(
    colours,
    [
      { stroke: colours.series1, width: 1.1 },
      { stroke: colours.alarm, width: 1.3, dash: [6, 4] },
    ],
    {
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(16, (high ?? 0) * 1.1)] } },
      axes: [{ values: (_plot, splits) => splits.map((hz) => `${hz} Hz`) }],
    },
  );
}
