/** Rows 16 and 20: what an abort policy is worth, counted in winners per joule. CLAIMS A, F, K 3 */
import { splitmix64 } from "../../../../common/random.ts";
import { policyWorth } from "../../../../reservoir/statistics/savings.ts";
import type { ClaimRow, Evidence, Finding, SettleBench } from "../../claim.ts";
import { LV06_PER_S } from "../../rates.ts";

const POLICIES = 20_000;

async function theory({ seed, evidence }: SettleBench): Promise<Finding> {
  const nothing = policyWorth({ decideAfter: 5, rounds: 64, continueShare: 0, recall: 0 });
  const { best, kept } = randomPolicies(seed, evidence);
  return {
    measured: [
      { name: "energy saved by aborting everything after 5 of 64 rounds", value: nothing.saved },
      { name: "winners per joule of that, against no filter", value: nothing.merit },
      { name: `best of ${POLICIES} random policies without knowledge, winners per joule`, value: best },
    ],
    controls: [
      { name: "no filter, winners per joule", value: policyWorth({ decideAfter: 0, rounds: 64, continueShare: 1, recall: 1 }).merit },
      {
        name: "a filter that knows every winner among one in a thousand",
        value: policyWorth({ decideAfter: 5, rounds: 64, continueShare: 0.001, recall: 1 }).merit,
      },
    ],
    sampleSize: "exact arithmetic",
    power: "exact",
    verdict: "trivially true",
    because: `92.19 % is 1 - 5/64: what is saved by aborting every hash after 5 rounds of 64. A miner that does so finds nothing: it has ${nothing.merit} winners per joule of an unfiltered one. Without knowledge of the winners no policy exceeds 1.`,
    evidence: [kept],
    origin: "software",
    plots: [],
  };
}

/** Policies that know nothing: they keep winners as often as anything else. */
function randomPolicies(seed: number, evidence: SettleBench["evidence"]): { best: number; points: [number, number][]; kept: Evidence } {
  const random = splitmix64(seed);
  let best = 0;
  const points: [number, number][] = [];
  const rows: number[][] = [];
  for (let i = 0; i < POLICIES; i++) {
    const continueShare = random.next();
    const decideAfter = 1 + Math.floor(random.next() * 63);
    const [keepShare, controllerCost] = [random.next(), 0.1 * random.next()];
    const worth = policyWorth({ decideAfter, rounds: 64, continueShare, recall: continueShare, keepShare, controllerCost });
    rows.push([decideAfter, continueShare, keepShare, controllerCost, worth.saved, worth.merit]);
    best = Math.max(best, worth.merit);
    if (i < 300) points.push([worth.saved, worth.merit]);
  }
  const columns = ["decide_after", "continue_share", "keep_share", "controller_cost", "saved", "winners_per_joule"];
  return { best, points, kept: evidence.table({ name: "random abort policies", seed, draws: POLICIES }, columns, rows) };
}

async function winnersPerJoule({ seed, evidence }: SettleBench): Promise<Finding> {
  const { best, points, kept } = randomPolicies(seed, evidence);
  return {
    measured: [{ name: `winners per joule, best of ${POLICIES} policies without knowledge`, value: best }],
    controls: [
      { name: "64/5: where 12.8 comes from", value: 64 / 5 },
      { name: "1/((1 - 0.9219)(1 - 0.25)): the nearest to 16 that the published parts give", value: 1 / ((1 - 0.9219) * (1 - 0.25)) },
    ],
    sampleSize: "arithmetic of any policy",
    power: "exact for policies without knowledge; rows 19 and 21 test for knowledge",
    verdict: best <= 1 ? "refuted" : "not testable with these data",
    because: `12.8 is 64/5, and 16 adds an energy saving to a throughput gain: both count aborted work as work done. Counted in verified winners per joule, the best of ${POLICIES} filters that know nothing of the outcome reaches ${best.toFixed(3)} of an unfiltered miner, and a chip whose rounds are a pipeline cannot abort one hash at all.`,
    evidence: [kept],
    origin: "software",
    plots: [
      {
        title: "Policies without knowledge: saving against winners per joule",
        x: "share of energy saved",
        y: "winners per joule, 1 is no filter",
        series: [{ name: "random policies", style: "points", points }],
        marks: [{ axis: "y", at: 1, label: "no filter" }],
      },
    ],
  };
}
export const TPF_THEORY: ClaimRow = {
  row: 16,
  name: "tpf-theory",
  claim: "The filter saves 92.19 % of the energy",
  published: "92.19 %",
  device: "twin",
  kind: "software",
  question: "Energy saved and winners kept of the same policy: winners per joule.",
  method:
    "s = 1 - [q n + (1 - q)(k + (n - k) p)]/n - c and winners per joule (q + (1 - q) r)/(1 - s), for the published policy (p = 0) and for random ones with recall equal to the continue share.",
  controls: ["no filter", "a filter that knows"],
  rig: null,
  run: theory,
};

export const HASHRATE_GAIN: ClaimRow = {
  row: 20,
  name: "hashrate-gain",
  claim: "12.8 and 16 times the hash rate",
  published: "12.8, 16",
  device: "any",
  kind: "software",
  question: "Verified winners per joule.",
  method: "Winners per joule of 20 000 random policies whose recall is their continue share.",
  controls: ["no filter", "the arithmetic that gives 12.8 and 16"],
  rig: {
    rig: "any, with a power meter",
    design: "filter on and off in random blocks, own verification",
    arms: 2,
    samples: 1000,
    unit: "shares",
    ratePerS: LV06_PER_S,
    settleS: 300,
    detects: "a gain of 15 %",
  },
  run: winnersPerJoule,
};
