/** First-order approach to a target that holds still over the step. */
export function approach(value: number, target: number, dtS: number, timeConstantS: number): number {
  return target + (value - target) * Math.exp(-dtS / timeConstantS);
}
