/** Row 3 on a twin: a line in the times of answers, and a planted one. */
import { strongestLine } from "../../../reservoir/statistics/periodicity.ts";
import type { Rehearsal } from "../claim.ts";
import { type Arm, type ArmPlan, type RehearsalContext, recordArms, validTimes } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { LV06, sharesIn } from "./lv06-shares.ts";

/** Row 3: a line in the answers of a chip, and in those of one that has one. */
export async function heartbeat(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const own = { ...LV06, ticketLog2: 0, workScale: 24 };
  const plan: ArmPlan = { label: "mining", set: () => {}, settleS: 60, shares: 30_000, mostS: 400 };
  const arms: { name: string; arm: Arm; line: ReturnType<typeof strongestLine> }[] = [];
  const evidence: Rehearsal["evidence"][number][] = [];
  const planted = { effect: "line", kind: "rate", strength: 0.25, secret: "a line that is known" } as const;
  for (const [name, options] of [
    ["as it is", {}],
    ["with dips of 25 % planted at 2.4 Hz", { planted }],
  ] as const) {
    const recorded = await recordArms(context, `LV06 ${name}`, new BitaxeBench({ ...own, ...options, seed: context.seed + 3 }), [plan]);
    const arm = recorded.arms[0] as Arm;
    const times = validTimes(arm.nonces);
    const start = times[0] as number;
    arms.push({
      name,
      arm,
      line: strongestLine(
        times.map((time) => time - start),
        0.5,
        5,
      ),
    });
    evidence.push(...recorded.evidence);
  }
  const [plain, with24] = arms as [(typeof arms)[number], (typeof arms)[number]];
  return {
    heartbeat: {
      origin: "twin",
      design: "LV06 at 400 MHz on its own wires, every nonce, 400 s; the same with a line planted at 2.4 Hz",
      measured: [
        { name: "strongest line from 0.5 to 5 Hz, Hz", value: plain.line.frequency },
        { name: "its p, corrected for all frequencies looked at", value: plain.line.pGlobal },
      ],
      controls: [
        { name: "planted: strongest line, Hz", value: with24.line.frequency },
        { name: "planted: its p", value: with24.line.pGlobal },
      ],
      sampleSize: `${sharesIn(plain.arm)} nonces, and ${sharesIn(with24.arm)} with the line`,
      shows: `The search ${with24.line.pGlobal < 0.01 ? "finds" : "misses"} the planted line and ${plain.line.pGlobal < 0.01 ? "finds one where none was planted" : "finds none without it"}. Power drawn at 1 kHz, with fan, regulator and polling ruled out, is what the claim is of: the twin has none of those lines, and a rig must look.`,
      evidence,
      plots: [],
    },
  };
}
