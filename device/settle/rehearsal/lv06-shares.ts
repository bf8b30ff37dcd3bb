/** Shares of an LV06 as its firmware lets them through, and their rhythm. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { permutation, splitmix64 } from "../../../common/random.ts";
import { coefficientOfVariation } from "../../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../../reservoir/statistics/cv-band.ts";
import type { Quantity } from "../claim.ts";
import { type Arm, countOf, validTimes } from "./arms.ts";

/** The LV06's firmware asks for 512 whatever the pool says (CLAIMS B). */
export const LV06 = { mhz: 400, volts: 1.2, ticketLog2: 9, workScale: 32 } as const;
export const cvOf = ({ nonces }: Arm) => coefficientOfVariation(validTimes(nonces)) ?? Number.NaN;
export const sharesIn = ({ nonces }: Arm) => countOf(nonces, STATUS.valid);

export function cvQuantity(arm: Arm): Quantity {
  const n = sharesIn(arm) - 1;
  return n < 2
    ? { name: `CV at ${arm.label}`, value: `${n + 1} shares in ${arm.seconds.toFixed(0)} s: none to be had` }
    : {
        name: `CV at ${arm.label}, ${n} intervals`,
        value: cvOf(arm),
        band: poissonCvBand(n),
        bandOf: "95 % of a Poisson process of so many",
      };
}

export const inOrder = <T>(items: readonly T[], seed: number) =>
  Array.from(permutation(items.length, splitmix64(seed)), (i) => items[i] as T);
