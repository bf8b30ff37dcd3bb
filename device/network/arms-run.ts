/** The claim of a "virtual block manager" (CLAIMS G), tested: work as the control gives it and prefetched work, in turn, on one miner. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { ScienceError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import type { Verify } from "../../drivers/bm13xx/verify.ts";
import type { ListenAddress } from "../../drivers/stratum/address.ts";
import { requireRipemd, verifyLbry } from "../../drivers/stratum/lbry.ts";
import { MODE_TIMES, type StratumMode } from "../../drivers/stratum/mode.ts";
import { StratumServer } from "../../drivers/stratum/server.ts";
import { syntheticLbryTemplates, syntheticTemplates } from "../../drivers/stratum/template.ts";
import { type Arm, type ArmsPlan, type ArmsQuestion, type BlockCount, planArms } from "../../reservoir/verdict/experiments/arms-design.ts";
import { type ArmsVerdict, judgeArms } from "../../reservoir/verdict/experiments/judge-arms.ts";
import { MINER_KINDS, type MinerKindName } from "../../twin/network/miner-kinds.ts";
import { type LiveMiner, startLiveMiner } from "../../twin/network/stratum-client.ts";
import { asPool, countBlocks, handOverGain, type TimedShare } from "./arms-count.ts";

export type ControlMode = Exclude<StratumMode, "prefetch">;

export interface ArmsRunOptions {
  readonly listen: ListenAddress;
  readonly algorithm: "sha256d" | "lbry";
  /** How arm A gives its work. Arm B prefetches. */
  readonly control: ControlMode;
  readonly question: ArmsQuestion;
  readonly blocksPerArm: number;
  readonly settleS: number;
  readonly difficulty: number;
  /** pool: between jobs; storm: longest time between jobs, ms. */
  readonly jobMs: number;
  readonly seed: number;
  readonly twin: MinerKindName | null;
  readonly workScale: number;
}

export interface ArmsReport {
  readonly origin: Origin;
  readonly control: ControlMode;
  readonly algorithm: "sha256d" | "lbry";
  readonly difficulty: number;
  /** Made from the pilot's rate, before any block was run. */
  readonly plan: ArmsPlan;
  readonly pilot: { readonly shares: number; readonly seconds: number };
  readonly blocks: readonly BlockCount[];
  readonly stale: Readonly<Record<Arm, number>>;
  readonly refused: Readonly<Record<Arm, number>>;
  readonly verdict: ArmsVerdict;
}

export interface ArmsRunParts {
  readonly clock: Clock;
  readonly verify: Verify;
  readonly onListening: (address: ListenAddress) => void;
  readonly onPlan: (plan: ArmsPlan) => void;
  readonly onBlock: (arm: Arm, number: number) => void;
}

/** Shares that say the rate well enough to plan with (14 %), and how long they may take. */
const PILOT_SHARES = 50;
const PILOT_S = 3600;
const LOOK_MS = 100;

/** ScienceError BAD_DESIGN, NO_SHARES; DriverError of the server; rejects with the signal's reason when it is aborted. */
export async function runArms(options: ArmsRunOptions, parts: ArmsRunParts, signal: AbortSignal): Promise<ArmsReport> {
  const { clock } = parts;
  const isLbry = options.algorithm === "lbry";
  if (isLbry) requireRipemd();
  const shares: { tNs: bigint; verdict: TimedShare["verdict"] }[] = [];
  const server = await StratumServer.start(
    {
      listen: options.listen,
      mode: options.control,
      times: { ...MODE_TIMES, stormMs: options.jobMs, answerMs: options.jobMs },
      templates: isLbry ? syntheticLbryTemplates(options.seed, 2) : syntheticTemplates(options.seed, 2),
      difficulty: options.difficulty,
      workScale: options.workScale,
      sigmaNs: 0,
      ...(isLbry ? { versionMask: 0 } : {}),
    },
    {
      clock,
      verify: isLbry ? verifyLbry : parts.verify,
      onShare: (row) => void shares.push({ tNs: row.tNs, verdict: asPool(row) }),
    },
  );
  let miner: LiveMiner | null = null;
  try {
    const address = { host: options.listen.host, port: server.port };
    parts.onListening(address);
    if (options.twin !== null) miner = await startLiveMiner(address, MINER_KINDS[options.twin], options);
    const pilot = await rate(shares, clock, signal);
    const { blocksPerArm, settleS } = options;
    const plan = planArms({ ...options.question, ratePerS: pilot.shares / pilot.seconds, blocksPerArm, settleS });
    parts.onPlan(plan);
    const beganNs = clock.nowNs();
    for (const [i, { arm, startS, seconds }] of plan.blocks.entries()) {
      server.setMode(arm === "A" ? options.control : "prefetch");
      parts.onBlock(arm, i);
      await clock.sleep(Math.max(0, (startS + seconds) * 1000 - elapsedMs(clock, beganNs)), signal);
    }
    const timed = shares.map(({ tNs, verdict }) => ({ tS: Number(tNs - beganNs) / 1e9, verdict }));
    const counts = countBlocks(timed, plan.blocks);
    return {
      origin: options.twin !== null || options.workScale !== 0 ? "twin" : "hardware",
      control: options.control,
      algorithm: options.algorithm,
      difficulty: options.difficulty,
      plan,
      pilot,
      blocks: counts.blocks,
      stale: counts.stale,
      refused: counts.refused,
      verdict: judgeArms(counts.blocks, options.question, handOverGain(counts.handOver)),
    };
  } finally {
    miner?.stop();
    await server.stop();
  }
}

/** From the first share to the last of the pilot's; its miner needs time to connect. */
async function rate(shares: readonly { tNs: bigint }[], clock: Clock, signal: AbortSignal): Promise<{ shares: number; seconds: number }> {
  const beganNs = clock.nowNs();
  while (shares.length <= PILOT_SHARES) {
    if (elapsedMs(clock, beganNs) > PILOT_S * 1000)
      throw new ScienceError(
        "NO_SHARES",
        `Only ${shares.length} shares came in ${PILOT_S} s: no plan can be made.`,
        "Point a miner here, or ask for a lower difficulty.",
        { shares: shares.length },
      );
    await clock.sleep(LOOK_MS, signal);
  }
  const last = shares[PILOT_SHARES] as { tNs: bigint };
  return { shares: PILOT_SHARES, seconds: Number(last.tNs - (shares[0] as { tNs: bigint }).tNs) / 1e9 };
}
