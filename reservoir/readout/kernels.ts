import { loadAddon, type ReservoirKernels } from "../native/addon.ts";
import { portableKernels } from "./portable/index.ts";

const native = process.env.ASICR_PORTABLE === "1" ? null : loadAddon();
let inUse: ReservoirKernels = native ?? portableKernels;

/** Native where the addon is there, TypeScript otherwise or with ASICR_PORTABLE=1. Both give the same numbers, to rounding. */
export const kernels = (): ReservoirKernels => inUse;

/** Chooses by hand, for tests; false when there is no addon to choose. */
export function useKernels(which: "native" | "typescript"): boolean {
  const chosen = which === "native" ? native : portableKernels;
  if (chosen !== null) inUse = chosen;
  return chosen !== null;
}
