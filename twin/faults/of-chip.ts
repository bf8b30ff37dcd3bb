import type { FaultTable } from "./table.ts";

/** How long the PLL of a chip takes to lock after a write, ns; null while it is sound, Infinity when it never does. */
export function pllLockNs(faults: FaultTable, chip: number, tNs: number): number | null {
  if (faults.value("pll-never-locks", tNs) === chip) return Number.POSITIVE_INFINITY;
  const slow = faults.holding("pll-slow-lock", tNs);
  return slow?.chip === chip ? slow.value * 1e6 : null;
}

/** How much hotter a chip is than its neighbours, K. */
export function hotterK(faults: FaultTable, chip: number, tNs: number): number {
  const hot = faults.holding("hot-chip", tNs);
  return hot?.chip === chip ? hot.value : 0;
}
