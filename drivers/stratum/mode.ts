/**
 * When the next job leaves (CLAIMS A, B, G).
 * swh: one job, one answer; the next job leaves only after the answer or the deadline. It replaces the former one.
 * prefetch: the next job is at the miner before the former one is answered, so that an answer costs no round trip.
 * pool: what an ordinary pool does. A job is good for many answers, and is replaced when its time is up, whatever came meanwhile.
 * storm: the control. Every share, and every `stormMs`, brings a job that replaces all others: what a proxy that re-issues its jobs costs.
 */
export const STRATUM_MODES = ["swh", "prefetch", "pool", "storm"] as const;
export type StratumMode = (typeof STRATUM_MODES)[number];

export interface ModeTimes {
  /** swh, prefetch: an answer is waited for so long, ms. pool: a job is replaced after so long. */
  readonly answerMs: number;
  /** storm: longest time between jobs, ms. */
  readonly stormMs: number;
}

export const MODE_TIMES: ModeTimes = { answerMs: 5000, stormMs: 1000 };

export interface JobOrder {
  /** The miner is told to drop what it has. */
  readonly clean: boolean;
  /** How many jobs may be answered once this one is out. */
  readonly live: number;
}

/** What is sent after a share: null when nothing is. `answers`: it is the first valid one for a live job. */
export function orderAfterShare(mode: StratumMode, answers: boolean): JobOrder | null {
  if (mode === "storm") return { clean: true, live: 1 };
  if (!answers || mode === "pool") return null;
  return mode === "swh" ? { clean: true, live: 1 } : { clean: false, live: 2 };
}

/** What is sent when the time is up: in every mode a job that replaces the others. */
export const ORDER_AFTER_DEADLINE: JobOrder = { clean: true, live: 1 };

export function waitMs(mode: StratumMode, times: ModeTimes): number {
  return mode === "storm" ? times.stormMs : times.answerMs;
}

/** Jobs that leave together when a miner starts afresh. */
export function jobsAtStart(mode: StratumMode): number {
  return mode === "prefetch" ? 2 : 1;
}
