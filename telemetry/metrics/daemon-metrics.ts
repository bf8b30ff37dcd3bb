/** What is measured of the daemon as a whole: its boards share it. */
import type { StoreCounters } from "../store/pending.ts";
import { declaring } from "./metric.ts";

export interface DaemonSource {
  readonly refusedClients: number;
  readonly store: StoreCounters | null;
  readonly process: { readonly residentBytes: number; readonly cpuSeconds: number };
}

const { gauge, counter } = declaring<DaemonSource>();
const ofStore = (name: string, help: string, key: keyof StoreCounters) =>
  (name.endsWith("_total") ? counter : gauge)(name, help, ({ store }) => store?.[key] ?? null);

export const DAEMON_METRICS = [
  counter("asicr_viewers_refused_total", "Clients that were refused", ({ refusedClients }) => refusedClients),
  ofStore("asicr_store_pending_bytes", "Handed over to the record and not yet committed", "pendingBytes"),
  ofStore("asicr_store_commits_total", "Commits", "commits"),
  ofStore("asicr_store_late_commits_total", "Commits later than the stated interval", "lateCommits"),
  ofStore("asicr_store_refused_nonces_total", "Nonces lost because the disk could not keep up", "refusedNonces"),
  ofStore("asicr_store_shed_samples_total", "Samples left out because the disk could not keep up", "shedSamples"),
  ofStore("asicr_store_shed_events_total", "Lines of the log left out because the disk could not keep up", "shedEvents"),
  gauge("asicr_process_resident_memory_bytes", "Memory of the daemon", ({ process }) => process.residentBytes),
  counter("asicr_process_cpu_seconds_total", "Processor time of the daemon, all threads", ({ process }) => process.cpuSeconds),
];
