import type { Database } from "better-sqlite3";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";

const MINUTE_NS = 60_000_000_000n;

/** Count, mean and spread of residuals; two such combine into that of all their rows (Chan, Golub, LeVeque 1979). */
interface Spread {
  n: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  m2: number;
  min: number;
  max: number;
}

interface Minute extends Spread {
  readonly minuteNs: bigint;
  readonly chip: number;
  /** By status number. */
  readonly counts: number[];
}

interface StoredMinute {
  valid: number;
  invalid: number;
  stale: number;
  duplicate: number;
  unknown_job: number;
  residuals: number;
  residual_mean_ns: number | null;
  residual_sd_ns: number | null;
  residual_min_ns: number | null;
  residual_max_ns: number | null;
}

/** Sums nonces of one run up by minute and chip; `store` adds them to what table nonce_minutes already has. */
export class MinuteRollUp {
  readonly #db: Database;
  readonly #runId: number;
  readonly #minutes = new Map<string, Minute>();

  constructor(db: Database, runId: number) {
    this.#db = db;
    this.#runId = runId;
  }

  add(batch: NonceBatch): void {
    let minuteNs = 0n;
    let untilNs = 0n;
    let byChip = new Map<number, Minute>();
    for (let i = 0; i < batch.length; i++) {
      const tNs = batch.tNs[i] as bigint;
      if (i === 0 || tNs < minuteNs || tNs >= untilNs) {
        // Downwards for times before the clock's zero, too.
        minuteNs = tNs - (((tNs % MINUTE_NS) + MINUTE_NS) % MINUTE_NS);
        untilNs = minuteNs + MINUTE_NS;
        byChip = new Map();
      }
      const chip = batch.chip[i] as number;
      let minute = byChip.get(chip);
      if (minute === undefined) {
        minute = this.#minuteOf(minuteNs, chip);
        byChip.set(chip, minute);
      }
      const status = batch.status[i] as number;
      minute.counts[status] = (minute.counts[status] ?? 0) + 1;
      const residualNs = batch.residualNs[i] as number;
      if (status === STATUS.valid && Number.isFinite(residualNs)) include(minute, residualNs);
    }
  }

  store(): void {
    const former = this.#db.prepare<[number, bigint, number], StoredMinute>(
      "SELECT * FROM nonce_minutes WHERE run = ? AND minute_ns = ? AND chip = ?",
    );
    const put = this.#db.prepare("INSERT OR REPLACE INTO nonce_minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const minute of this.#minutes.values()) {
      const { minuteNs, chip, counts } = minute;
      const row = former.get(this.#runId, minuteNs, chip);
      const before = row === undefined ? [] : [row.valid, row.invalid, row.stale, row.duplicate, row.unknown_job];
      const sums = [0, 1, 2, 3, 4].map((status) => (before[status] ?? 0) + (counts[status] ?? 0));
      const all = row === undefined ? minute : combined(spreadOf(row), minute);
      const spread = all.n === 0 ? [null, null, null, null] : [all.mean, Math.sqrt(all.m2 / all.n), all.min, all.max];
      put.run(this.#runId, minuteNs, chip, ...sums, all.n, ...spread);
    }
    this.#minutes.clear();
  }

  #minuteOf(minuteNs: bigint, chip: number): Minute {
    const key = `${minuteNs}/${chip}`;
    const known = this.#minutes.get(key);
    if (known) return known;
    const fresh = { minuteNs, chip, counts: [], n: 0, mean: 0, m2: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    this.#minutes.set(key, fresh);
    return fresh;
  }
}

function include(spread: Spread, value: number): void {
  spread.n++;
  const distance = value - spread.mean;
  spread.mean += distance / spread.n;
  spread.m2 += distance * (value - spread.mean);
  if (value < spread.min) spread.min = value;
  if (value > spread.max) spread.max = value;
}

function combined(a: Spread, b: Spread): Spread {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const distance = b.mean - a.mean;
  return {
    n,
    mean: a.mean + (distance * b.n) / n,
    m2: a.m2 + b.m2 + (distance * distance * a.n * b.n) / n,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

function spreadOf(row: StoredMinute): Spread {
  const { residuals: n, residual_mean_ns: mean, residual_sd_ns: sd, residual_min_ns: min, residual_max_ns: max } = row;
  return { n, mean: mean ?? 0, m2: n * (sd ?? 0) ** 2, min: min ?? Number.POSITIVE_INFINITY, max: max ?? Number.NEGATIVE_INFINITY };
}
