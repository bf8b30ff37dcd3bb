/** Ten minutes of temperature, power and hash rate. */
import { useSignal } from "@preact/signals";
import type uPlot from "uplot";
import type { Ink } from "../colour/theme.ts";
import { formatBefore, formatClock, formatFixed, UNKNOWN } from "../format.ts";
import type { HistoryColumn } from "../model/history.ts";
import { history, historyVersion, nowMs, readings, readingsStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { axis, LineChart } from "./line-chart.tsx";

interface Trace {
  column: HistoryColumn;
  name: string;
  colour: "series1" | "series2" | "series3" | "muted";
  dash?: number[];
  decimals: number;
}

interface Strip {
  id: string;
  title: string;
  unit: string;
  /** The least the vertical scale spans, so that noise does not fill the chart. */
  leastSpan: number;
  traces: Trace[];
}

const STRIPS: Strip[] = [
  {
    id: "temperature",
    title: "Temperature",
    unit: "°C",
    leastSpan: 10,
    traces: [
      { column: "chipTempC", name: "chip", colour: "series1", decimals: 1 },
      { column: "regulatorTempC", name: "regulator", colour: "series2", dash: [7, 3], decimals: 1 },
      { column: "boardTempC", name: "board", colour: "series3", dash: [2, 3], decimals: 1 },
    ],
  },
  {
    id: "power",
    title: "Power",
    unit: "W",
    leastSpan: 2,
    traces: [{ column: "powerW", name: "input", colour: "series1", decimals: 2 }],
  },
  {
    id: "hash-rate",
    title: "Hash rate",
    unit: "GH/s",
    leastSpan: 60,
    traces: [
      { column: "hashRateGhs", name: "verified", colour: "series1", decimals: 1 },
      { column: "expectedGhs", name: "expected", colour: "muted", dash: [5, 4], decimals: 1 },
    ],
  },
];

export function StripCharts() {
  return STRIPS.map((strip) => <StripChart key={strip.id} strip={strip} />);
}

/** The data with a margin, at least `leastSpan` high; none of these quantities goes below zero. */
function verticalRange({ leastSpan }: Strip): uPlot.Range.Function {
  return (_chart, low, high) => {
    if (low === null || high === null) return [0, leastSpan];
    const span = Math.max(leastSpan, (high - low) * 1.15);
    const bottom = Math.max(0, (low + high - span) / 2);
    return [bottom, bottom + span];
  };
}

function chartOptions(strip: Strip, ink: Ink): Omit<uPlot.Options, "width" | "height"> {
  return {
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 }, sync: { key: "strips" } },
    scales: {
      x: { time: true, range: () => [(nowMs.peek() - history.spanMs(nowMs.peek())) / 1000, nowMs.peek() / 1000] },
      y: { range: verticalRange(strip) },
    },
    axes: [
      axis(ink, {
        size: 22,
        grid: { show: false },
        // As under the raster: from left to now in quarters. Times of day would repeat themselves within a minute.
        splits: (_chart, _axis, from, to) => [0, 1, 2, 3, 4].map((quarter) => from + ((to - from) * quarter) / 4),
        values: (_chart, splits) => splits.map((seconds) => formatBefore((splits.at(-1) ?? seconds) - seconds)),
      }),
      axis(ink, { size: 38, space: 20 }),
    ],
    series: [
      {},
      ...strip.traces.map(
        (trace): uPlot.Series => ({
          stroke: ink[trace.colour],
          width: 1.5,
          points: { show: false },
          ...(trace.dash === undefined ? {} : { dash: trace.dash }),
        }),
      ),
    ],
  };
}

function StripChart({ strip }: { strip: Strip }) {
  const cursor = useSignal<number | null>(null);
  const columns = strip.traces.map((trace) => trace.column);
  const series = (): uPlot.AlignedData => {
    historyVersion.value;
    return history.series(columns, nowMs.value);
  };
  const shown = cursor.value === null ? null : history.series(columns, nowMs.peek());
  const at = cursor.value;
  const valueAt = (trace: Trace, index: number): number | null =>
    shown === null || at === null ? (readings.value?.[trace.column] ?? null) : (shown[index + 1]?.[at] ?? null);
  const time = shown === null || at === null ? "" : formatClock((shown[0][at] ?? Number.NaN) * 1000);

  return (
    <Panel
      id={strip.id}
      title={strip.title}
      class="strip"
      stale={readingsStale.value}
      note={time === "" ? `last ${Math.ceil(history.spanMs(nowMs.value) / 60_000)} min` : time}
    >
      <ul class="key">
        {strip.traces.map((trace, index) => (
          <li key={trace.column}>
            <svg class="swatch" viewBox="0 0 20 4" aria-hidden="true">
              <line
                x1="0"
                y1="2"
                x2="20"
                y2="2"
                style={`stroke: var(--${cssName(trace.colour)})`}
                stroke-dasharray={trace.dash?.join(" ")}
              />
            </svg>
            {trace.name} <b>{formatFixed(valueAt(trace, index), trace.decimals)}</b>
          </li>
        ))}
        <li class="unit">{strip.unit}</li>
      </ul>
      <LineChart
        options={(ink) => chartOptions(strip, ink)}
        data={series}
        cursor={cursor}
        label={`${strip.title} of the last ten minutes, now ${strip.traces
          .map((trace) => `${trace.name} ${formatFixed(readings.value?.[trace.column], trace.decimals)} ${strip.unit}`)
          .join(", ")
          .replaceAll(UNKNOWN, "unknown")}`}
      />
    </Panel>
  );
}

function cssName(colour: Trace["colour"]): string {
  return colour.replace(/\d/, "-$&");
}
