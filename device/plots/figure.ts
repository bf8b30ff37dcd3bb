/** A figure: axes, layers, legend, and above all of it what it shows and where the numbers come from. */
import type { Axis } from "./axis.ts";
import { element, escaped, label } from "./svg.ts";

export const WIDTH = 960;
export const HEIGHT = 540;
/** Where the layers are. */
export const PLOT = { left: 84, right: WIDTH - 28, top: 92, bottom: HEIGHT - 62 } as const;

/** Colours that colour-blind readers keep apart (Okabe and Ito). */
export const COLOURS = {
  ink: "#1b1f24",
  faint: "#d8dde3",
  blue: "#0072b2",
  orange: "#d55e00",
  green: "#009e73",
  purple: "#cc79a7",
  yellow: "#e69f00",
  grey: "#7a828c",
} as const;

export interface Figure {
  readonly title: string;
  /** Of the run: origin and number. */
  readonly about: { readonly origin: string; readonly run: string };
  readonly x: Axis;
  readonly y: Axis;
  readonly layers: readonly string[];
  readonly legend?: readonly { readonly name: string; readonly colour: string }[];
  /** What a reader must know beside it: how much is shown, what a line means. */
  readonly note?: string;
}

export function svgOf({ title, about, x, y, layers, legend = [], note = "" }: Figure): string {
  const { left, right, top, bottom } = PLOT;
  const grid = [
    ...x.ticks.map((value) => element("path", { d: `M${x.at(value).toFixed(1)} ${top}V${bottom}`, stroke: COLOURS.faint })),
    ...y.ticks.map((value) => element("path", { d: `M${left} ${y.at(value).toFixed(1)}H${right}`, stroke: COLOURS.faint })),
  ];
  const marks = [
    ...x.ticks.map((value) => label(x.at(value), bottom + 18, x.text(value), { "text-anchor": "middle" })),
    ...y.ticks.map((value) => label(left - 8, y.at(value) + 4, y.text(value), { "text-anchor": "end" })),
    label((left + right) / 2, bottom + 40, x.label, { "text-anchor": "middle", "font-weight": "600" }),
    element(
      "text",
      { transform: `translate(20 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle", "font-weight": "600" },
      escaped(y.label),
    ),
  ];
  const head = [
    label(left, 30, title, { "font-size": 19, "font-weight": "700" }),
    label(left, 51, about.run, { fill: COLOURS.grey }),
    label(right, 30, `origin: ${about.origin}`, { "font-size": 16, "font-weight": "700", "text-anchor": "end" }),
  ];
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width: WIDTH,
      height: HEIGHT,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "font-family": "system-ui, sans-serif",
      "font-size": 13,
      fill: COLOURS.ink,
    },
    element("title", {}, escaped(`${title} (origin: ${about.origin})`)),
    element("rect", { width: WIDTH, height: HEIGHT, fill: "#ffffff" }),
    ...head,
    ...keysOf(legend),
    ...grid,
    element("clipPath", { id: "plot" }, element("rect", { x: left, y: top, width: right - left, height: bottom - top })),
    element("g", { "clip-path": "url(#plot)" }, ...layers, ""),
    element("rect", { x: left, y: top, width: right - left, height: bottom - top, fill: "none", stroke: COLOURS.ink }),
    ...marks,
    label(left, HEIGHT - 6, note, { fill: COLOURS.grey, "font-size": 12 }),
  );
}

/** Names beside their colours, in a row above the axes. */
function keysOf(legend: NonNullable<Figure["legend"]>): string[] {
  let at: number = PLOT.left;
  return legend.flatMap(({ name, colour }) => {
    const key = [element("rect", { x: at, y: 66, width: 12, height: 12, rx: 2, fill: colour }), label(at + 18, 77, name)];
    at += 34 + name.length * 7.2;
    return key;
  });
}
