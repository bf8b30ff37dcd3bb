/** How fast the published boards find shares: what every plan of a measurement turns on. CLAIMS B */

/** LV06 at 400 MHz with the firmware's floor of 512, 1/s. */
export const LV06_PER_S = 0.163;
/** S9 as in the capture, at its floor of 256, 1/s. */
export const S9_PER_S = 10.4;

const S9_CORES = 189 * 114;
const S9_FLOOR = 256;

/** Rate of an S9's shares at a clock and a difficulty asked for, 1/s. */
export function s9Rate(mhz: number, difficulty: number): number {
  return (S9_CORES * mhz * 1e6) / (Math.max(difficulty, S9_FLOOR) * 2 ** 32);
}
