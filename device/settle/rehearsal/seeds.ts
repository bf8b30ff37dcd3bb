/** Row 5 on a twin: does the rhythm know what the work says? */
import { equivalence } from "../../../reservoir/statistics/equivalence.ts";
import type { Rehearsal } from "../claim.ts";
import { type ArmPlan, type RehearsalContext, recordArms } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { cvOf, inOrder, LV06, sharesIn } from "./lv06-shares.ts";

/** Row 5: job content in blocks of random order. */
export async function seeds(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const labels = ["first seed", "second seed", "random bytes"];
  const blocks = inOrder(
    Array.from({ length: 30 }, (_, i) => labels[i % 3] as string),
    seed,
  );
  const bench = new BitaxeBench({ ...LV06, seed: seed + 2 });
  const plans = blocks.map(
    (label, i): ArmPlan => ({
      label,
      set: () => bench.workFrom(1000 * (seed + labels.indexOf(label)) + i),
      settleS: 1,
      shares: 101,
      mostS: 3000,
    }),
  );
  const { arms, evidence } = await recordArms(context, "LV06, seeds in the work, blocks in random order", bench, plans);
  const cvs = (label: string) => arms.filter((one) => one.label === label).map(cvOf);
  const tests = labels.slice(1).map((label) => ({ label, test: equivalence(cvs(labels[0] as string), cvs(label), 0.13) }));
  return {
    seeds: {
      origin: "twin",
      design: "LV06 at 400 MHz and difficulty 512, ten blocks of 100 shares for each of two seeds and random bytes, in random order",
      measured: tests.map(({ label, test }) => ({
        name: `CV of the first seed less that of ${label === "random bytes" ? "random bytes" : `the ${label}`}`,
        value: test.difference,
      })),
      controls: tests.map(({ label, test }) => ({ name: `p of a difference of 0.13 or more, against ${label}`, value: test.pEquivalent })),
      sampleSize: `${arms.reduce((sum, one) => sum + sharesIn(one), 0)} shares`,
      shows: `Work decides which nonces are found and nothing of when: the hash does not know the meaning of its input. ${tests.every(({ test }) => test.pEquivalent < 0.05) ? "The design is large enough to say so: a difference of 0.13 is excluded." : "The design is not large enough to exclude a difference of 0.13 here."}`,
      evidence,
      plots: [],
    },
  };
}
