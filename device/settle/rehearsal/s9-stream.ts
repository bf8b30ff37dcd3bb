/** Rows 11 to 13, 19 and 26 on one long record of a twin: the chip answers, and what counts as a share is decided after it. */
import { splitmix64 } from "../../../common/random.ts";
import { areaUnderCurve } from "../../../reservoir/statistics/predictor.ts";
import { narma10 } from "../../../reservoir/tasks/narma10.ts";
import type { Evidence, Quantity, Rehearsal } from "../claim.ts";
import { type Arm, type RehearsalContext, recordArms } from "./arms.ts";
import { type Share, sharesOf } from "./bench.ts";
import {
  constantLoop,
  type DifficultyLoop,
  dialogueLoop,
  drive,
  FLOOR_PER_S,
  monologueLoop,
  productLoop,
  replay,
} from "./difficulty-loops.ts";
import { type ModeScore, STEPS, scoreMode } from "./narma.ts";
import { CHORUS_DESIGN, chorus, modeQuantities } from "./narma-clock.ts";
import { S9Bench } from "./s9-bench.ts";
import { ChanceSource, ShareTape } from "./share-tape.ts";

const CHIP = { chips: 1, mhz: 650, ticketLog2: 0, workScale: 26 } as const;
/** One chip at difficulty 1 is a little faster than the 189 at 256: so much above its own floor counts as the S9's. */
const FLOOR = (114 * CHIP.mhz * 1e6) / 2 ** 32 / FLOOR_PER_S;
/** What two series of the monologue take, or one of the product loop, and a little more. */
const ANSWERS = 500_000;
const SHARES = 20;
const SERIES = 2;

export async function s9Stream(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const plan = { label: "650 MHz, 9.40 V", set: () => {}, settleS: 30, shares: ANSWERS, mostS: 60_000 };
  const { arms, evidence } = await recordArms(context, "S9 at its rate", new S9Bench({ seed: context.seed + 11, ...CHIP }), [plan]);
  const arm = arms[0] as Arm;
  const shares = sharesOf(arm.nonces, CHIP);
  const hours = (arm.seconds / 3600).toFixed(1);
  const scores = await narmaScores(context, shares);
  const kept = context.evidence.table(
    { name: "NARMA-10 on a twin of the S9", seed: context.seed, draws: SERIES },
    ["mode", "series", "nrmse", "surrogate", "host_alone", "input_only", "taps_10", "shuffled", "p_against_surrogate"],
    scores.map((s) => [s.mode, s.series, s.nrmse, s.surrogate, s.hostAlone ?? "", s.inputOnly, s.taps10, s.shuffled, s.againstSurrogateP]),
  );
  const stream = `one chip of an S9 at 650 MHz and 9.40 V whose answers above difficulty ${FLOOR.toFixed(2)} come as often as the whole miner's above 256 (${FLOOR_PER_S} a second); ${shares.length} answers in ${hours} h of the twin's time`;
  const sung = await chorus(context);
  return {
    ...narmaRehearsals([...scores, ...sung.scores], [...evidence, kept, ...sung.evidence], `${stream}; ${CHORUS_DESIGN}`),
    "tpf-s9": nextShare(shares, evidence, stream),
    "entropy-source": ticks(shares, evidence, stream),
  };
}

async function narmaScores({ seed, progress }: RehearsalContext, shares: readonly Share[]): Promise<ModeScore[]> {
  const scores: ModeScore[] = [];
  const modes = [constantLoop, monologueLoop, dialogueLoop];
  // A mode reads the record for its series where the one before stopped: answers of its own for each series, the same ones for each mode.
  let from = 0;
  for (let series = 0; series < SERIES; series++) {
    let furthest = from;
    for (const make of modes) {
      progress("NARMA-10 on the twin's answers", series * modes.length + modes.indexOf(make), SERIES * modes.length + 1);
      const tape = new ShareTape(shares, FLOOR, from);
      scores.push(await scored(make(SHARES), seed + series, tape));
      furthest = Math.max(furthest, tape.read);
    }
    from = furthest;
  }
  scores.push(await scored(productLoop(SHARES), seed, new ShareTape(shares, FLOOR)));
  return scores;
}

async function scored(loop: DifficultyLoop, seed: number, tape: ShareTape): Promise<ModeScore> {
  const { u } = narma10(seed, STEPS);
  const { log, answers, seconds } = drive(loop, u, tape);
  if (!Number.isFinite(seconds)) throw new RangeError(`the record is too short for ${loop.name}`);
  const chance = replay(log, new ChanceSource(FLOOR_PER_S, splitmix64(seed + 101)));
  const host = loop.host(log);
  const varies = host.data.some((value, i) => value !== host.data[i % host.cols]);
  return scoreMode({ mode: loop.name, states: loop.states(answers), surrogate: loop.states(chance), host: varies ? host : null }, seed);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function narmaRehearsals(scores: readonly ModeScore[], evidence: readonly Evidence[], stream: string) {
  const of = (mode: string) => scores.filter((score) => score.mode === mode);
  const quantity = (mode: string): Quantity[] => {
    const own = of(mode);
    const band = (values: number[]) => ({ band: [Math.min(...values), Math.max(...values)] as const, bandOf: `${values.length} series` });
    const column = (name: string, pick: (score: ModeScore) => number): Quantity => {
      const values = own.map(pick);
      return { name: `${mode}: ${name}`, value: mean(values), ...(values.length > 1 ? band(values) : {}) };
    };
    return [
      column("the twin's answers", ({ nrmse }) => nrmse),
      column("chance with the same log", ({ surrogate }) => surrogate),
      ...(own.every(({ hostAlone }) => hostAlone !== null)
        ? [column("what the host asked for, without a chip", ({ hostAlone }) => hostAlone ?? Number.NaN)]
        : []),
    ];
  };
  const [taps, input, shuffled] = [
    mean(scores.map(({ taps10 }) => taps10)),
    mean(scores.map(({ inputOnly }) => inputOnly)),
    mean(scores.map((one) => one.shuffled)),
  ];
  const controls: Quantity[] = [
    { name: "u(t) alone", value: input },
    { name: "ten lags of u in a shift register", value: taps },
    { name: "steps in another order", value: shuffled },
    {
      name: "runs of these in which the twin beats chance with its log",
      value: `${scores.filter(({ beatsSurrogate }) => beatsSurrogate).length} of ${scores.length}`,
    },
  ];
  const loop = of("product loop")[0] as ModeScore;
  const shell = {
    origin: "twin" as const,
    evidence,
    sampleSize: `${STEPS} steps, ${SHARES} shares a word, one word a step, ${SERIES} series; the product loop two words a step, one series`,
  };
  const why = "The difficulty is a sieve behind the chip: the same record served every mode, so that no answer can depend on the input.";
  const plot = {
    title: "Twin against chance with the same log",
    x: "chance with the same log, NRMSE",
    y: "twin, NRMSE",
    series: [
      { name: "runs", style: "points" as const, points: scores.map(({ surrogate, nrmse }) => [surrogate, nrmse] as const) },
      {
        name: "equal",
        style: "line" as const,
        points: [
          [0.3, 0.3],
          [1.1, 1.1],
        ] as [number, number][],
      },
    ],
  };
  return {
    "narma-dialogue": {
      ...shell,
      design: stream,
      measured: [...quantity("dialogue"), ...quantity("product loop"), ...of("chorus").flatMap(modeQuantities)],
      controls,
      shows: `${why} The best closed loop found scores ${loop.nrmse.toFixed(2)}, where ten lags of the input in a shift register score ${loop.taps10.toFixed(2)}: two difficulties a step, one of them asked for in proportion to u(t) times what came back nine steps ago. What earns it is the host, which remembers and multiplies: its own log, without any chip, scores ${(loop.hostAlone ?? Number.NaN).toFixed(2)}, and chance in the chip's place ${loop.surrogate.toFixed(2)}. The substrate's own part is the noise of counting.`,
      plots: [plot],
    },
    "narma-monologue": {
      ...shell,
      design: stream,
      measured: [...quantity("constant"), ...quantity("monologue")],
      controls,
      shows: `${why} Monologue scores ${mean(of("monologue").map(({ nrmse }) => nrmse)).toFixed(2)} and constant difficulty ${mean(of("constant").map(({ nrmse }) => nrmse)).toFixed(2)}, as chance does with the same log.`,
      plots: [],
    },
    causality: {
      ...shell,
      design: stream,
      measured: [
        { name: "gain of the dialogue over steps in another order", value: 1 - mean(of("dialogue").map(({ nrmse }) => nrmse)) / shuffled },
        { name: "gain of the dialogue over u(t) alone", value: 1 - mean(of("dialogue").map(({ nrmse }) => nrmse)) / input },
        {
          name: "gain of the dialogue over monologue: what the host's state adds",
          value: 1 - mean(of("dialogue").map(({ nrmse }) => nrmse)) / mean(of("monologue").map(({ nrmse }) => nrmse)),
        },
      ],
      controls,
      shows:
        "Against a shuffled order a code of the present input gains without any memory; against u(t) alone the dialogue gains nothing.",
      plots: [],
    },
  } satisfies Record<string, Rehearsal>;
}

/** Does the time before a share tell its difficulty? */
function nextShare(shares: readonly Share[], evidence: readonly Evidence[], stream: string): Rehearsal {
  const n = Math.min(shares.length - 2, 200_000);
  const labels = new Uint8Array(n);
  const waited = new Float64Array(n);
  const random = splitmix64(19);
  for (let i = 0; i < n; i++) {
    const [now, next] = [shares[i + 1] as Share, shares[i + 2] as Share];
    waited[i] = now.tS - (shares[i] as Share).tS;
    labels[i] = next.excess >= 4 ? 1 : 0;
  }
  const planted = waited.map((value, i) => value * FLOOR_PER_S + 0.1 * (labels[i] as number) * (1 + random.next()));
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const error = Math.sqrt((n + 1) / (12 * positives * (n - positives)));
  const auc = areaUnderCurve(labels, waited);
  return {
    origin: "twin",
    design: stream,
    measured: [
      {
        name: "area under the curve: the last interval against whether the next share has four times the difficulty",
        value: auc,
        band: [0.5 - 1.96 * error, 0.5 + 1.96 * error],
        bandOf: "95 % of chance",
      },
    ],
    controls: [{ name: "planted: an interval that knows a little", value: areaUnderCurve(labels, planted) }],
    sampleSize: `${n} shares, ${positives} of them with four times the difficulty`,
    shows:
      "With so many shares an area of 0.51 would be seen many times over. The twin hashes for real, so that this is a property of SHA-256 and of the order in which it is searched; a rig adds its own hand-over.",
    evidence,
    plots: [],
  };
}

function ticks(shares: readonly Share[], evidence: readonly Evidence[], stream: string): Rehearsal {
  const counted = shares.filter(({ excess }) => excess >= FLOOR);
  const counts = new Map<number, number>();
  for (let i = 1; i < counted.length; i++) {
    const tick = Math.floor(1000 * ((counted[i] as Share).tS - (counted[i - 1] as Share).tS));
    counts.set(tick, (counts.get(tick) ?? 0) + 1);
  }
  const n = counted.length - 1;
  const share = Math.max(...counts.values()) / n;
  const upper = Math.min(1, share + 2.576 * Math.sqrt((share * (1 - share)) / (n - 1)));
  const expected = -Math.log2(-Math.expm1(-0.001 * FLOOR_PER_S));
  return {
    origin: "twin",
    design: stream,
    measured: [
      {
        name: "min-entropy by the most common value, at the upper end of its 99 % interval, bit an interval of 1 ms ticks",
        value: -Math.log2(upper),
      },
    ],
    controls: [
      { name: "of exponential intervals at this rate, exactly", value: expected },
      { name: "published, bit a share", value: 5.06 },
    ],
    sampleSize: `${n} intervals; the standard asks for 1 000 000`,
    shows:
      "The simplest estimator gives what exponential intervals have: the entropy is that of not knowing which hash succeeds. Whoever knows the job can compute it, so that it is no secret of the chip.",
    evidence,
    plots: [],
  };
}
