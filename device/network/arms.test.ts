/** The claim of +25 % by prefetched work, on the twin of an LB-Box: in virtual time against each control, and on a socket. */
import { describe, expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { planArms, USUAL } from "../../reservoir/verdict/experiments/arms-design.ts";
import { judgeArms } from "../../reservoir/verdict/experiments/judge-arms.ts";
import { MINER_KINDS } from "../../twin/network/miner-kinds.ts";
import { asPool, countBlocks, handOverGain } from "./arms-count.ts";
import { type ControlMode, runArms } from "./arms-run.ts";
import { rehearse } from "./rehearsal.ts";

const QUESTION = { gain: 0.25, ...USUAL };
/** 175 GH/s over 2^34: 10.2 shares a second. */
const RATE = 175e9 / 2 ** 34;

function experiment(control: ControlMode, { gain = 0.25, seed = 7 } = {}) {
  const question = { ...QUESTION, gain };
  const plan = planArms({ ...question, ratePerS: RATE, blocksPerArm: 8, settleS: 2 });
  const modes = plan.blocks.map(({ arm, startS }) => ({ atS: startS, mode: arm === "A" ? control : ("prefetch" as const) }));
  const { rows } = rehearse({
    kind: MINER_KINDS["lb-box"],
    algorithm: "lbry",
    mode: control,
    seed,
    seconds: plan.seconds,
    // A candidate stands for 1.5 ms: much coarser ones would make a lattice of the intervals, and a wrong rate of their tail.
    workScale: 28,
    difficulty: 1024,
    times: { answerMs: 30_000, stormMs: 1000 },
    switches: modes.slice(1),
  });
  // A rehearsal begins at one second of its own clock.
  const counts = countBlocks(
    rows.map((row) => ({ tS: Number(row.tNs) / 1e9 - 1, verdict: asPool(row) })),
    plan.blocks,
  );
  return { counts, verdict: judgeArms(counts.blocks, question, handOverGain(counts.handOver)) };
}

describe("prefetched work against", () => {
  it("an ordinary pool's gives nothing: a gain of 25 % is refuted", () => {
    const { verdict, counts } = experiment("pool");
    expect(verdict.answer).toBe("refuted");
    expect(counts.refused).toEqual({ A: 0, B: 0 });
    // No gain but luck: four standard deviations of two counts.
    expect(Math.abs(verdict.gain)).toBeLessThan(4 * Math.sqrt(2 / verdict.shares.A));
  });

  it("a proxy's that sends a new job after every share gives what that proxy had lost, which is trivially true", () => {
    // Rate x dead time is 0.19: a question of that size, so that there are shares enough to show it.
    const { verdict } = experiment("storm", { gain: 0.19 });
    expect(verdict.answer).toBe("trivially true");
    expect(verdict.handOverGain).toBeGreaterThan(0.05);
    expect(verdict.gainInterval[0]).toBeGreaterThan(0);
  });
});

describe("counting by blocks", () => {
  it("takes a late share for what a pool would: lost when its job was to be dropped, work when it was not", () => {
    const kind = { ...MINER_KINDS.s9, path: { latencyMs: 20, jitterMs: 5, loss: 0, batchMs: 0 } };
    const { rows } = rehearse({ kind, mode: "storm", seed: 7, seconds: 20, times: { stormMs: 100 } });
    const late = rows.filter(({ judged }) => judged.verdict === "stale");
    expect(late.length).toBeGreaterThan(0);
    for (const row of late) {
      expect(asPool(row)).toBe("stale");
      expect(asPool({ ...row, dropped: false })).toBe("valid");
    }
  });

  it("leaves out what comes while an arm settles, and counts what is late or refused apart", () => {
    const blocks = [
      { arm: "A", startS: 0, settleS: 1, seconds: 3 },
      { arm: "B", startS: 3, settleS: 1, seconds: 3 },
    ] as const;
    const at = (tS: number, verdict: "valid" | "stale" | "invalid" = "valid") => ({ tS, verdict });
    const shares = [at(-1), at(0.5), at(1), at(2.9), at(2.95, "stale"), at(3.5), at(4), at(5, "invalid"), at(6)];
    expect(countBlocks(shares, blocks)).toMatchObject({
      blocks: [
        { arm: "A", shares: 2, seconds: 2 },
        { arm: "B", shares: 1, seconds: 2 },
      ],
      stale: { A: 1, B: 0 },
      refused: { A: 0, B: 1 },
      handOver: null,
    });
  });
});

describe("the experiment on a socket", () => {
  it("plans from a pilot, takes turns, and judges verified work of a twin", { timeout: 120_000 }, async () => {
    const arms: string[] = [];
    let planned = 0;
    const report = await runArms(
      {
        listen: { host: "127.0.0.1", port: 0 },
        algorithm: "lbry",
        control: "pool",
        // A gain that takes few shares to exclude: this test is about the way, not about the miner.
        question: { gain: 0.6, ...USUAL },
        blocksPerArm: 4,
        settleS: 0.2,
        difficulty: 256,
        jobMs: 2000,
        seed: 3,
        twin: "lb-box",
        workScale: 28,
      },
      {
        clock: hostClock(monotonicRawNs),
        verify: verifyHeaders,
        onListening: () => {},
        onPlan: ({ sharesPerArm }) => {
          planned = sharesPerArm;
        },
        onBlock: (arm) => void arms.push(arm),
      },
      AbortSignal.timeout(100_000),
    );
    expect(arms.join("")).toBe("ABABABAB");
    expect(planned).toBe(report.verdict.sharesNeeded);
    expect(report.origin).toBe("twin");
    expect(report.blocks.every(({ shares }) => shares > 0)).toBe(true);
    expect(report.refused).toEqual({ A: 0, B: 0 });
  });
});
