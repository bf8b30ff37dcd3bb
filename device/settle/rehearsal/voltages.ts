/** Rows 1 and 2 on a twin: does the rhythm of shares know the voltage? At the hardware's rate, at the floor that the firmware has. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { poissonCvBand } from "../../../reservoir/statistics/cv-band.ts";
import type { Rehearsal } from "../claim.ts";
import { type ArmPlan, countOf, type RehearsalContext, recordArms } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { cvOf, cvQuantity, inOrder, LV06, sharesIn } from "./lv06-shares.ts";

/** Rows 1 and 2. */
export async function voltages(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const arm = (volts: number): ArmPlan => ({
    label: `${volts.toFixed(2)} V`,
    set: (bench) => bench.setVoltage(volts),
    settleS: 120,
    shares: 801,
    mostS: volts < 1 ? 1200 : 9000,
  });
  // Where the chips fall silent comes last: they have to be brought up again after it.
  const plans = [...inOrder([1.2, 1.12, 1.08, 1.05], seed).map(arm), arm(0.84)];
  const { arms, evidence } = await recordArms(
    context,
    "LV06 at 400 MHz, voltages in random order",
    new BitaxeBench({ ...LV06, seed, variant: "207" }),
    plans,
  );
  const live = arms.filter((one) => sharesIn(one) > 100);
  const outside = live.filter((one) => {
    const [low, high] = poissonCvBand(sharesIn(one) - 1);
    return cvOf(one) < low || cvOf(one) > high;
  }).length;
  const silent = arms.filter((one) => sharesIn(one) === 0).map(({ label }) => label);
  const errors = arms.flatMap((one) => [
    { name: `core voltage at ${one.label}, V`, value: one.telemetry.coreV },
    { name: `nonces that do not verify at ${one.label}`, value: countOf(one.nonces, STATUS.invalid) },
  ]);
  const shell = {
    origin: "twin" as const,
    design: "LV06 at 400 MHz and difficulty 512, four voltages in random order with 800 shares each, then 0.84 V",
    measured: arms.map(cvQuantity),
    controls: errors,
    sampleSize: `${arms.reduce((sum, one) => sum + sharesIn(one), 0)} shares in ${(arms.reduce((sum, one) => sum + one.seconds, 0) / 3600).toFixed(1)} h of the twin's time`,
    evidence,
    plots: [],
  };
  const shows = `${outside} of ${live.length} CVs lie outside the band of a Poisson process (by chance 1 in 20 does). The twin's law of errors knows voltage, its answers' rhythm does not, so that this checks design, read-back and analysis, and nothing of silicon. ${silent.length > 0 ? `At ${silent.join(", ")} a chip of this model does not answer at all: a CV measured there would be of something else.` : ""}`;
  return { "non-poisson": { ...shell, shows }, "voltage-table": { ...shell, shows } };
}
