/** Chips' true clocks in words. */
import type { ChipClockView } from "../../../messages.ts";
import { formatFixed } from "../format.ts";

const signed = (ppm: number): string => `${ppm > 0 ? "+" : ""}${formatFixed(ppm, 1)}`;

/** One chip: its clock with the 95 % interval; several: how far they lie apart. Chips of which nothing can be said are counted, not guessed. */
export function clocksText(clocks: readonly ChipClockView[] | null): string {
  if (clocks === null || clocks.length === 0) return "not measured";
  const known = clocks.flatMap(({ ppm, ppmInterval }) => (ppm === null || ppmInterval === null ? [] : [{ ppm, interval: ppmInterval }]));
  const unknown = clocks.length - known.length;
  const [first] = known;
  if (first === undefined) return clocks.length === 1 ? "too little to tell" : `too little to tell of ${clocks.length} chips`;
  if (clocks.length === 1) return `${signed(first.ppm)} ppm (${first.interval.map(signed).join(" to ")})`;
  const sorted = known.map(({ ppm }) => ppm).sort((a, b) => a - b);
  const widest = Math.max(...known.map(({ interval: [low, high] }) => (high - low) / 2));
  const range = `${signed(sorted[0] as number)} to ${signed(sorted.at(-1) as number)} ppm, each ± ${formatFixed(widest, 1)} at most`;
  return `${known.length} chips ${range}${unknown === 0 ? "" : `, ${unknown} unknown`}`;
}
