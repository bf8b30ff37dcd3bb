import { DriverError } from "../../common/errors.ts";
import type { MidstateCount } from "./job.ts";

/** The version bits a miner may change. specs/bm1387.md 1.6 */
export const VERSION_MASK = 0x1fff_e000;

/**
 * The version bits of each midstate of a job: index i spread over the mask's bits from the lowest on. Throws DriverError VALUE_REFUSED when the
 * mask has too few bits. The order is the host's choice. specs/bm1387.md 1.6
 */
export function versionVariants(mask: number, midstates: MidstateCount): readonly number[] {
  const usable = (mask & VERSION_MASK) >>> 0;
  const places: number[] = [];
  for (let bit = 0; bit < 32; bit++) if ((usable >>> bit) & 1) places.push(bit);
  const needed = Math.log2(midstates);
  if (places.length < needed) {
    throw new DriverError(
      "VALUE_REFUSED",
      `The version mask ${usable.toString(16)} has ${places.length} bits; ${midstates} midstates need ${needed}.`,
      "Use fewer midstates, or a pool that lets more version bits change.",
      { mask: usable, midstates },
    );
  }
  return Array.from({ length: midstates }, (_, index) =>
    places.slice(0, needed).reduce((bits, place, at) => bits | (((index >> at) & 1) << place), 0),
  );
}
