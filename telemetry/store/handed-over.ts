/**
 * What a process has handed over to its record, counted where the process can be killed and the count stays (handed-file.ts): the next start takes what
 * was committed from it and says what is missing.
 */
const KINDS = ["nonces", "jobs", "setPoints", "samples", "events"] as const;
export type RowKind = (typeof KINDS)[number];

/** Rows of one run that were accepted since it began; of `run` null since the record was opened. */
export type HandedRun = { readonly run: number | null; readonly lastNonceNs: string | null } & Readonly<Record<RowKind, number>>;

/** Rows that one commit takes, or that none has taken yet. Times in ms: `since` is when the oldest of them was handed over. */
export interface Waiting {
  /** null: no commit was begun for them. */
  readonly commit: number | null;
  readonly begunMs: number | null;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** For how long they waited for the commit before to end. */
  readonly heldMs: number;
  /** The longest time without a sign of life before their commit began: the process did not run, or did something else. */
  readonly silentMs: number;
}

/** Nonces that came when one run had ended and the next had not begun: their caller holds them, and no commit takes them. */
export interface BetweenRuns {
  readonly nonces: number;
  readonly lastNonceNs: string | null;
}

export interface HandedRecord {
  /** The last sign of life: on the monotonic clock of the other times here, and on the wall clock. */
  readonly atMs: number;
  readonly atWallMs: number;
  /** Lines of the log between runs that the record held when it was opened. */
  readonly logLinesBefore: number;
  /** Rows that were not accepted, because too much was waiting. */
  readonly turnedAway: number;
  readonly runs: readonly HandedRun[];
  /** null: none. Not in files of versions that did not count them. */
  readonly betweenRuns?: BetweenRuns | null;
  /** Oldest first. A commit that was never answered may be there or not: its number in the database tells. */
  readonly waiting: readonly Waiting[];
}

export interface HandedOverOptions {
  nowMs(): number;
  wallMs(): number;
  readonly logLinesBefore: number;
  /** Told after each change. */
  keep(record: HandedRecord): void;
}

export class HandedOver {
  readonly #options: HandedOverOptions;
  readonly #runs = new Map<number | null, HandedRun>();
  #waiting: Waiting[] = [];
  #turnedAway = 0;
  #betweenRuns: BetweenRuns | null = null;
  #lastSignMs = Number.NEGATIVE_INFINITY;

  constructor(options: HandedOverOptions) {
    this.#options = options;
  }

  /** When the oldest row that no commit has taken was handed over, ms; null when there is none. */
  get oldestMs(): number | null {
    const last = this.#waiting.at(-1);
    return last === undefined || last.commit !== null ? null : last.sinceMs;
  }

  /** Rows were accepted; `lastNonceNs` is the time of the last nonce among them. */
  accepted(run: number | null, kind: RowKind, count: number, lastNonceNs: bigint | null = null): void {
    const former = this.#runs.get(run) ?? { run, lastNonceNs: null, nonces: 0, jobs: 0, setPoints: 0, samples: 0, events: 0 };
    const next = { ...former, [kind]: former[kind] + count };
    this.#runs.set(run, lastNonceNs === null ? next : { ...next, lastNonceNs: String(lastNonceNs) });
    if (this.oldestMs === null) {
      const { nowMs, wallMs } = this.#options;
      this.#waiting.push({ commit: null, begunMs: null, sinceMs: nowMs(), sinceWallMs: wallMs(), heldMs: 0, silentMs: 0 });
    }
    this.#keep();
  }

  /** So many nonces wait for a run to begin, the last of them of that time; 0: none any more. */
  betweenRuns(nonces: number, lastNonceNs: bigint | null): void {
    this.#betweenRuns = nonces === 0 ? null : { nonces, lastNonceNs: lastNonceNs === null ? null : String(lastNonceNs) };
    this.#keep();
  }

  turnedAway(count: number): void {
    this.#turnedAway += count;
    this.#keep();
  }

  /** A commit takes all that waits. Returns when the oldest row it will make durable was handed over, those of failed commits included; null for none. */
  begun(commit: number): number | null {
    const last = this.#waiting.at(-1);
    if (last === undefined || last.commit !== null) return null;
    this.#keep();
    this.#waiting.push({ ...(this.#waiting.pop() as Waiting), commit, begunMs: this.#options.nowMs() });
    this.#keep();
    return last.sinceMs;
  }

  /** A commit is durable, and with it what earlier ones could not write. */
  committed(commit: number): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.commit === null || waiting.commit > commit);
    this.#free();
  }

  /** What a commit could not write goes with the next one. */
  failed(commit: number): void {
    const at = this.#waiting.findIndex((waiting) => waiting.commit === commit);
    const failed = this.#waiting[at];
    if (failed === undefined) return;
    const { sinceMs, sinceWallMs } = failed;
    const next = this.#waiting[at + 1] ?? { commit: null, begunMs: null, heldMs: 0, silentMs: 0 };
    this.#waiting.splice(at, 2, { ...next, sinceMs, sinceWallMs });
    this.#free();
  }

  /** A run is closed, with all its rows. */
  ended(run: number): void {
    this.#runs.delete(run);
    this.#keep();
  }

  /** No commit is under way any more. */
  #free(): void {
    this.#changeLast((last) => ({ ...last, heldMs: this.#options.nowMs() - last.sinceMs }));
    this.#keep();
  }

  #changeLast(change: (last: Waiting) => Waiting): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.commit === null) this.#waiting[this.#waiting.length - 1] = change(last);
  }

  #keep(): void {
    const { nowMs, wallMs, logLinesBefore, keep } = this.#options;
    const signMs = nowMs();
    const formerMs = this.#lastSignMs;
    this.#lastSignMs = signMs;
    this.#changeLast((last) => ({ ...last, silentMs: Math.max(last.silentMs, signMs - Math.max(last.sinceMs, formerMs)) }));
    const [runs, waiting, turnedAway] = [[...this.#runs.values()], this.#waiting, this.#turnedAway];
    keep({ atMs: signMs, atWallMs: wallMs(), logLinesBefore, turnedAway, runs, betweenRuns: this.#betweenRuns, waiting });
  }
}

/** Rows that the database holds of a run, or of the log between runs. */
export type StoredCounts = Readonly<Record<RowKind, number>> & { readonly lastNonceNs: string | null };

/** What was handed over and is not there. */
export interface Missing extends Readonly<Record<RowKind, number>> {
  /** All missing nonces came after the one at this time (null: from the first), the last one at the other. Host's monotonic clock. */
  readonly afterNs: string | null;
  readonly lastNs: string | null;
}

/** null when nothing is missing. */
export function missingOf(handed: HandedRun, stored: StoredCounts): Missing | null {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, Math.max(0, handed[kind] - stored[kind])])) as Record<RowKind, number>;
  if (KINDS.every((kind) => counts[kind] === 0)) return null;
  return { ...counts, afterNs: stored.lastNonceNs, lastNs: counts.nonces === 0 ? null : handed.lastNonceNs };
}

/** The oldest rows that commits up to number `durable` do not hold; null when they hold all. */
export function oldestMissing({ waiting, atMs }: HandedRecord, durable: number): Waiting | null {
  const at = waiting.findIndex(({ commit }) => commit === null || commit > durable);
  const oldest = waiting[at];
  if (oldest === undefined) return null;
  // Behind a commit that was durable, and whose answer never came.
  return oldest.commit === null && at > 0 ? { ...oldest, heldMs: atMs - oldest.sinceMs } : oldest;
}
