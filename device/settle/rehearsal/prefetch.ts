/** Row 22 on the twin of an LB-Box: the very experiment that a rig runs, work as a pool or a proxy gives it against prefetched work, A/B/A/B. */
import { planArms, USUAL } from "../../../reservoir/verdict/experiments/arms-design.ts";
import { judgeArms } from "../../../reservoir/verdict/experiments/judge-arms.ts";
import { MINER_KINDS } from "../../../twin/network/miner-kinds.ts";
import { asPool, countBlocks, handOverGain } from "../../network/arms-count.ts";
import { rehearse } from "../../network/rehearsal.ts";
import type { Quantity, Rehearsal } from "../claim.ts";
import type { RehearsalContext } from "./arms.ts";

const DIFFICULTY = 1024;
/** 175 GH/s, of which each share of LBRY's takes 2^24 times the difficulty. */
const RATE = 175e9 / (2 ** 24 * DIFFICULTY);
const BLOCKS = 8;
/** A rehearsal begins at one second of its own clock. */
const BEGINS_S = 1;

/** The proxy of the capture sends a new job after every share. */
const CONTROLS = [
  { control: "pool", name: "an ordinary pool" },
  { control: "storm", name: "a proxy that sends a job after every share" },
] as const;
const GAIN = 0.25;
/** More than the 0.8 that a rig would plan with: a twin's time costs nothing, and a rehearsal that ends open shows little. */
const POWER = 0.99;

export async function prefetch(
  { seed, evidence, progress }: RehearsalContext,
  power = POWER,
): Promise<Readonly<Record<string, Rehearsal>>> {
  const question = { ...USUAL, gain: GAIN, power };
  const plan = planArms({ ...question, ratePerS: RATE, blocksPerArm: BLOCKS, settleS: 2 });
  const kept: (readonly [string, number, string])[] = [];
  const runs = CONTROLS.map(({ control, name }, i) => {
    progress(`LB-Box against ${name}`, i, CONTROLS.length);
    const { rows } = rehearse({
      kind: MINER_KINDS["lb-box"],
      algorithm: "lbry",
      mode: control,
      seed: seed + i,
      seconds: plan.seconds,
      workScale: 28,
      difficulty: DIFFICULTY,
      times: { answerMs: 30_000, stormMs: 1000 },
      switches: plan.blocks.slice(1).map(({ arm, startS }) => ({ atS: startS, mode: arm === "A" ? control : "prefetch" })),
    });
    const shares = rows.map((row) => ({ tS: Number(row.tNs) / 1e9 - BEGINS_S, verdict: asPool(row) }));
    for (const { tS, verdict } of shares) kept.push([control, tS, verdict]);
    const counts = countBlocks(shares, plan.blocks);
    return { name, counts, verdict: judgeArms(counts.blocks, question, handOverGain(counts.handOver)) };
  });
  const table = evidence.table(
    { name: "prefetched work on a twin of the LB-Box", seed, draws: kept.length },
    ["control", "t_s", "verdict"],
    kept,
  );
  const gains: Quantity[] = runs.map(({ name, verdict }) => ({
    name: `gain of prefetched work over ${name}`,
    value: verdict.gain,
    band: verdict.gainInterval,
    bandOf: "95 %",
  }));
  const answers = runs.map(({ name, verdict }) => `against ${name} a gain of ${GAIN} would be called ${verdict.answer}`);
  return {
    vbm: {
      origin: "twin",
      design: `LB-Box at 175 GH/s, difficulty ${DIFFICULTY}, ${BLOCKS} blocks of each arm in turn, ${Math.round(plan.seconds)} s of its own time for each control: the plan of \`vbm\` for a gain of ${GAIN}, level ${USUAL.alpha}, power ${power}`,
      measured: gains,
      controls: runs.map(({ name, verdict }) => ({
        name: `what the hand-over of ${name} costs by its own dead time`,
        value: verdict.handOverGain ?? "no job ended by a share",
      })),
      sampleSize: runs.map(({ name, verdict }) => `${verdict.shares.A} and ${verdict.shares.B} verified shares against ${name}`).join(", "),
      shows: `On the twin ${answers.join("; ")}. The twin hashes without pause whenever it has a job: that prefetching gains nothing over a pool is in its model, and what a board does at a change of jobs only a board can say.`,
      evidence: [table],
      plots: [],
    },
  };
}
