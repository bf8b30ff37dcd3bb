/** What a Stratum server's shares say, kept in bounded memory: counts, times, difficulties. */
import type { Origin } from "../../common/origin.ts";
import { type EffectiveDifficulty, effectiveDifficulty } from "../../drivers/stratum/effective-difficulty.ts";
import { SHARE_VERDICTS, type ShareVerdict } from "../../drivers/stratum/judge.ts";
import type { StratumMode } from "../../drivers/stratum/mode.ts";
import type { StratumSession } from "../../drivers/stratum/session.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";
import { fitHandOver, type HandOverFit } from "./hand-over-fit.ts";

/** Shares of a connection whose times and difficulties are kept. */
const KEPT_SHARES = 100_000;
/** Connections that are kept; of those beyond only the counts are. */
const KEPT_CONNECTIONS = 2000;

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
}

export interface ConnectionReport {
  readonly connection: number;
  readonly agent: string | null;
  readonly worker: string | null;
  readonly counts: Readonly<Record<ShareVerdict, number>>;
  readonly jobsSent: number;
  /** Jobs whose time was up before an answer came. */
  readonly deadlines: number;
  /** Shares that came in one piece with another. */
  readonly batched: number;
  /** From a share's arrival until its successor was with the kernel, us: the server's own part. */
  readonly handOverUs: Spread | null;
  /** From a job's departure until its first answer, ms. */
  readonly answerMs: Spread | null;
  /** Of all shares that verify, stale ones and duplicates included, as they came. */
  readonly timing: HandOverFit | null;
  readonly effectiveDifficulty: EffectiveDifficulty | null;
}

export interface StratumReport {
  readonly origin: Origin;
  readonly mode: StratumMode;
  readonly durationS: number;
  readonly counts: Readonly<Record<ShareVerdict, number>>;
  /** Connections that submitted something; none beyond the first 2000. */
  readonly connections: readonly ConnectionReport[];
  /** Connections that ended, by reason. */
  readonly closed: Readonly<Record<string, number>>;
}

const VERIFIED: readonly ShareVerdict[] = ["valid", "stale", "duplicate"];
/** As verify-recording counts them. */
export const countsAsWork = (verdict: ShareVerdict): boolean => VERIFIED.includes(verdict);

interface Kept {
  readonly session: StratumSession;
  readonly timesS: number[];
  readonly difficultyLog2: number[];
}

const zero = (): Record<ShareVerdict, number> =>
  Object.fromEntries(SHARE_VERDICTS.map((name) => [name, 0])) as Record<ShareVerdict, number>;

export class ShareLog {
  readonly counts = zero();
  readonly #kept = new Map<number, Kept>();
  readonly #workScale: number;
  #firstNs: bigint | null = null;

  constructor(workScale: number) {
    this.#workScale = workScale;
  }

  add({ judged, tNs }: ShareRow, session: StratumSession): void {
    this.counts[judged.verdict]++;
    this.#firstNs ??= tNs;
    let kept = this.#kept.get(session.number);
    if (kept === undefined) {
      if (this.#kept.size >= KEPT_CONNECTIONS) return;
      kept = { session, timesS: [], difficultyLog2: [] };
      this.#kept.set(session.number, kept);
    }
    if (!countsAsWork(judged.verdict) || kept.timesS.length >= KEPT_SHARES) return;
    kept.timesS.push(Number(tNs - this.#firstNs) / 1e9);
    kept.difficultyLog2.push(judged.difficultyLog2);
  }

  report(about: Pick<StratumReport, "origin" | "mode" | "durationS" | "closed">): StratumReport {
    return { ...about, counts: { ...this.counts }, connections: [...this.#kept.values()].map((kept) => this.#reportOf(kept)) };
  }

  #reportOf({ session, timesS, difficultyLog2 }: Kept): ConnectionReport {
    const { number: connection, agent, worker, counts, jobsSent, deadlines, batched } = session;
    return {
      connection,
      agent,
      worker,
      counts: { ...counts },
      jobsSent,
      deadlines,
      batched,
      handOverUs: spreadOf(session.handOverUs.values()),
      answerMs: spreadOf(session.answerMs.values()),
      timing: fitHandOver(timesS),
      effectiveDifficulty: effectiveDifficulty(difficultyLog2, this.#workScale),
    };
  }
}

/** Of the values that were kept; null without any. */
function spreadOf(values: Float64Array): Spread | null {
  const sorted = values.toSorted();
  const at = (q: number) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
  return sorted.length === 0 ? null : { count: sorted.length, median: at(0.5), p99: at(0.99) };
}
