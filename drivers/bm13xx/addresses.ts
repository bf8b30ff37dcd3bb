/** Distance of chip addresses on a chain of n. specs/bm1366.md 3.3, specs/bm1387.md 1.5 */
export function addressInterval(chips: number): number {
  return Math.floor(256 / chips);
}

/** Addresses of n chips, in chain order. */
export function chipAddresses(chips: number): number[] {
  return Array.from({ length: chips }, (_, at) => at * addressInterval(chips));
}
