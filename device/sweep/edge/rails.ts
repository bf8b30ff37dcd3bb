/** What a set-point is at each chip of a board. */
import { VOLTAGE_DOMAINS } from "../../../drivers/boards/s9-voltage.ts";
import type { Config } from "../../config/schema.ts";

export interface Rails {
  /** Chips in series between the rails whose voltage is set. */
  readonly chipsInSeries: number;
  /** Voltage domains in series inside a chip: its edge is that much wider (specs/bm1366.md 4.9). */
  readonly domainsInChip: number;
  /** Chips side by side, with one voltage. */
  readonly chipsAbreast: number;
}

/** specs/bm1387.md 7.1: 21 domains of three chips. */
export const RAILS: Readonly<Record<Config["board"]["kind"], Rails>> = {
  "bitaxe-ultra": { chipsInSeries: 1, domainsInChip: 4, chipsAbreast: 1 },
  "s9-hashboard": { chipsInSeries: VOLTAGE_DOMAINS, domainsInChip: 1, chipsAbreast: 3 },
};

/**
 * Voltage at every chip, mV, with its own clock. Domains in series carry one current, and what a domain draws at a voltage goes with its clocks: each
 * gets the inverse of its share of them. Leakage, about a tenth of the current and the same in all, is left out, and with it an eighth of
 * the change beside a slowed chip, and up to a millivolt elsewhere. A chain shorter than its board counts as if its domains were all there are.
 */
export function chipVoltages({ chipsInSeries, chipsAbreast }: Rails, railMv: number, clocksMhz: readonly number[]): number[] {
  if (chipsInSeries === 1) return clocksMhz.map(() => railMv);
  const loads = Array.from({ length: Math.ceil(clocksMhz.length / chipsAbreast) }, (_, domain) => {
    const clocks = clocksMhz.slice(domain * chipsAbreast, (domain + 1) * chipsAbreast);
    return clocks.reduce((sum, mhz) => sum + mhz, 0) / clocks.length;
  });
  const resistance = loads.reduce((sum, load) => sum + 1 / load, 0) / loads.length;
  return clocksMhz.map((_, chip) => railMv / chipsInSeries / (loads[Math.floor(chip / chipsAbreast)] as number) / resistance);
}
