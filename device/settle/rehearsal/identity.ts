/** Row 25 on twins: can devices be told apart by timing, and by which cores fail? */
import { STATUS } from "../../../common/nonce-batch.ts";
import { coefficientOfVariation } from "../../../reservoir/statistics/coefficient-of-variation.ts";
import { type DeviceIdentity, deviceIdentity, type Recorded } from "../../../reservoir/verdict/claims/device-identity.ts";
import type { Evidence, Rehearsal } from "../claim.ts";
import { type Arm, type RehearsalContext, recordArms, validTimes } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";

const [DEVICES, SESSIONS, AMBIENTS_C] = [5, 3, [20, 30]] as const;
const CORES = 112;
const SECONDS = 120;

export async function identity(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const timing: Recorded[] = [];
  const yields: Recorded[] = [];
  const evidence: Evidence[] = [];
  for (let device = 0; device < DEVICES; device++)
    for (const ambientC of AMBIENTS_C) {
      const bench = new BitaxeBench({ seed: context.seed + 250 + device, mhz: 450, volts: 1.2, ticketLog2: 0, workScale: 24, ambientC });
      const plans = Array.from({ length: SESSIONS }, (_, session) => ({
        label: `session ${session + 1}`,
        set: () => {
          bench.setVoltage(1.09);
          bench.workFrom(context.seed + 1000 * device + 100 * session + ambientC);
        },
        settleS: 120,
        shares: Number.POSITIVE_INFINITY,
        mostS: SECONDS,
      }));
      const { arms, evidence: kept } = await recordArms(context, `LV06 number ${device + 1} in air of ${ambientC} C`, bench, plans);
      evidence.push(...kept);
      for (const arm of arms) {
        const of = { device: `board ${device + 1}`, session: `${arm.label} at ${ambientC} C`, temperatureC: ambientC };
        timing.push({ ...of, values: timingOf(arm) });
        yields.push({ ...of, values: yieldOf(arm) });
      }
    }
  const [byTiming, byYield] = [deviceIdentity(timing, { seed: context.seed }), deviceIdentity(yields, { seed: context.seed })];
  const rate = (name: string, { fingerprint, energyP }: DeviceIdentity) => [
    { name: `${name}: equal error rate`, value: fingerprint.equalErrorRate, band: fingerprint.interval, bandOf: "95 % over devices" },
    { name: `${name}: p of the energy distance`, value: energyP },
  ];
  return {
    puf: {
      origin: "twin",
      design: `${DEVICES} twins drawn from different seeds, ${SESSIONS} sessions each at two temperatures, 450 MHz and 1.09 V, ${SECONDS} s each`,
      measured: [...rate("timing", byTiming), ...rate("share of wrong nonces by quarter of the cores", byYield)],
      controls: [{ name: "an error rate that is worth nothing", value: 0.5 }],
      sampleSize: `${timing.length} recordings`,
      shows: `${byTiming.energyP < 0.01 ? "Timing tells the twins apart here: their crystals and yields are in it." : "Timing does not tell the twins apart."} Errors by core ${byYield.energyP < 0.01 ? "do, because the model draws a critical voltage for every core: it shows that the analysis can see such a thing, and nothing about real chips" : "do not either, at so few errors"}.`,
      evidence,
      plots: [],
    },
  };
}

function timingOf({ nonces }: Arm): Float64Array {
  const times = validTimes(nonces);
  const intervals = times.slice(1).map((time, i) => time - (times[i] as number));
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  return Float64Array.of(mean, coefficientOfVariation(times) ?? 0, [...intervals].sort((a, b) => a - b)[intervals.length >> 1] as number);
}

/** Of each quarter of the cores: they hash on a supply of their own. */
function yieldOf({ nonces }: Arm): Float64Array {
  const [wrong, all] = [new Float64Array(4), new Float64Array(4)];
  for (let i = 0; i < nonces.length; i++) {
    const quarter = Math.min(3, Math.floor((4 * (nonces.core[i] as number)) / CORES));
    all[quarter] = (all[quarter] as number) + 1;
    if (nonces.status[i] === STATUS.invalid) wrong[quarter] = (wrong[quarter] as number) + 1;
  }
  return wrong.map((count, i) => count / Math.max(1, all[i] as number));
}
