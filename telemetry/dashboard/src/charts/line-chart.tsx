/** uPlot in a panel: follows the panel's size and the theme, and says what is under the cursor. */
import { type Signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { type Ink, ink } from "../colour/theme.ts";

export interface LineChartProps {
  /** Read once per theme: everything but size and data. */
  options(ink: Ink): Omit<uPlot.Options, "width" | "height">;
  /** Called inside an effect: the chart is redrawn when a signal read here changes. */
  data(): uPlot.AlignedData;
  /** Index under the cursor, null when it is elsewhere. */
  cursor?: Signal<number | null>;
  /** Given the chart whenever there is a new one. */
  ready?(chart: uPlot): void;
  label: string;
}

export function LineChart({ options, data, cursor, ready, label }: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  useSignalEffect(() => {
    const element = host.current;
    if (element === null) return;
    const given = options(ink.value);
    const plugin: uPlot.Plugin = {
      hooks: {
        setCursor: (plot) => {
          if (cursor !== undefined) cursor.value = plot.cursor.idx ?? null;
        },
      },
    };
    const made = new uPlot(
      { ...given, plugins: [...(given.plugins ?? []), plugin], width: element.clientWidth, height: element.clientHeight },
      [[]],
      element,
    );
    chart.current = made;
    ready?.(made);
    return () => {
      made.destroy();
      chart.current = null;
    };
  });

  useSignalEffect(() => {
    ink.value;
    chart.current?.setData(data());
  });

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return <div class="chart" ref={host} role="img" aria-label={label} />;
}

/** Axis in the page's type and colours. `size` is the room for labels, CSS pixels. */
export function axis(colours: Ink, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: colours.muted,
    font: `11px ${colours.fontFamily}`,
    grid: { stroke: colours.rule, width: 1 },
    ticks: { show: false },
    gap: 6,
    ...more,
  };
}
