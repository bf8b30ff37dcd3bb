import { DriverError } from "../../common/errors.ts";
import { CLKI_MHZ, type PllDividers, pllMhz } from "../bm13xx/pll.ts";

/** What a search may use. */
export interface PllLimits {
  readonly refDivs: readonly number[];
  readonly fbDiv: { readonly min: number; readonly max: number };
  /** In order of preference among equally close clocks; the second post divider is 1 in every table. */
  readonly postDivs: readonly number[];
}

/**
 * What every S9 uses: reference divider 2, feedback 32..128 (a VCO of 400 to 1600 MHz). The order of the post dividers is that of the vendor's
 * table: 4 up to 400 MHz, then 2 before 3, then 1. specs/bm1387.md 2.1
 */
export const S9_PLL: PllLimits = { refDivs: [2], fbDiv: { min: 32, max: 128 }, postDivs: [4, 2, 3, 1, 6, 5, 7] };

/**
 * Any reference divider the register holds, which is what the open firmware's search allows. It comes closer, by way of VCO frequencies no S9
 * is known to run at, so the driver does not use it. specs/bm1387.md 2.1 [S BO]
 */
export const ANY_REFERENCE_PLL: PllLimits = { ...S9_PLL, refDivs: [2, 1, ...Array.from({ length: 13 }, (_, i) => i + 3)] };

/** Clocks of the vendor's table. specs/bm1387.md 2.1 */
export const LOWEST_MHZ = 100;
export const HIGHEST_MHZ = 1175;
/** Clocks nearer than this are the same. */
const SAME_MHZ = 1e-9;

/**
 * The dividers that come closest to `targetMhz`; of equally close ones the lower clock, then the order of the limits. Throws DriverError
 * SETPOINT_REFUSED outside 100..1175 MHz. specs/bm1387.md 2.1
 */
export function searchPll(targetMhz: number, limits: PllLimits = S9_PLL): PllDividers {
  let best: PllDividers | null = null;
  if (targetMhz >= LOWEST_MHZ && targetMhz <= HIGHEST_MHZ) {
    for (const refDiv of limits.refDivs) {
      for (const postDiv1 of limits.postDivs) {
        const exact = (targetMhz / CLKI_MHZ) * refDiv * postDiv1;
        for (const fbDiv of [Math.floor(exact), Math.ceil(exact)]) {
          if (fbDiv < limits.fbDiv.min || fbDiv > limits.fbDiv.max) continue;
          const candidate = { fbDiv, refDiv, postDiv1, postDiv2: 1 };
          if (best === null || closer(candidate, best, targetMhz)) best = candidate;
        }
      }
    }
  }
  if (best !== null) return best;
  throw new DriverError(
    "SETPOINT_REFUSED",
    `No PLL dividers give a core clock of ${targetMhz} MHz.`,
    `Ask for a frequency from ${LOWEST_MHZ} to ${HIGHEST_MHZ} MHz.`,
    { targetMhz },
  );
}

function closer(a: PllDividers, b: PllDividers, targetMhz: number): boolean {
  const gained = Math.abs(pllMhz(b) - targetMhz) - Math.abs(pllMhz(a) - targetMhz);
  return Math.abs(gained) < SAME_MHZ ? pllMhz(a) < pllMhz(b) - SAME_MHZ : gained > 0;
}
