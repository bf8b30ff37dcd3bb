/** The step of the vendor's table at its ends, MHz. Nobody's measurement says how large a step a chain bears. specs/bm1387.md 2.1, 3.4 */
export const RAMP_STEP_MHZ = 25;
/** The vendor's rest between two PLL writes. specs/bm1387.md 3.3 */
export const RAMP_STEP_MS = 10;
const SAME_MHZ = 1e-6;

/** Frequencies to write, in order, to get from one to another: the grid points between them, then the target. Empty when they are the same. */
export function frequencyRamp(fromMhz: number, toMhz: number): number[] {
  if (Math.abs(toMhz - fromMhz) < SAME_MHZ) return [];
  const direction = Math.sign(toMhz - fromMhz);
  const toGrid = direction > 0 ? Math.floor : Math.ceil;
  const steps: number[] = [];
  let k = toGrid(fromMhz / RAMP_STEP_MHZ) + direction;
  while ((toMhz - k * RAMP_STEP_MHZ) * direction > SAME_MHZ) {
    steps.push(k * RAMP_STEP_MHZ);
    k += direction;
  }
  return [...steps, toMhz];
}
