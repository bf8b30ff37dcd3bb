/** A plot as inline SVG that takes its colours from the page. */
import type { Plot, Series } from "../claim.ts";
import { escapeHtml, numberText } from "./text.ts";

const [WIDTH, HEIGHT] = [640, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 12, 44];
const TICKS = 5;

type Range = readonly [number, number];

export function plotSvg({ title, x, y, series, marks = [] }: Plot): string {
  const points = series.flatMap((one) => one.points).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (points.length === 0) return "";
  const xs = rangeOf([...points.map(([a]) => a), ...marks.filter(({ axis }) => axis === "x").map(({ at }) => at)]);
  const ys = rangeOf([...points.map(([, b]) => b), ...marks.filter(({ axis }) => axis === "y").map(({ at }) => at)]);
  const toX = (value: number) => LEFT + ((value - xs[0]) / (xs[1] - xs[0])) * (WIDTH - LEFT - RIGHT);
  const toY = (value: number) => HEIGHT - BOTTOM - ((value - ys[0]) / (ys[1] - ys[0])) * (HEIGHT - TOP - BOTTOM);
  const frame = [
    ...ticks(xs).map((at) => `<text x="${px(toX(at))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${numberText(at)}</text>`),
    ...ticks(ys).map(
      (at) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(toY(at))}" y2="${px(toY(at))}"/><text x="${LEFT - 6}" y="${px(toY(at) + 4)}" text-anchor="end">${numberText(at)}</text>`,
    ),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(x)}</text>`,
    `<text transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y)}</text>`,
  ];
  const lines = marks.map(({ axis, at, label }, i) =>
    axis === "x"
      ? `<line class="mark" x1="${px(toX(at))}" x2="${px(toX(at))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="mark" x="${px(toX(at) + 4)}" y="${TOP + 12 + 13 * i}">${escapeHtml(label)}</text>`
      : `<line class="mark" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(toY(at))}" y2="${px(toY(at))}"/><text class="mark" x="${WIDTH - RIGHT - 4}" y="${px(toY(at) - 4)}" text-anchor="end">${escapeHtml(label)}</text>`,
  );
  const drawn = series.map((one, i) => seriesSvg(one, i, toX, toY));
  const legend = series.map(({ name }, i) => `<span class="s${i % 3}">■ ${escapeHtml(name)}</span>`).join(" ");
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${frame.join("")}${lines.join("")}${drawn.join("")}</svg><figcaption>${escapeHtml(title)}. ${legend}</figcaption></figure>`;
}

function seriesSvg({ style, points }: Series, i: number, toX: (x: number) => number, toY: (y: number) => number): string {
  const finite = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)).map(([x, y]) => [px(toX(x)), px(toY(y))] as const);
  if (style === "points") return `<g class="s${i % 3}">${finite.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.5"/>`).join("")}</g>`;
  const path = finite.map(([x, y], at) => (at === 0 ? `M${x} ${y}` : style === "steps" ? `H${x}V${y}` : `L${x} ${y}`)).join("");
  return `<path class="s${i % 3}" d="${path}"/>`;
}

/** Round numbers inside the range, about TICKS of them. */
function ticks([low, high]: Range): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / TICKS));
  const step = power * ([5, 2].find((factor) => (high - low) / (factor * power) >= TICKS - 1) ?? 1);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** From the least to the largest, a little wider; never empty. */
function rangeOf(values: readonly number[]): Range {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = high > low ? 0.04 * (high - low) : Math.abs(low) || 1;
  return [low - margin, high + margin];
}

const px = (value: number) => Math.round(10 * value) / 10;
