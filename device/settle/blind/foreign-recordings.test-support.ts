/**
 * Recordings as somebody else's laboratory would make them: nothing here knows the twin or `twin plant`. Chips that drift, hosts that poll, pools that change
 * the difficulty, in other units and other columns; and now and then something planted.
 */
import { gaussian, type Random, splitmix64 } from "../../../common/random.ts";

export const FOREIGN_EFFECTS = ["memory", "line", "rate line", "leakage", "cores", "precursor", "neighbours"] as const;
export type ForeignEffect = (typeof FOREIGN_EFFECTS)[number];

export interface ForeignRecording {
  readonly nonces: string;
  readonly drive: string;
  /** What disturbs it. */
  readonly troubles: readonly string[];
}

interface Answer {
  t: number;
  chip: number;
  core: number;
  bits: number;
  delay: number;
  nonce: string;
  job: number;
}

/** Correlation of a delay with what is planted in it, depth of a rate's swing, gain of a winner's odds. */
const STRENGTH: Readonly<Record<ForeignEffect, number>> = {
  memory: 0.2,
  line: 0.2,
  "rate line": 0.35,
  leakage: 0.15,
  cores: 0.3,
  precursor: 0.6,
  neighbours: 0.4,
};

/** `effect` null: nothing planted. Each trouble is there in some of the seeds, whatever is planted. */
export function foreignRecording(seed: number, effect: ForeignEffect | null, answersWanted = 3000): ForeignRecording {
  const random = splitmix64(0x5eed_0000n + BigInt(seed));
  const normal = gaussian(random);
  const trouble = (name: string, share: number) => {
    if (random.next() >= share) return false;
    troubles.push(name);
    return true;
  };
  const troubles: string[] = [];
  const chips = effect === "neighbours" ? 6 : 1 + Math.floor(random.next() * 6);
  const perS = 30 + 60 * random.next();
  const seconds = answersWanted / perS;
  const stepS = [0.4, 0.5, 1][Math.floor(random.next() * 3)] as number;
  const u = Array.from({ length: Math.ceil(seconds / stepS) + 1 }, () => random.next());
  const on = {
    drift: trouble("temperature drifts", 0.4),
    swell: trouble("temperature swings slowly", 0.3),
    fields: trouble("slow fields of chips", effect === "neighbours" ? 0 : 0.3),
    handOver: trouble("each job begins late by its own time", 0.3),
    ppm: trouble("a crystal that is off", 0.3),
    outliers: trouble("outliers", 0.3),
    direct: trouble("delays follow the present input", 0.3),
    rateDrift: trouble("the rate drifts", 0.4),
    rateByDrive: trouble("the rate follows the input", 0.4),
    deadTime: trouble("dead time at each job", 0.3),
    pause: trouble("a pause", 0.15),
    polled: effect === "rate line" || effect === "line" ? false : trouble("times of polling", 0.15),
    repeats: trouble("repeats", 0.3),
    vardiff: trouble("the difficulty changes", 0.25),
    constant: effect === "leakage" || effect === "precursor" ? false : trouble("all of one difficulty", 0.1),
    missing: effect === "neighbours" ? false : trouble("a chip is missing", 0.2),
  };
  const hz = 0.8 + 8 * random.next();
  const phase = random.next();
  const tau = 1 + 6 * random.next();
  const offsets = Array.from({ length: chips * 128 }, () => normal());
  const chipOffset = Array.from({ length: chips }, () => 50 * normal());
  const fields = slowFields(chips, Math.ceil(seconds), normal, effect === "neighbours" ? STRENGTH.neighbours : 0);
  const memory = throughPole(u, stepS, tau);
  const jobDelay = u.map(() => normal());
  const shown = new Map<number, number>();
  const answers: Answer[] = [];
  const [pollS, pauseAt] = [0.05 + 0.3 * random.next(), seconds * random.next()];
  for (let t = 0; t < seconds; ) {
    const swing = effect === "rate line" ? 1 + STRENGTH["rate line"] * Math.sin(2 * Math.PI * (hz * t + phase)) : 1;
    t -= Math.log1p(-random.next()) / (perS * 2.5);
    const step = Math.min(u.length - 1, Math.floor(t / stepS));
    const rate = swing * (on.rateDrift ? 0.7 + (0.6 * t) / seconds : 1) * (on.rateByDrive ? 0.7 + 0.6 * (u[step] as number) : 1);
    if (random.next() > rate / 2.5) continue;
    if (on.deadTime && t % stepS < 0.03) continue;
    if (on.pause && Math.abs(t - pauseAt) < 2) continue;
    const chip = Math.floor(random.next() * chips);
    if (on.missing && chip === 1) continue;
    const core = Math.floor(random.next() * 40);
    const floor = on.vardiff && t > seconds / 2 ? 10 : 8;
    let bits = on.constant ? floor : floor - Math.log2(1 - random.next());
    if (effect === "precursor" && random.next() < STRENGTH.precursor * 0.5)
      bits = (shown.get(chip) ?? 0) > 0 ? floor + 2 - Math.log2(1 - random.next()) : floor + 2 * random.next();
    const field = fields[chip]?.[Math.floor(t)] as number;
    const signal = signalOf(effect, {
      memory: memory(t),
      line: Math.SQRT2 * Math.sin(2 * Math.PI * (hz * t + phase)),
      bits: (bits - floor) * Math.LN2 - 1,
      core: offsets[chip * 128 + core] as number,
    });
    const r = signal === null ? 0 : STRENGTH[effect as ForeignEffect];
    const own = normal();
    shown.set(chip, own);
    let delay = r * (signal ?? 0) + Math.sqrt(1 - r * r) * own;
    if (effect === "neighbours" || on.fields) delay += field;
    if (on.drift) delay += (2 * t) / seconds;
    if (on.swell) delay += Math.sin((2 * Math.PI * t) / 25 + 7 * phase);
    if (on.handOver) delay += 0.7 * (jobDelay[step] as number);
    if (on.ppm) delay += (1.5 * (t % stepS)) / stepS;
    if (on.direct) delay += 0.5 * (u[step] as number) + 0.5 * (u[step] as number) ** 2;
    if (on.outliers && random.next() < 0.01) delay += 500 * normal();
    const nonce = Math.floor(random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
    const at = on.polled ? Math.ceil(t / pollS) * pollS : t;
    const answer = { t: at, chip, core, bits, delay: 1000 + 20 * delay + (chipOffset[chip] as number), nonce, job: step };
    answers.push(answer);
    if (on.repeats && random.next() < 0.03) answers.push({ ...answer, t: at + 0.001 });
  }
  return { ...written(answers, u, stepS, random), troubles };
}

function signalOf(effect: ForeignEffect | null, of: { memory: number; line: number; bits: number; core: number }): number | null {
  if (effect === "memory") return of.memory;
  if (effect === "line") return of.line;
  if (effect === "leakage") return of.bits;
  return effect === "cores" ? of.core : null;
}

/** One value a second for each chip, half as strong as the noise; neighbours correlate by `r`. */
function slowFields(chips: number, seconds: number, normal: () => number, r: number): number[][] {
  const rails = Array.from({ length: chips + 1 }, () => Array.from({ length: seconds + 1 }, () => normal()));
  return Array.from({ length: chips }, (_, chip) =>
    Array.from({ length: seconds + 1 }, (__, second) => {
      const shared = ((rails[chip]?.[second] as number) + (rails[chip + 1]?.[second] as number)) * Math.SQRT1_2;
      return 0.7 * (Math.sqrt(2 * r) * shared + Math.sqrt(1 - 2 * r) * normal());
    }),
  );
}

/** The input of the steps before, through a pole, with mean 0 and variance 1. */
function throughPole(u: readonly number[], stepS: number, tau: number): (t: number) => number {
  const decay = Math.exp(-stepS / tau);
  const states = [0];
  for (const one of u) states.push(decay * (states.at(-1) as number) + (1 - decay) * (one - 0.5));
  const deviation = Math.sqrt(((1 - decay) / (1 + decay)) * (1 / 12));
  return (t) => (states[Math.min(states.length - 1, Math.floor(t / stepS))] as number) / deviation;
}

/** In one of four tables of other units, order and separator. */
function written(answers: readonly Answer[], u: readonly number[], stepS: number, random: Random): { nonces: string; drive: string } {
  const kind = Math.floor(random.next() * 4);
  const began = 1.76e9 + Math.floor(1e6 * random.next());
  const tables: readonly (readonly [string, (one: Answer) => readonly unknown[]])[] = [
    [
      "t_ns,chip,core,nonce,job,status,difficulty_log2,residual_ns",
      (a) => [Math.round(a.t * 1e9), a.chip, a.core, a.nonce, a.job, "valid", a.bits, a.delay],
    ],
    [
      "residual_us;difficulty;core;chip;nonce;job_id;timestamp",
      (a) => [a.delay / 1e3, 2 ** a.bits, a.core, a.chip, a.nonce, a.job, (began + a.t).toFixed(6)],
    ],
    ["Core,Chip,Time_ms,Residual,Difficulty,Nonce,Job", (a) => [a.core, a.chip, 1e3 * a.t, a.delay, 2 ** a.bits, a.nonce, a.job]],
    [
      "timestamp_us,residual_ns,nonce,job,chip,core,difficulty_log2",
      (a) => [Math.round(1e6 * (began + a.t)), a.delay, a.nonce, a.job, a.chip, a.core, a.bits],
    ],
  ];
  const [heading, row] = tables[kind] as (typeof tables)[number];
  const since = kind === 1 || kind === 3 ? began : 0;
  return {
    nonces: `${heading}\n${answers.map((one) => row(one).join(heading.includes(";") ? ";" : ",")).join("\n")}\n`,
    drive: `u,t_s\n${u.map((one, step) => `${one},${(since + step * stepS).toFixed(6)}`).join("\n")}\n`,
  };
}
