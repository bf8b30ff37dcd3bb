import { type BlasAnswer, loadAddon, type ReservoirKernels } from "../native/addon.ts";
import { portableKernels } from "./portable/index.ts";

const native = process.env.ASICR_PORTABLE === "1" ? null : loadAddon();
let inUse: ReservoirKernels = native ?? portableKernels;
const requested = process.env.ASICR_BLAS ?? "off";

/**
 * ASICR_BLAS names a BLAS to sum products and to factor with (a path, or libopenblas.so.0); "auto" takes OpenBLAS for what it is measured to do
 * faster here; unset or "off" leaves all to the own kernels, which were within a tenth of it, either way, where that was measured
 * (bench/README.md). What cannot be used is said here and not used.
 */
export const installedBlas: { readonly requested: string; readonly answer: BlasAnswer } = {
  requested,
  answer: native?.useBlas(requested) ?? "off",
};

/** Native where the addon is there, TypeScript otherwise or with ASICR_PORTABLE=1. Both give the same numbers, to rounding. */
export const kernels = (): ReservoirKernels => inUse;

/** Chooses by hand, for tests; false when there is no addon to choose. */
export function useKernels(which: "native" | "typescript"): boolean {
  const chosen = which === "native" ? native : portableKernels;
  if (chosen !== null) inUse = chosen;
  return chosen !== null;
}
