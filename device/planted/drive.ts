import { splitmix64 } from "../../common/random.ts";
import { DRIVE_STEP_S, type DriveRange } from "../../twin/planted/memory.ts";
import { seedOf } from "../../twin/planted/scores.ts";

export const STEP_NS = DRIVE_STEP_S * 1e9;

/** Independent uniform clocks, one a step. */
export function* randomDrive(secret: string, range: DriveRange): Generator<number, never> {
  const random = splitmix64(seedOf(secret, "drive"));
  for (;;) yield range.minMhz + random.next() * (range.maxMhz - range.minMhz);
}

/** The place of a clock in its range. */
export function driveInput(mhz: number, { minMhz, maxMhz }: DriveRange): number {
  return (mhz - minMhz) / (maxMhz - minMhz);
}
