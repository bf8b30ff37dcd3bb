/** The record of what happened: runs, jobs, nonces, samples, results. Implemented on a worker thread (client.ts). */
import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { LogEvent, Readings, RunSummary, SetPoint } from "../messages.ts";

export interface NewRun {
  kind: string;
  origin: Origin;
  note: string;
  /** Everything needed to know how it was made: plan, seeds, configuration, software version. Stored as JSON. */
  provenance: Record<string, unknown>;
}

export interface StoredRun extends RunSummary {
  provenance: Record<string, unknown>;
  nonces: number;
  jobs: number;
  samples: number;
  chunks: number;
}

/** One sample: set-point in force and what the sensors said, at a monotonic time. */
export interface Sample {
  tNs: bigint;
  setPoint: SetPoint | null;
  readings: Readings;
}

export interface StoredResult {
  runId: number;
  kind: string;
  origin: Origin;
  wallMs: number;
  value: unknown;
}

/**
 * Rows are handed over at once and committed together every `commitIntervalMs` (default 1000) with synchronous=FULL; what a
 * commit holds survives kill -9 and a power cut. Methods reject with StoreError. Nothing here blocks the caller's thread.
 */
export interface Store {
  readonly path: string;
  startRun(run: NewRun): Promise<number>;
  endRun(runId: number, status: RunSummary["status"], note?: string): Promise<void>;
  addJobs(runId: number, jobs: readonly JobRecord[]): void;
  addNonces(runId: number, batch: NonceBatch): void;
  addSample(runId: number, sample: Sample): void;
  addEvent(runId: number | null, event: LogEvent): void;
  /** Committed before it resolves. */
  putResult(runId: number, kind: string, origin: Origin, value: unknown): Promise<void>;
  /** Commits everything handed over so far. */
  flush(): Promise<void>;
  listRuns(): Promise<RunSummary[]>;
  run(runId: number): Promise<StoredRun | null>;
  jobs(runId: number): Promise<JobRecord[]>;
  /** Nonces of a run in time order, one stored chunk at a time. */
  nonceChunks(runId: number, from: number, count: number): Promise<NonceBatch[]>;
  samples(runId: number): Promise<Sample[]>;
  results(runId: number): Promise<StoredResult[]>;
  events(runId: number | null, limit: number): Promise<LogEvent[]>;
  /** First failure of a background write, if any: the daemon watches this. */
  onFailure(listener: (error: Error) => void): () => void;
  close(): Promise<void>;
}
