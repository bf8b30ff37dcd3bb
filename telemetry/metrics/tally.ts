/** What has been since the daemon started. The hub's own totals start anew with each run; a counter of Prometheus never goes back. */
import { countByStatus, NONCE_STATUSES, type NonceStatus } from "../../common/nonce-batch.ts";
import type { Hub } from "../hub.ts";
import type { LogEvent } from "../messages.ts";

export interface Tally {
  readonly nonces: Readonly<Record<NonceStatus, number>>;
  readonly events: Readonly<Record<LogEvent["level"], number>>;
  readonly runs: number;
  stop(): void;
}

export function tallyOf(hub: Hub): Tally {
  const nonces = Object.fromEntries(NONCE_STATUSES.map((status) => [status, 0])) as Record<NonceStatus, number>;
  const events = { info: 0, warning: 0, error: 0 };
  const tally = { nonces, events, runs: 0 };
  let lastRun: number | null = null;
  const stop = hub.subscribe({
    nonces(batch) {
      const counts = countByStatus(batch);
      for (const status of NONCE_STATUSES) nonces[status] += counts[status];
    },
    update(update) {
      if (update.topic === "event") events[update.value.level]++;
      if (update.topic !== "run" || update.value === null || update.value.id === lastRun) return;
      lastRun = update.value.id;
      tally.runs++;
    },
  });
  return Object.assign(tally, { stop });
}
