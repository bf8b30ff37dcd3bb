import { DriverError } from "../../common/errors.ts";

/** The crystal every chip runs from, MHz. specs/bm1366.md 1.1 */
export const CLKI_MHZ = 25;
/** From this VCO frequency on the range-high bit is set. specs/bm1366.md 2.1 */
export const VCO_HIGH_MHZ = 2400;
/** Frequencies closer than this are the same. specs/bm1366.md 3.4 */
export const FREQUENCY_EPSILON_MHZ = 1e-4;

/** Dividers as numbers, not as register fields (which hold postDiv - 1). */
export interface PllDividers {
  readonly fbDiv: number;
  readonly refDiv: number;
  readonly postDiv1: number;
  readonly postDiv2: number;
}

export interface FeedbackLimits {
  readonly min: number;
  readonly max: number;
}

/** Feedback divider limits of the BM1366. specs/bm1366.md 3.4 */
export const BM1366_FEEDBACK: FeedbackLimits = { min: 144, max: 235 };

export function vcoMhz(pll: PllDividers): number {
  return (CLKI_MHZ * pll.fbDiv) / pll.refDiv;
}

/** f = 25 MHz * fb / (ref * p1 * p2). specs/bm1366.md 2.1 */
export function pllMhz(pll: PllDividers): number {
  return (CLKI_MHZ * pll.fbDiv) / (pll.refDiv * pll.postDiv1 * pll.postDiv2);
}

export function vcoRangeHigh(pll: PllDividers): boolean {
  return vcoMhz(pll) >= VCO_HIGH_MHZ;
}

/**
 * The dividers that come closest to `targetMhz`, which is taken as float32 like the firmware the tables come from. Equally close ones (within
 * 1e-4 MHz): the lower VCO, then the smaller post divider. Throws DriverError SETPOINT_REFUSED when no feedback divider in the limits
 * reaches the target to within half a divider step. specs/bm1366.md 3.4
 */
export function searchPll(targetMhz: number, limits: FeedbackLimits = BM1366_FEEDBACK): PllDividers {
  const target = Math.fround(targetMhz);
  let best: PllDividers | null = null;
  let bestErrorMhz = Number.POSITIVE_INFINITY;
  for (const refDiv of [2, 1]) {
    for (let postDiv1 = 7; postDiv1 >= 1; postDiv1--) {
      for (let postDiv2 = postDiv1 - 1; postDiv2 >= 1; postDiv2--) {
        const fbDiv = Math.round((target / CLKI_MHZ) * refDiv * postDiv1 * postDiv2);
        if (!(fbDiv >= limits.min && fbDiv <= limits.max)) continue;
        const candidate = { fbDiv, refDiv, postDiv1, postDiv2 };
        const errorMhz = Math.abs(pllMhz(candidate) - target);
        const tie = Math.abs(errorMhz - bestErrorMhz) < FREQUENCY_EPSILON_MHZ;
        if (best === null || (tie ? prefer(candidate, best) : errorMhz < bestErrorMhz)) {
          best = candidate;
          bestErrorMhz = errorMhz;
        }
      }
    }
  }
  if (best === null) {
    throw new DriverError(
      "SETPOINT_REFUSED",
      `No PLL dividers give a core clock of ${targetMhz} MHz.`,
      `Ask for a frequency from ${lowestMhz(limits)} to ${highestMhz(limits)} MHz.`,
      { targetMhz, feedback: limits },
    );
  }
  return best;
}

function prefer(a: PllDividers, b: PllDividers): boolean {
  const vcoDifference = vcoMhz(a) - vcoMhz(b);
  if (Math.abs(vcoDifference) >= FREQUENCY_EPSILON_MHZ) return vcoDifference < 0;
  return a.postDiv1 * a.postDiv2 < b.postDiv1 * b.postDiv2;
}

/** Lowest and highest clocks the search can reach: ref 2, post dividers 7*6; ref 1, post dividers 2*1. */
function lowestMhz(limits: FeedbackLimits): number {
  return Math.ceil(pllMhz({ fbDiv: limits.min, refDiv: 2, postDiv1: 7, postDiv2: 6 }));
}
function highestMhz(limits: FeedbackLimits): number {
  return Math.floor(pllMhz({ fbDiv: limits.max, refDiv: 1, postDiv1: 2, postDiv2: 1 }));
}
