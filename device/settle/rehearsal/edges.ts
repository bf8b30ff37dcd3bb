/** Rows 14 and 15 on a twin: the set-points of the published edge of chaos. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { coefficientOfVariation } from "../../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../../reservoir/statistics/cv-band.ts";
import type { Rehearsal } from "../claim.ts";
import { s9Rate } from "../rates.ts";
import { type ArmPlan, countOf, type RehearsalContext, recordArms, validTimes } from "./arms.ts";
import { S9Bench } from "./s9-bench.ts";

/** Lowest supply that the board's controller can be told: its code ends there. specs/bm1387.md 4.2 */
const LOWEST_V = 7.95;

/** Rows 14 and 15: one chip stands for 189, at a difficulty that is lower by as much. */
export async function edges(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const out: Record<string, Rehearsal> = {};
  for (const [name, mhz, difficulty, published] of [
    ["edge-sync", 325, 4096, 0.092],
    ["edge-optimal", 200, 1024, 0.586],
  ] as const) {
    const chipPerS = (114 * mhz * 1e6) / 2 ** 32;
    const leastLog2 = Math.log2(chipPerS / s9Rate(mhz, difficulty));
    const need = Math.ceil(1050 * 2 ** leastLog2);
    const arm = (volts: number): ArmPlan => ({
      label: `${volts.toFixed(2)} V`,
      set: (bench) => bench.setVoltage(volts),
      settleS: 30,
      shares: need,
      mostS: 12_000,
    });
    const bench = new S9Bench({ seed: context.seed + mhz, chips: 1, mhz, ticketLog2: 0, workScale: 26 });
    const { arms, evidence } = await recordArms(context, `S9 at ${mhz} MHz and difficulty ${difficulty}`, bench, [arm(8.8), arm(LOWEST_V)]);
    const counted = arms.map((one) => {
      const times = validTimes(one.nonces, leastLog2 - 26);
      return { label: one.label, n: times.length - 1, cv: coefficientOfVariation(times) ?? Number.NaN };
    });
    out[name] = {
      origin: "twin",
      design: `one chip of an S9 at ${mhz} MHz with shares at the rate of the whole miner at difficulty ${difficulty}, at 8.80 V and at ${LOWEST_V} V, the least that the board's controller can be told: 7.6 V is below its last code`,
      measured: counted.map(({ label, n, cv }) => ({
        name: `CV at ${label}, ${n} intervals`,
        value: cv,
        band: poissonCvBand(n),
        bandOf: "95 % of a Poisson process of so many",
      })),
      controls: [
        { name: "published CV", value: published },
        ...arms.map((one) => ({ name: `nonces that do not verify at ${one.label}`, value: countOf(one.nonces, STATUS.invalid) })),
      ],
      sampleSize: `${counted.map(({ n }) => n + 1).join(" and ")} shares`,
      shows: `With work always there the CV is ${counted.map(({ cv }) => cv.toFixed(2)).join(" and ")}: a model of the chip and its supply gives chance at this set-point, and nothing near ${published}.`,
      evidence,
      plots: [],
    };
  }
  return out;
}
