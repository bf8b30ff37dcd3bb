/** How the answers of chips move the clocks of their neighbours: mode `chorus`, on a chain whose chips have clocks of their own (DESIGN section 1.4). */
import { z } from "zod";

export const couplingSchema = z
  .strictObject({
    reach: z.int().min(0).max(8).default(1).describe("How many neighbours on each side of the chain a chip hears; 0: none"),
    gainMhz: z.number().default(0).describe("Offset of the clock per unit of the neighbours' mean activity, MHz"),
    clipMhz: z.number().min(0).max(100).default(25).describe("The largest offset, MHz"),
    spreadMhz: z.number().min(0).max(200).default(25).describe("How far the input moves the clocks: u = 0 to u = 0.5, MHz"),
  })
  .describe("Coupling of chips by their clocks");

export type CouplingSettings = z.infer<typeof couplingSchema>;

/** What a chip may run at. */
export interface ClockLimits {
  readonly minMhz: number;
  readonly maxMhz: number;
}

export interface ChipDrive {
  /** Asked of each chip, MHz, within the limits. */
  readonly clocksMhz: readonly number[];
  /** What the neighbours' answers added, before the limits. */
  readonly offsetsMhz: readonly number[];
}

/** Weights by which chip i hears chip j: equal among the neighbours within reach, rows add up to 1 (0 where there are none), nobody hears itself. */
export function couplingMatrix(chips: number, reach: number): readonly (readonly number[])[] {
  return Array.from({ length: chips }, (_, i) => {
    const hears = (j: number) => j !== i && Math.abs(i - j) <= reach;
    const neighbours = Array.from({ length: chips }, (_, j) => hears(j)).filter(Boolean).length;
    return Array.from({ length: chips }, (_, j) => (hears(j) ? 1 / neighbours : 0));
  });
}

/**
 * Activity of each chip in one step: its verified nonces against the chain's mean, less 1; 0 everywhere when nothing was found. So a chain that is
 * merely faster or slower as a whole feeds nothing back.
 */
export function activityOf(counts: readonly number[]): readonly number[] {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.map((count) => (mean > 0 ? count / mean - 1 : 0));
}

/** The clocks of the next step: the input moves all of them around `homeMhz`, the neighbours' activity each one. */
export function chipDrive(
  u: number,
  activity: readonly number[],
  matrix: readonly (readonly number[])[],
  { gainMhz, clipMhz, spreadMhz }: CouplingSettings,
  { homeMhz, limits }: { readonly homeMhz: number; readonly limits: ClockLimits },
): ChipDrive {
  const common = homeMhz + (u / 0.5 - 0.5) * spreadMhz;
  const offsetsMhz = matrix.map((row) => {
    const heard = row.reduce((sum, weight, j) => sum + weight * (activity[j] ?? 0), 0);
    return Math.min(clipMhz, Math.max(-clipMhz, gainMhz * heard));
  });
  const clocksMhz = offsetsMhz.map((offset) => Math.min(limits.maxMhz, Math.max(limits.minMhz, common + offset)));
  return { clocksMhz, offsetsMhz };
}
