import { hostClock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { parseListenAddress } from "../../drivers/stratum/address.ts";
import { type ArmsPlan, planArms } from "../../reservoir/verdict/experiments/arms-design.ts";
import type { MinerKindName } from "../../twin/network/miner-kinds.ts";
import { type ArmsReport, type ControlMode, runArms } from "../network/arms-run.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

export interface VbmOptions {
  listen: string;
  algorithm: "sha256d" | "lbry";
  control: ControlMode;
  gain: number;
  alpha: number;
  power: number;
  blocks: number;
  settleS: number;
  difficulty: number;
  jobMs?: number;
  seed: number;
  twin?: MinerKindName;
  workScale?: number;
  plan?: boolean;
  rate: number;
  json?: boolean;
}

const POOL_JOB_MS = 30_000;
const STORM_JOB_MS = 1000;
/** At 175 GH/s a coarser scale would make a lattice of the intervals. */
const LB_BOX_WORK_SCALE = 28;
const WORK_SCALE = 32;

export async function vbmCommand(options: VbmOptions): Promise<number> {
  const { gain, alpha, power, blocks, settleS, twin, control, json } = options;
  const question = { gain, alpha, power };
  if (options.plan) {
    const plan = planArms({ ...question, ratePerS: options.rate, blocksPerArm: blocks, settleS });
    process.stdout.write(json ? `${JSON.stringify(plan)}\n` : planText(plan));
    return EXIT.good;
  }
  const algorithm = twin === "lb-box" ? "lbry" : options.algorithm;
  if (algorithm === "lbry" && twin !== undefined && twin !== "lb-box")
    throw new ConfigError("BAD_OPTION", `A twin of an ${twin} mines no LBRY.`, "Use --twin lb-box, or leave --algorithm out.");
  const stop = new AbortController();
  const end = () =>
    stop.abort(
      new ConfigError("STOPPED", "The experiment was ended before its plan was.", "Nothing is said of half a plan: run it again."),
    );
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    const report = await runArms(
      {
        listen: parseListenAddress(options.listen),
        algorithm,
        control,
        question,
        blocksPerArm: blocks,
        settleS,
        difficulty: options.difficulty,
        jobMs: options.jobMs ?? (control === "storm" ? STORM_JOB_MS : POOL_JOB_MS),
        seed: options.seed,
        twin: twin ?? null,
        workScale: options.workScale ?? (twin === undefined ? 0 : twin === "lb-box" ? LB_BOX_WORK_SCALE : WORK_SCALE),
      },
      {
        clock: hostClock(monotonicRawNs),
        verify: verifyHeaders,
        onListening: ({ host, port }) =>
          void process.stderr.write(`A miner may come to stratum+tcp://${host}:${port}; its rate is measured first.\n`),
        onPlan: (plan) => void process.stderr.write(planText(plan)),
        onBlock: (arm, i) => void process.stderr.write(`Block ${i + 1}: ${arm}\n`),
      },
      stop.signal,
    );
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    return report.verdict.answer === "reproduced" ? EXIT.good : EXIT.no;
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

const long = (s: number): string =>
  s < 120 ? `${s.toFixed(0)} s` : s < 7200 ? `${(s / 60).toFixed(1)} min` : `${(s / 3600).toFixed(1)} h`;

function planText({ question, sharesPerArm, blocks, seconds }: ArmsPlan): string {
  const percent = (100 * question.gain).toFixed(1);
  return `A gain of ${percent} % (level ${question.alpha}, power ${question.power}) takes ${sharesPerArm} shares in each arm: ${blocks.length} blocks of ${long(blocks[0]?.seconds ?? 0)}, ${long(seconds)} in all.\n`;
}

function reportText({ origin, control, algorithm, difficulty, blocks, stale, refused, verdict }: ArmsReport): string {
  const rows = (["A", "B"] as const).map((arm) => {
    const seconds = blocks.filter((block) => block.arm === arm).reduce((sum, block) => sum + block.seconds, 0);
    const name = arm === "A" ? `A (${control})` : "B (prefetch)";
    return [
      name,
      String(verdict.shares[arm]),
      seconds.toFixed(1),
      verdict.ratePerS[arm].toFixed(3),
      String(stale[arm]),
      String(refused[arm]),
    ];
  });
  return [
    `${verdict.answer.toUpperCase()} (origin: ${origin})`,
    verdict.because,
    table(["arm", "valid shares", "s", "shares/s", "stale", "refused"], rows),
    `${algorithm}, difficulty ${difficulty}. Blocks of one arm differ ${verdict.dispersion.toFixed(2)} times as much as luck does (p ${verdict.dispersionP.toPrecision(2)}).`,
    "",
  ].join("\n");
}
