/** sRGB colour arithmetic. */
export type Rgb = readonly [number, number, number];

export function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function toCss([red, green, blue]: Rgb): string {
  return `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)})`;
}

function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

/** Relative luminance, 0 (black) .. 1 (white). WCAG 2.2. */
export function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Contrast ratio, 1 .. 21. WCAG 2.2. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Text colour that reads better on this ground; one of the two always has a contrast of at least 4.5. */
export function inkOn(ground: Rgb): "#000000" | "#ffffff" {
  return contrast(ground, parseHex("#000000")) >= contrast(ground, [255, 255, 255]) ? "#000000" : "#ffffff";
}

/** Piecewise linear through the stops; x is clamped to 0..1. */
export function interpolate(stops: readonly Rgb[], x: number): Rgb {
  const position = Math.min(1, Math.max(0, x)) * (stops.length - 1);
  const left = Math.min(stops.length - 2, Math.floor(position));
  const a = stops[left] as Rgb;
  const b = stops[left + 1] as Rgb;
  const t = position - left;
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}
