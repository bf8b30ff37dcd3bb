/** From quantities to pixels, and which values are worth a mark. */

export interface Axis {
  readonly label: string;
  readonly ticks: readonly number[];
  /** In pixels. */
  at(value: number): number;
  text(value: number): string;
}

export interface AxisOptions {
  readonly label: string;
  readonly from: number;
  readonly upTo: number;
  /** Where `from` and `upTo` lie, pixels. */
  readonly pixels: readonly [number, number];
}

const MOST_TICKS = 8;

/** Nothing between the ends is widened to something. */
export function linearAxis({ label, from, upTo, pixels: [low, high] }: AxisOptions): Axis {
  const [first, last] = from < upTo ? [from, upTo] : [from - 0.5, from + 0.5];
  const step = niceStep((last - first) / MOST_TICKS);
  const ticks: number[] = [];
  for (let i = Math.ceil(first / step); i * step <= last + step * 1e-9; i++) ticks.push(i * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    label,
    ticks,
    at: (value) => low + ((value - first) / (last - first)) * (high - low),
    text: (value) => value.toFixed(Math.min(12, digits)).replace(/^-(0(\.0*)?)$/, "$1"),
  };
}

/** Of things that are counted: ticks at whole numbers alone. */
export function wholeAxis(options: AxisOptions): Axis {
  const axis = linearAxis(options);
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger), text: (value) => value.toFixed(0) };
}

/** Ticks at powers of ten. Both ends must be above 0. */
export function logAxis({ label, from, upTo, pixels: [low, high] }: AxisOptions): Axis {
  const [first, last] = from < upTo ? [Math.log10(from), Math.log10(upTo)] : [Math.log10(from) - 0.5, Math.log10(from) + 0.5];
  const ticks: number[] = [];
  for (let power = Math.ceil(first - 1e-9); power <= last + 1e-9; power++) ticks.push(10 ** power);
  return {
    label,
    ticks,
    at: (value) => low + ((Math.log10(value) - first) / (last - first)) * (high - low),
    text: (value) => (value >= 1e-3 && value < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(0).replace("e+", "e")),
  };
}

/** 1, 2 or 5 times a power of ten, not below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5, 10].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10) * power;
}
