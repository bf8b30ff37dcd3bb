/**
 * Colour scales. Chosen for colour-blind readers, about one man in twelve:
 * - quantities: night blue to sand, the axis of cividis (Nunez, Anderton, Renslow 2018) with a calmer bright end. Luminance rises all the way,
 *   and blue against yellow is what deutan and protan readers see as others do;
 * - CV against its null band: blue to orange through grey, the pair that all three dichromacies keep apart, and grey only inside the band;
 * - nonce difficulty: one blue hue, told by lightness alone. What is not valid differs in shape as well (raster/marks.ts).
 */
import { interpolate, parseHex, type Rgb } from "./rgb.ts";

export const SEQUENTIAL: readonly Rgb[] = ["#0f2547", "#24456f", "#4d6580", "#7b8584", "#a9a27f", "#d3c284", "#efe2ad"].map(parseHex);

const BELOW: readonly Rgb[] = ["#7fa9cf", "#1f5f9e"].map(parseHex);
const ABOVE: readonly Rgb[] = ["#e0a76a", "#a84e00"].map(parseHex);
export const IN_BAND: Rgb = parseHex("#8d929a");

/** 0 (low) .. 1 (high). */
export function sequential(x: number): Rgb {
  return interpolate(SEQUENTIAL, x);
}

/** Grey inside [low, high]; outside, deeper with the distance, which is counted in band widths and full at one. */
export function againstBand(value: number, [low, high]: readonly [number, number]): Rgb {
  if (value >= low && value <= high) return IN_BAND;
  const width = Math.max(high - low, Number.EPSILON);
  return value < low ? interpolate(BELOW, (low - value) / width) : interpolate(ABOVE, (value - high) / width);
}

/** Shades for valid nonces, from the ticket difficulty up to 2^(SHADES - 1) times as much. */
export const SHADES = 7;
const ON_DARK: readonly Rgb[] = ["#28597f", "#63b0e8", "#f2f9ff"].map(parseHex);
const ON_LIGHT: readonly Rgb[] = ["#7fb2d9", "#1f6fae", "#06294a"].map(parseHex);

/** Further from the ground the higher the difficulty. */
export function difficultyShades(theme: "dark" | "light"): Rgb[] {
  const stops = theme === "dark" ? ON_DARK : ON_LIGHT;
  return Array.from({ length: SHADES }, (_, shade) => interpolate(stops, shade / (SHADES - 1)));
}

/** Whole factors of two above the ticket difficulty, within the shades; the lowest when unknown. */
export function shadeOf(difficultyLog2: number, ticketLog2: number): number {
  const above = Math.floor(difficultyLog2 - ticketLog2);
  return Number.isNaN(above) ? 0 : Math.min(SHADES - 1, Math.max(0, above));
}
