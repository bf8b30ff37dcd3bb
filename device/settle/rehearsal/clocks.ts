/** Rows 4 and 9 on a twin: a sweep of clocks, by rhythm and by rate. */
import { equivalence } from "../../../reservoir/statistics/equivalence.ts";
import { intervalsOf } from "../../../reservoir/statistics/intervals.ts";
import { holm } from "../../../reservoir/statistics/multiple-testing.ts";
import { normalSf } from "../../../reservoir/statistics/special.ts";
import type { Rehearsal } from "../claim.ts";
import { type Arm, type ArmPlan, type RehearsalContext, recordArms, validTimes } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { cvOf, cvQuantity, inOrder, LV06, sharesIn } from "./lv06-shares.ts";

/** Rows 4 and 9. */
export async function clocks(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const eleven = Array.from({ length: 11 }, (_, i) => 300 + 20 * i);
  const plans = inOrder(eleven, seed).map(
    (mhz): ArmPlan => ({ label: `${mhz} MHz`, set: (bench) => void bench.setClock(mhz), settleS: 60, shares: 401, mostS: 6000 }),
  );
  const { arms, evidence } = await recordArms(
    context,
    "LV06, eleven clocks in random order",
    new BitaxeBench({ ...LV06, seed: seed + 1, volts: 1.25 }),
    plans,
  );
  const sorted = [...arms].sort((a, b) => a.label.localeCompare(b.label));
  const p = sorted.map((one) => 2 * normalSf(Math.abs(cvOf(one) - 1) * Math.sqrt(sharesIn(one) - 1)));
  const corrected = holm(p);
  const least = Math.min(...corrected);
  const hours = arms.reduce((sum, one) => sum + one.seconds, 0) / 3600;
  const points = (of: (arm: Arm) => number) => sorted.map((one) => [Number.parseInt(one.label, 10), of(one)] as const);
  const shell = {
    origin: "twin" as const,
    design: "LV06 at difficulty 512, 1.25 V, eleven clocks in random order, 400 shares each",
    evidence,
  };
  const sampleSize = `${arms.reduce((sum, one) => sum + sharesIn(one), 0)} shares in ${hours.toFixed(1)} h of the twin's time`;
  const perMhz = sorted.map((one) => sharesIn(one) / one.seconds / Number.parseInt(one.label, 10));
  const [first, last] = [sorted[0] as Arm, sorted.at(-1) as Arm];
  const shape = equivalence(
    [first].flatMap((one) => logOf(one)),
    [last].flatMap((one) => logOf(one)),
    0.25,
  );
  return {
    resonance: {
      ...shell,
      measured: sorted.map(cvQuantity),
      controls: [{ name: "least p of a CV other than 1, Holm over eleven", value: least }],
      sampleSize,
      shows: `The highest CV is ${Math.max(...sorted.map(cvOf)).toFixed(3)}; after correction for eleven looks the least p is ${least.toFixed(2)}. ${Math.max(...sorted.map(cvOf)) > 1.0426 ? "The published 1.0426 is less than the highest of this sweep, in which nothing happens." : "The published 1.0426 is more than the highest of this sweep."}`,
      plots: [
        {
          title: "CV at eleven clocks of the twin",
          x: "MHz",
          y: "CV",
          series: [{ name: "400 shares a point", style: "points", points: points(cvOf) }],
          marks: [{ axis: "y", at: 1, label: "Poisson" }],
        },
      ],
    },
    separation: {
      ...shell,
      measured: [
        { name: "shares a second and MHz, least", value: Math.min(...perMhz) },
        { name: "and largest", value: Math.max(...perMhz) },
        {
          name: `shape, ${first.label} against ${last.label}: difference of the mean logarithm of intervals over their mean`,
          value: shape.difference,
        },
      ],
      controls: [{ name: "p that the shapes differ by 0.25 or more", value: shape.pEquivalent }],
      sampleSize,
      shows:
        "Clocks separate by rate, as they must, and not by shape: intervals over their mean have the same law at both ends of the sweep.",
      plots: [
        {
          title: "Rate at eleven clocks of the twin",
          x: "MHz",
          y: "shares a second",
          series: [{ name: "twin", style: "points", points: points((one) => sharesIn(one) / one.seconds) }],
        },
      ],
    },
  };
}

/** Logarithms of the intervals over their mean: what is left when the rate is taken out. */
function logOf({ nonces }: Arm): number[] {
  const intervals = intervalsOf(validTimes(nonces));
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  return Array.from(intervals, (value) => Math.log(Math.max(1e-9, value / mean)));
}
