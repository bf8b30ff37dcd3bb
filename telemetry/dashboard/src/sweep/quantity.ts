/** What the sweep map can show: value, colour, legend. */
import type { Regime, SweepPoint } from "../../../messages.ts";
import type { Rgb } from "../colour/rgb.ts";
import { againstBand, sequential } from "../colour/scales.ts";
import { formatFixed, formatPercent, UNKNOWN } from "../format.ts";

export const QUANTITIES = ["rate", "invalid", "energy", "cv", "regime"] as const;
export type Quantity = (typeof QUANTITIES)[number];

export const QUANTITY_NAMES: Record<Quantity, { short: string; long: string; unit: string }> = {
  rate: { short: "Rate", long: "Hash rate / expected", unit: "%" },
  invalid: { short: "Invalid", long: "Invalid nonces", unit: "%" },
  energy: { short: "J/TH", long: "Energy per terahash", unit: "J/TH" },
  cv: { short: "CV", long: "CV of intervals against its Poisson band", unit: "" },
  regime: { short: "Regime", long: "Regime, by the counts' intervals", unit: "" },
};

/** Worst to best, so that bright is good here too. Each is written out in its cell: no colour is needed to read it. */
export const REGIME_LEVELS: readonly Regime[] = ["dead", "edge", "marginal", "healthy"];

export function regimeColour(regime: Regime): Rgb {
  return sequential(REGIME_LEVELS.indexOf(regime) / (REGIME_LEVELS.length - 1));
}

/** null: not known for this point. rate and invalid are fractions of one. */
export function quantityOf(quantity: Quantity, point: SweepPoint): number | null {
  switch (quantity) {
    case "rate":
      return point.hashRateGhs === null || point.expectedGhs <= 0 ? null : point.hashRateGhs / point.expectedGhs;
    case "invalid": {
      const judged = point.nonces.valid + point.nonces.invalid;
      return judged === 0 ? null : point.nonces.invalid / judged;
    }
    case "energy":
      return point.joulesPerTerahash;
    case "cv":
      return point.cv;
    case "regime":
      return point.regime == null ? null : REGIME_LEVELS.indexOf(point.regime);
  }
}

export function valueText(quantity: Quantity, value: number | null): string {
  if (value === null) return UNKNOWN;
  switch (quantity) {
    case "rate":
      return formatFixed(value * 100, 0);
    case "invalid":
      return formatPercent(value);
    case "energy":
      return value >= 10_000 ? `${formatFixed(value / 1000, 0)}k` : formatFixed(value, value < 100 ? 1 : 0);
    case "cv":
      return formatFixed(value, 2);
    case "regime":
      return REGIME_LEVELS[value] ?? UNKNOWN;
  }
}

/** A chip that hardly hashes takes any energy per hash: beyond this many times the best point, the colour says no more. */
const ENERGY_SPAN = 3;

/** [low, high] of the colour scale. Rate has a fixed scale so that colours do not shift while the map fills in; the others follow the data. */
export function domainOf(quantity: Quantity, points: readonly SweepPoint[]): [number, number] {
  const values = points.map((point) => (point.status === "done" ? quantityOf(quantity, point) : null)).filter((value) => value !== null);
  switch (quantity) {
    case "rate":
      return [0, 1];
    case "invalid":
      return [0, Math.max(0.01, ...values)];
    case "energy":
      return values.length === 0 ? [0, 1] : energyDomain(Math.min(...values), Math.max(...values));
    case "cv":
      return [0, 2];
    case "regime":
      return [0, REGIME_LEVELS.length - 1];
  }
}

function energyDomain(best: number, worst: number): [number, number] {
  return [best, Math.max(best * 1.1, Math.min(worst, best * ENERGY_SPAN)) + Number.EPSILON];
}

/** Whether the low end of the scale is the good one. Bright is good on every map. */
export function lowIsGood(quantity: Quantity): boolean {
  return quantity === "invalid" || quantity === "energy";
}

/** null: no colour, because there is no value (or, for the CV, no band to judge it by). */
export function colourOf(quantity: Quantity, point: SweepPoint, [low, high]: readonly [number, number]): Rgb | null {
  const value = quantityOf(quantity, point);
  if (value === null) return null;
  if (quantity === "cv") return point.cvBand === null ? null : againstBand(value, point.cvBand);
  const position = (value - low) / (high - low);
  return sequential(lowIsGood(quantity) ? 1 - position : position);
}

/** Everything about one point, as lines of text: the tooltip, and what a screen reader says. */
export function describe(point: SweepPoint): string[] {
  const rate = quantityOf("rate", point);
  const invalid = quantityOf("invalid", point);
  const at = `${formatFixed(point.coreVoltageMv, 0)} mV, ${formatFixed(point.frequencyMhz, Number.isInteger(point.frequencyMhz) ? 0 : 2)} MHz, ticket difficulty ${formatFixed(point.ticketDifficulty, 0)}`;
  if (point.status !== "done") return [at, `${point.status === "invalid" ? "Invalid" : "Skipped"}: ${point.reason ?? "no reason given"}`];
  const regime = point.regime == null ? `no regime: ${point.regimeReason ?? "not judged"}` : `${point.regime}: ${point.regimeReason ?? ""}`;
  const band = point.cvBand === null ? "no band" : `band ${formatFixed(point.cvBand[0], 2)} to ${formatFixed(point.cvBand[1], 2)}`;
  return [
    at,
    `${formatFixed(point.hashRateGhs, 1)} GH/s, ${formatPercent(rate)} % of ${formatFixed(point.expectedGhs, 1)} expected`,
    `${formatFixed(point.nonces.valid, 0)} valid, ${formatFixed(point.nonces.invalid, 0)} invalid (${formatPercent(invalid)} %)`,
    `${formatFixed(point.powerW, 2)} W, ${formatFixed(point.joulesPerTerahash, 1)} J/TH, chip ${formatFixed(point.chipTempC, 1)} °C`,
    `CV ${formatFixed(point.cv, 3)} (${band}), ${formatFixed(point.seconds, 1)} s`,
    regime,
  ];
}
