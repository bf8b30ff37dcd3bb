/** Every chip (of a board with one chip, every core) by rate, error share and residual of the last minute. One lane is chosen by mouse, touch or keys. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { LaneFigures } from "../../../lane-tally.ts";
import { toCss } from "../colour/rgb.ts";
import { againstBand, IN_BAND, SEQUENTIAL } from "../colour/scales.ts";
import { ink } from "../colour/theme.ts";
import { formatFixed } from "../format.ts";
import { lanes, laneTally, nowMs, pageStale } from "../model/page.ts";
import { Panel } from "../panels/panel.tsx";
import { drawMap } from "./draw-map.ts";
import { gridFor, laneAt, type MapGrid, moveTo, placeOf } from "./layout.ts";
import {
  describeLane,
  isSilent,
  LANE_QUANTITIES,
  LANE_QUANTITY_NAMES,
  type LaneQuantity,
  laneColour,
  laneDomain,
  laneText,
} from "./quantity.ts";

export function ChipMapPanel() {
  const figures = useSignal<LaneFigures[]>([]);
  const seconds = useSignal(0);
  useEffect(
    () =>
      nowMs.subscribe(() => {
        figures.value = laneTally().figures(performance.now());
        seconds.value = laneTally().totals(performance.now()).seconds;
      }),
    [],
  );
  const chosen = useSignal(0);
  const open = useSignal(false);
  const { axis } = lanes.value;
  const grid = gridFor(lanes.value);
  // The board may have changed since the last tick: its figures then come with the next.
  const all = figures.value.length === grid.lanes ? figures.value : [];
  const lane = Math.min(chosen.value, grid.lanes - 1);
  const own = all[lane];
  const lines =
    own === undefined ? [`${axis} ${lane}`, "nothing counted yet"] : describeLane(laneName(axis, grid, lane), own, seconds.value);
  const silent = all.filter((one) => isSilent(one, all)).length;

  return (
    <Panel
      id="chips"
      title={axis === "core" ? "Core map" : "Chip map"}
      stale={pageStale.value}
      note={`last ${formatFixed(seconds.value, 0)} s${silent === 0 ? "" : `, ${silent} silent`}${grid.columnWord === null ? "" : `, a column is a ${grid.columnWord}`}`}
    >
      <div
        class="chip-maps"
        role="slider"
        tabIndex={0}
        aria-label={axis === "core" ? "Core" : "Chip"}
        aria-valuemin={0}
        aria-valuemax={grid.lanes - 1}
        aria-valuenow={lane}
        aria-valuetext={lines.join("; ")}
        data-testid="chip-map"
        data-value={lane}
        onFocus={() => {
          open.value = true;
        }}
        onBlur={() => {
          open.value = false;
        }}
        onPointerLeave={(event) => {
          if (event.pointerType === "mouse" && document.activeElement !== event.currentTarget) open.value = false;
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") open.value = false;
          // Not what was drawn last: keys may come faster than the page is drawn.
          const next = moveTo(grid, Math.min(chosen.value, grid.lanes - 1), event.key);
          if (next === null) return;
          event.preventDefault();
          chosen.value = next;
          open.value = true;
        }}
      >
        {LANE_QUANTITIES.map((quantity) => (
          <div key={quantity} class="chip-map">
            <QuantityMap
              quantity={quantity}
              grid={grid}
              all={all}
              chosen={open.value ? lane : null}
              choose={(at) => {
                chosen.value = at;
                open.value = true;
              }}
            />
          </div>
        ))}
      </div>
      {open.value ? (
        <p class="chip-readout" role="tooltip">
          {lines.map((line, at) => (at === 0 ? <b key={line}>{line}</b> : <span key={line}>{line}</span>))}
        </p>
      ) : (
        <p class="chip-readout">Point at a {axis}, or choose it by arrow keys.</p>
      )}
    </Panel>
  );
}

function laneName(axis: string, grid: MapGrid, lane: number): string {
  return grid.columnWord === null ? `${axis} ${lane}` : `${axis} ${lane}, ${grid.columnWord} ${placeOf(grid, lane).column}`;
}

interface QuantityMapProps {
  quantity: LaneQuantity;
  grid: MapGrid;
  all: readonly LaneFigures[];
  chosen: number | null;
  choose(lane: number): void;
}

function QuantityMap({ quantity, grid, all, chosen, choose }: QuantityMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const domain = laneDomain(quantity, all);
  const colours = ink.value;
  const draw = (): void => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(element.clientWidth * scale), Math.round(element.clientHeight * scale)];
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    const cells = Array.from({ length: grid.lanes }, (_, lane) => {
      const own = all[lane];
      const colour = own === undefined ? null : laneColour(quantity, own, domain);
      return { colour: colour === null ? null : toCss(colour), silent: own !== undefined && isSilent(own, all) };
    });
    drawMap(context, grid, cells, { chosen, scale, ...colours });
  };
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(draw);
  useEffect(() => {
    const observer = new ResizeObserver(() => latest.current());
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);

  const pick = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const at = (x: number, size: number, count: number) => Math.floor((x / size) * count);
    const lane = laneAt(grid, at(event.clientX - box.left, box.width, grid.columns), at(event.clientY - box.top, box.height, grid.rows));
    if (lane !== null) choose(lane);
  };
  const { title, unit } = LANE_QUANTITY_NAMES[quantity];
  return (
    <>
      <p class="scale">
        <span class="scale-name">
          {title}, {unit}
        </span>
        <LaneLegend quantity={quantity} domain={domain} />
      </p>
      <canvas
        ref={canvas}
        class="chip-canvas"
        style={`aspect-ratio: ${grid.columns} / ${grid.rows}`}
        data-testid={`chip-map-${quantity}`}
        onPointerMove={pick}
        onPointerDown={pick}
      />
    </>
  );
}

function LaneLegend({ quantity, domain: [low, high] }: { quantity: LaneQuantity; domain: [number, number] }) {
  if (quantity === "residual") {
    const side = (from: number, to: number) => [from, to].map((x) => toCss(againstBand(x, [0, 1]))).join(", ");
    const bar = `linear-gradient(to right, ${side(-1, -0.02)} 38%, ${toCss(IN_BAND)} 38% 62%, ${side(1.02, 2)})`;
    return (
      <>
        <span class="scale-end">early</span>
        <span class="scale-bar" style={`background: ${bar}`} />
        <span class="scale-end">late, grey: ± {laneText(quantity, high)}</span>
      </>
    );
  }
  const ends = quantity === "errors" ? [high, low] : [low, high];
  return (
    <>
      <span class="scale-end">{laneText(quantity, ends[0] as number)}</span>
      <span class="scale-bar" style={`background: linear-gradient(to right, ${SEQUENTIAL.map(toCss).join(", ")})`} />
      <span class="scale-end">{laneText(quantity, ends[1] as number)}</span>
    </>
  );
}
