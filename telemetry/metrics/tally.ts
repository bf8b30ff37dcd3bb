/** What has been since the daemon started. The hub's own totals start anew with each run; a counter of Prometheus never goes back. */
import { countByStatus, NONCE_STATUSES, type NonceStatus, STATUS } from "../../common/nonce-batch.ts";
import type { Hub } from "../hub.ts";
import type { LogEvent } from "../messages.ts";

export interface Tally {
  readonly nonces: Readonly<Record<NonceStatus, number>>;
  readonly events: Readonly<Record<LogEvent["level"], number>>;
  readonly runs: number;
  /** Of a valid nonce; null before there is one. */
  readonly bestDifficulty: number | null;
  /** Mean of the hash rates that were read, GH/s; null before there is one. */
  readonly meanHashRateGhs: number | null;
  stop(): void;
}

export function tallyOf(hub: Hub): Tally {
  const nonces = Object.fromEntries(NONCE_STATUSES.map((status) => [status, 0])) as Record<NonceStatus, number>;
  const events = { info: 0, warning: 0, error: 0 };
  const tally: { runs: number; bestDifficulty: number | null; meanHashRateGhs: number | null } = {
    runs: 0,
    bestDifficulty: null,
    meanHashRateGhs: null,
  };
  let rates = 0;
  let lastRun: number | null = null;
  const stop = hub.subscribe({
    nonces(batch) {
      const counts = countByStatus(batch);
      for (const status of NONCE_STATUSES) nonces[status] += counts[status];
      for (let row = 0; row < batch.length; row++) {
        const difficulty = 2 ** (batch.difficultyLog2[row] as number);
        if (batch.status[row] === STATUS.valid && difficulty > (tally.bestDifficulty ?? 0)) tally.bestDifficulty = difficulty;
      }
    },
    update(update) {
      if (update.topic === "event") events[update.value.level]++;
      if (update.topic === "readings" && update.value.hashRateGhs !== null) {
        const mean = tally.meanHashRateGhs ?? 0;
        tally.meanHashRateGhs = mean + (update.value.hashRateGhs - mean) / ++rates;
      }
      if (update.topic !== "run" || update.value === null || update.value.id === lastRun) return;
      lastRun = update.value.id;
      tally.runs++;
    },
  });
  return Object.assign(tally, { nonces, events, stop });
}
