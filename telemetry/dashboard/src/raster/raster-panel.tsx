/** The nonce raster (one dot per nonce, time against core) and, on the same time axis, the residual of each valid nonce. */
import { computed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { NONCE_STATUSES, STATUS } from "../../../../common/nonce-batch.ts";
import type { LaneTotals } from "../../../lane-tally.ts";
import { type Lanes, rows } from "../../../lanes.ts";
import { toCss } from "../colour/rgb.ts";
import { difficultyShades } from "../colour/scales.ts";
import { ink, theme } from "../colour/theme.ts";
import { formatFixed } from "../format.ts";
import { WINDOW_MS } from "../model/nonce-window.ts";
import { lanes, laneTally, nonces, nowMs, pageStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { dotSide } from "./geometry.ts";
import { divisions, laneOf, laneTicks, tallestDot } from "./lanes.ts";
import { drawMark, type MarkStyle, REACH } from "./marks.ts";
import { residualScale, type Scale, scaleLabels } from "./residual-scale.ts";
import { type MarkSource, ScrollCanvas } from "./scroll-canvas.ts";

const SECONDS_TICKS = [60, 45, 30, 15, 0];
const RESIDUALS_LOOKED_AT = 600;
/** Of the plot's width. */
const ROOM_FOR_WORDS = 0.25;

const shades = computed(() => difficultyShades(theme.value).map(toCss));

function markStyle(scale: number, dotCss: number): MarkStyle {
  return { ink: ink.peek(), shades: shades.peek(), scale, dot: Math.max(1, Math.round(dotCss * scale)) };
}

/** Keeps a canvas at the panel's size, its dots at a size that suits their number, and calls for a frame whenever the browser draws. */
function useScrollCanvas(
  marks: (style: () => MarkStyle) => MarkSource,
  mustRedraw?: () => boolean,
  largestDot?: (heightCss: number) => number,
) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    const screen = canvas?.getContext("2d");
    const kept = document.createElement("canvas").getContext("2d");
    if (!canvas || !screen || !kept) return;
    const plot = new ScrollCanvas(screen, kept, WINDOW_MS, REACH);
    let dotCss = 3;
    let style = markStyle(devicePixelRatio, dotCss);
    const resize = (): void => {
      const scale = devicePixelRatio;
      const box = canvas.getBoundingClientRect();
      style = markStyle(scale, dotCss);
      plot.resize(Math.max(1, Math.round(box.width * scale)), Math.max(1, Math.round(box.height * scale)), scale);
    };
    const suitDots = (): void => {
      const { clientWidth: width, clientHeight: height } = canvas;
      const count = nonces.end - nonces.firstSince(performance.now() - WINDOW_MS);
      const side = dotSide(count, width * height, dotCss, largestDot?.(height));
      if (side === dotCss) return;
      dotCss = side;
      resize();
    };
    const observer = new ResizeObserver(resize);
    observer.observe(canvas);
    const stops = [ink.subscribe(resize), nowMs.subscribe(suitDots)];
    const source = marks(() => style);
    let request = requestAnimationFrame(function next(frameMs) {
      request = requestAnimationFrame(next);
      if (mustRedraw?.()) plot.redraw();
      plot.frame(frameMs, source);
    });
    return () => {
      cancelAnimationFrame(request);
      for (const stop of stops) stop();
      observer.disconnect();
    };
  }, []);
  return ref;
}

/** Everything a plot needs to know about the nonces except where a mark goes. */
function sourceOf(draw: MarkSource["draw"]): MarkSource {
  return {
    get first() {
      return nonces.first;
    },
    get end() {
      return nonces.end;
    },
    get epoch() {
      return nonces.epoch;
    },
    timeMs: (index) => nonces.timeMs(index),
    draw,
  };
}

export function RasterPanel() {
  const totals = useSignal<LaneTotals | null>(null);
  const unseenMs = useSignal(WINDOW_MS);
  useEffect(
    () =>
      nowMs.subscribe(() => {
        totals.value = laneTally().totals(performance.now());
        unseenMs.value = WINDOW_MS - nonces.watchedMs(performance.now());
      }),
    [],
  );
  const drawn = useRef<Lanes>(lanes.peek());
  const canvas = useScrollCanvas(
    (style) =>
      sourceOf((context, index, x, height) => {
        const y = laneOf(drawn.current, nonces.chip(index), nonces.core(index), height);
        drawMark(context, x, y, nonces.status(index), nonces.shade(index), style());
      }),
    () => {
      const changed = drawn.current !== lanes.peek();
      drawn.current = lanes.peek();
      return changed;
    },
    (heightCss) => tallestDot(lanes.peek(), heightCss),
  );
  const { axis } = lanes.value;
  const text = countText(totals.value);
  const unseen = unseenMs.value / WINDOW_MS;

  return (
    <Panel id="raster" title="Nonce raster" class="raster" stale={pageStale.value} note={<span data-testid="raster-count">{text}</span>}>
      <Legend lanes={lanes.value} />
      <div class="plot plot-raster" data-testid="raster-axis" data-value={axis}>
        <YAxis name={axis} ticks={laneTicks(lanes.value).map((row) => ({ text: String(row), from: (row + 0.5) / rows(lanes.value) }))} />
        <div class="plot-area grid-lanes" style={`--divisions: ${divisions(lanes.value)}`}>
          <canvas ref={canvas} role="img" aria-label={`Nonces by ${axis === "core" ? "core" : "chip and core"}: ${text}`} />
          <NotWatched share={unseen} words />
        </div>
      </div>
      <ResidualTrace unseen={unseen} />
      <div class="plot plot-time" aria-hidden="true">
        {SECONDS_TICKS.map((seconds) => (
          <span key={seconds}>{seconds === 0 ? "now" : `−${seconds} s`}</span>
        ))}
      </div>
    </Panel>
  );
}

/** The daemon has counted what this page did not see. */
function countText(totals: LaneTotals | null): string {
  if (totals === null || totals.seconds < 1) return "no nonces yet";
  const { valid, invalid, others, seconds } = totals;
  const all = valid + invalid + others;
  return `${formatFixed(all / seconds, 1)} /s over ${formatFixed(seconds, 0)} s, ${formatFixed(invalid, 0)} invalid of ${formatFixed(all, 0)}`;
}

/** What nobody on this page saw is not empty: the part of a plot from before it was opened. */
function NotWatched({ share, words = false }: { share: number; words?: boolean }) {
  if (share <= 0) return null;
  return (
    <p class="not-watched" style={`--share: ${share}`} {...(words ? { "data-testid": "not-watched" } : {})}>
      {words && share > ROOM_FOR_WORDS && "before this page was opened"}
    </p>
  );
}

function ResidualTrace({ unseen }: { unseen: number }) {
  const scale = useSignal<Scale | null>(null);
  const drawn = useRef<Scale | null>(null);
  useEffect(
    () =>
      nowMs.subscribe(() => {
        scale.value = residualScale(nonces.residualSample(performance.now(), RESIDUALS_LOOKED_AT), scale.peek());
      }),
    [],
  );
  const canvas = useScrollCanvas(
    (style) =>
      sourceOf((context, index, x, height) => {
        const residual = nonces.residualMs(index);
        const range = drawn.current;
        if (range === null || !Number.isFinite(residual) || nonces.status(index) !== STATUS.valid) return;
        const edge = 2 * style().scale;
        const y = height * (1 - (residual - range.low) / (range.high - range.low));
        drawMark(context, x, Math.min(height - edge, Math.max(edge, y)), STATUS.valid, 1, style());
      }),
    () => {
      const changed = drawn.current !== scale.peek();
      drawn.current = scale.peek();
      return changed;
    },
  );
  const [low, middle, high] = scale.value === null ? ["", "", ""] : scaleLabels(scale.value);
  return (
    <div class="plot plot-residual">
      <YAxis
        name="residual, ms"
        ticks={[
          { text: low, from: 0.06 },
          { text: middle, from: 0.5 },
          { text: high, from: 0.94 },
        ]}
      />
      <div class="plot-area">
        <canvas
          ref={canvas}
          role="img"
          aria-label={
            scale.value === null
              ? "Residuals: none yet"
              : `Residual, observed minus ideal emission time, between ${low} and ${high} milliseconds`
          }
        />
        <NotWatched share={unseen} />
      </div>
    </div>
  );
}

function YAxis({ name, ticks }: { name: string; ticks: { text: string; from: number }[] }) {
  return (
    <div class="y-axis" aria-hidden="true">
      <span class="y-name">{name}</span>
      {ticks.map(({ text, from }, index) => (
        <span key={index} class="y-tick" style={`bottom: ${from * 100}%`}>
          {text}
        </span>
      ))}
    </div>
  );
}

function Legend({ lanes: { axis, cores, absentCores } }: { lanes: Lanes }) {
  const [low, , middle, , high] = shades.value;
  return (
    <ul class="key raster-key">
      <li class="raster-rows">
        {axis === "core" ? "one row per core" : `one band per chip, in it cores 0–${cores - 1} upwards`}
        {axis === "core" && absentCores !== null && `, ${absentCores} do not exist`}
      </li>
      <li>
        <svg viewBox="0 0 34 12" class="mark mark-wide" aria-hidden="true">
          <rect x="1" y="4.5" width="4" height="4" fill={low} />
          <rect x="11" y="4" width="5" height="5" fill={middle} />
          <rect x="22" y="3" width="7" height="7" fill={high} />
        </svg>
        valid, by difficulty
      </li>
      {NONCE_STATUSES.filter((status) => status !== "valid").map((status) => (
        <li key={status} class={status === "invalid" ? "is-alarm" : "is-caution"}>
          <svg viewBox="0 0 12 12" class="mark" aria-hidden="true">
            <path d={OUTLINES[status]} />
          </svg>
          {status}
        </li>
      ))}
    </ul>
  );
}

const OUTLINES = {
  valid: "",
  invalid: "M1.5 1.5 10.5 10.5M1.5 10.5 10.5 1.5",
  stale: "M2.5 2.5H9.5V9.5H2.5Z",
  duplicate: "M9.5 6A3.5 3.5 0 1 1 2.5 6A3.5 3.5 0 1 1 9.5 6Z",
  "unknown-job": "M6 2 10 9.5H2Z",
} as const;
