/** p of a difficulty: floor(log2(ceil(D))), so that asking 1000 gives 512. specs/bm1366.md 2.2, 8.19; specs/bm1387.md 2.2 */
export function ticketLog2Of(difficulty: number): number {
  return Math.min(32, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.ceil(difficulty))))));
}
