/** A map of lanes on a canvas: one rectangle each, crossed out where silent, hollow where nothing is known. */
import { type MapGrid, placeOf } from "./layout.ts";

export interface MapCell {
  /** CSS colour; null: not known. */
  readonly colour: string | null;
  readonly silent: boolean;
}

export interface MapStyle {
  readonly chosen: number | null;
  /** Device pixels per CSS pixel. */
  readonly scale: number;
  readonly text: string;
  readonly rule: string;
  readonly alarm: string;
  /** What lies behind the map. */
  readonly ground: string;
}

export function drawMap(context: CanvasRenderingContext2D, grid: MapGrid, cells: readonly MapCell[], style: MapStyle): void {
  const { width, height } = context.canvas;
  const gap = Math.max(1, Math.round(style.scale));
  context.clearRect(0, 0, width, height);
  const edge = (at: number, count: number, size: number) => Math.round((at / count) * size);
  for (const [lane, { colour, silent }] of cells.entries()) {
    const { column, row } = placeOf(grid, lane);
    const [x, y] = [edge(column, grid.columns, width), edge(row, grid.rows, height)];
    const [w, h] = [edge(column + 1, grid.columns, width) - x - gap, edge(row + 1, grid.rows, height) - y - gap];
    if (colour === null) {
      context.strokeStyle = style.rule;
      context.lineWidth = gap;
      context.strokeRect(x + gap / 2, y + gap / 2, w - gap, h - gap);
    } else {
      context.fillStyle = colour;
      context.fillRect(x, y, w, h);
    }
    if (silent) cross(context, x, y, w, h, style);
    if (lane !== style.chosen) continue;
    context.strokeStyle = style.text;
    context.lineWidth = 2 * style.scale;
    context.strokeRect(x + style.scale, y + style.scale, w - 2 * style.scale, h - 2 * style.scale);
  }
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, { alarm, ground, scale }: MapStyle): void {
  const r = Math.min(w, h) / 2 - 2 * scale;
  const [cx, cy] = [x + w / 2, y + h / 2];
  context.beginPath();
  context.moveTo(cx - r, cy - r);
  context.lineTo(cx + r, cy + r);
  context.moveTo(cx - r, cy + r);
  context.lineTo(cx + r, cy - r);
  // With an edge of the panel's colour: it must be seen on any colour of the scales.
  for (const [colour, width] of [
    [ground, 4.4],
    [alarm, 1.6],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width * scale;
    context.stroke();
  }
}
