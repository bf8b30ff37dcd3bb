/** Row 30 on a twin: wrong nonces against the supply of an S9, down to the last code that its controller takes. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { binomialInterval } from "../../../reservoir/statistics/binomial.ts";
import type { Rehearsal } from "../claim.ts";
import { type ArmPlan, countOf, type RehearsalContext, recordArms } from "./arms.ts";
import { S9Bench } from "./s9-bench.ts";

const VOLTS = [8.8, 8.4, 8.0, 7.95] as const;
const ANSWERS = 20_000;

export async function zeroErrors(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const bench = new S9Bench({ seed: context.seed + 30, chips: 3, mhz: 650, ticketLog2: 0, workScale: 26 });
  const plans = VOLTS.map(
    (volts): ArmPlan => ({
      label: `${volts.toFixed(2)} V`,
      set: () => bench.setVoltage(volts),
      settleS: 60,
      shares: ANSWERS,
      mostS: 500,
    }),
  );
  const { arms, evidence } = await recordArms(context, "S9, three chips at 650 MHz, voltages downwards", bench, plans);
  const measured = arms.map(({ label, nonces }) => {
    const [wrong, all] = [countOf(nonces, STATUS.invalid), nonces.length];
    return all === 0
      ? { name: `wrong nonces at ${label}`, value: "no answer at all" }
      : {
          name: `share of wrong nonces at ${label} (${wrong} of ${all})`,
          value: wrong / all,
          band: binomialInterval(wrong, all),
          bandOf: "95 %",
        };
  });
  return {
    "zero-errors": {
      origin: "twin",
      design: "three chips of an S9 at 650 MHz, 8.80 V down to 7.95 V, up to 20 000 answers each",
      measured,
      controls: arms.map(({ label, nonces }) => ({ name: `answers given twice at ${label}`, value: countOf(nonces, STATUS.duplicate) })),
      sampleSize: `${arms.reduce((sum, { nonces }) => sum + nonces.length, 0)} answers`,
      shows:
        "Wrong nonces are counted on the chips' own wire, where the claim's shares cannot show them. The controller's last code is 7.94 V: 7.6 V takes other hardware. How errors rise with falling voltage is the model's law here; a rig gives its own.",
      evidence,
      plots: [],
    },
  };
}
