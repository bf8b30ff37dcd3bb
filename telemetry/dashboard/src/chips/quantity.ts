/** What the chip map shows of a lane: value, colour, words. */

import type { LaneFigures } from "../../../lane-tally.ts";
import type { Rgb } from "../colour/rgb.ts";
import { againstBand, sequential } from "../colour/scales.ts";
import { formatCount, formatFixed, formatPercent, UNKNOWN } from "../format.ts";

export const LANE_QUANTITIES = ["rate", "errors", "residual"] as const;
export type LaneQuantity = (typeof LANE_QUANTITIES)[number];

export const LANE_QUANTITY_NAMES: Record<LaneQuantity, { title: string; unit: string }> = {
  rate: { title: "Valid nonces", unit: "/s" },
  errors: { title: "Error share", unit: "%" },
  residual: { title: "Residual", unit: "µs" },
};

/** A difference is grey up to so many standard errors: among a hundred lanes, one at most by chance. GUESS: close enough to normal. */
const STANDARD_ERRORS = 2.6;
/** The bright end, in rates of the median lane: one lane that does the work of two must not darken all others. */
const BRIGHTEST_RATE = 1.25;
/** The error scale never ends below one in a hundred: a single invalid nonce must not look like a dead chip. */
const LEAST_ERROR_END = 0.01;
const SURELY_HEARD = 16;

export function laneValue(quantity: LaneQuantity, figures: LaneFigures): number | null {
  switch (quantity) {
    case "rate":
      return figures.perSecond;
    case "errors":
      return figures.errorShare;
    case "residual":
      return figures.residual === null ? null : figures.residual.ms * 1000;
  }
}

/** [low, high] of the colour scale; of the residual, the widest grey band, µs. */
export function laneDomain(quantity: LaneQuantity, all: readonly LaneFigures[]): [number, number] {
  const values = all.map((figures) => laneValue(quantity, figures)).filter((value) => value !== null);
  switch (quantity) {
    case "rate": {
      const middle = values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
      return [0, middle === 0 ? Math.max(Number.EPSILON, ...values) : middle * BRIGHTEST_RATE];
    }
    case "errors":
      return [0, Math.max(LEAST_ERROR_END, ...values)];
    case "residual": {
      const widest = Math.max(0, ...all.map(({ residual }) => (residual === null ? 0 : residual.seMs * 1000 * STANDARD_ERRORS)));
      return [-widest, widest];
    }
  }
}

/** null: not known. Bright is good, as on the sweep map; a residual is grey where chance explains it. */
export function laneColour(quantity: LaneQuantity, figures: LaneFigures, [low, high]: readonly [number, number]): Rgb | null {
  const value = laneValue(quantity, figures);
  if (value === null) return null;
  switch (quantity) {
    case "rate":
      return sequential((value - low) / (high - low));
    case "errors":
      return sequential(1 - (value - low) / (high - low));
    case "residual": {
      const reach = (figures.residual?.seMs ?? 0) * 1000 * STANDARD_ERRORS;
      return againstBand(value, [-reach, reach]);
    }
  }
}

/**
 * A lane that gives nothing while others do: drawn crossed out, not merely dark. Only once the median of those that speak has given so many nonces that
 * chance leaves a lane without one in e^-16 of all minutes: of 63 chips, one in some hundred days.
 */
export function isSilent(figures: LaneFigures, all: readonly LaneFigures[]): boolean {
  if (figures.valid > 0) return false;
  const speaking = all.map(({ valid }) => valid).filter((valid) => valid > 0);
  return (speaking.sort((a, b) => a - b)[speaking.length >> 1] ?? 0) >= SURELY_HEARD;
}

export function laneText(quantity: LaneQuantity, value: number | null): string {
  if (value === null) return UNKNOWN;
  switch (quantity) {
    case "rate":
      // At a difficulty that leaves a chip two nonces a minute, one decimal would call all of them nothing.
      return formatFixed(value, value >= 100 ? 0 : value >= 0.95 || value === 0 ? 1 : 2);
    case "errors":
      return formatPercent(value);
    case "residual":
      return formatFixed(value, Math.abs(value) < 10 ? 1 : 0);
  }
}

/** Everything about one lane: the tooltip, and what a screen reader says. */
export function describeLane(name: string, figures: LaneFigures, seconds: number): string[] {
  const { valid, invalid, others, residual } = figures;
  return [
    name,
    `${laneText("rate", figures.perSecond)} valid nonces a second, ${formatCount(Math.round(valid))} in ${formatFixed(seconds, 0)} s`,
    `${formatCount(Math.round(invalid))} invalid (${formatPercent(figures.errorShare)} %), ${formatCount(Math.round(others))} stale, duplicate or of unknown jobs`,
    residual === null
      ? "residual not known"
      : `residual ${formatFixed(residual.ms * 1000, 1)} ± ${formatFixed(residual.seMs * 1000, 1)} µs from the median`,
  ];
}
