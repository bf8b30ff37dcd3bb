import { FREQUENCY_EPSILON_MHZ } from "../bm13xx/pll.ts";

/** The grid frequencies are changed on. specs/bm1366.md 3.5 */
export const RAMP_STEP_MHZ = 6.25;
/** Wait after each step. specs/bm1366.md 3.5 */
export const RAMP_STEP_MS = 100;

/**
 * Frequencies to write, in order, to get from one to another: the grid points between them, then the target itself if it is off the grid.
 * Empty when there is nothing to do; a single write when they are less than one grid step apart. specs/bm1366.md 3.5
 */
export function frequencyRamp(currentMhz: number, targetMhz: number): number[] {
  const differenceMhz = targetMhz - currentMhz;
  if (Math.abs(differenceMhz) < FREQUENCY_EPSILON_MHZ) return [];
  if (Math.abs(differenceMhz) < RAMP_STEP_MHZ) return [targetMhz];
  const up = differenceMhz > 0;
  const toGrid = up ? Math.floor : Math.ceil;
  const direction = up ? 1 : -1;
  const last = toGrid(targetMhz / RAMP_STEP_MHZ);
  const steps: number[] = [];
  for (let k = toGrid(currentMhz / RAMP_STEP_MHZ) + direction; (last - k) * direction >= 0; k += direction) steps.push(k * RAMP_STEP_MHZ);
  if (Math.abs(last * RAMP_STEP_MHZ - targetMhz) >= FREQUENCY_EPSILON_MHZ) steps.push(targetMhz);
  return steps;
}
