/** The record of what happened: runs, jobs, nonces, samples, results. Implemented on a worker thread (client.ts). */
import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { LogEvent, Readings, RunSummary, SetPoint } from "../messages.ts";
import type { LateEpisode } from "./late-episode.ts";

export interface NewRun {
  kind: string;
  origin: Origin;
  note: string;
  /** Everything needed to know how it was made: plan, seeds, configuration, software version. Stored as JSON. */
  provenance: Record<string, unknown>;
}

export interface StoredRun extends RunSummary {
  provenance: Record<string, unknown>;
  /** The program that made it; null when it did not say. */
  software: string | null;
  /** SHA-256 of the configuration in force (provenance.config, keys in order); null when there was none. */
  configSha256: string | null;
  /** How much a killed process could lose, ms; null in runs from before this was written down. */
  commitIntervalMs: number | null;
  /** When the last commit that touched this run was made, ms since 1970. */
  lastCommitWallMs: number;
  /**
   * Commits while it ran: how many, how many of them were late, and how old the oldest row became before it was on the disk, ms (null before the first). A
   * killed process's last one is not among them. null in runs from before this was written down.
   */
  commits: { count: number; late: number; worstAgeMs: number | null } | null;
  /** Set when the run came out of an export: when, and what the export said of itself. */
  imported: { wallMs: number; from: Record<string, unknown> } | null;
  nonces: number;
  jobs: number;
  setPoints: number;
  samples: number;
  chunks: number;
  /** What the size budget took away. */
  dropped: readonly Dropped[];
}

/** Rows of a run that are no longer there, and why. */
export interface Dropped {
  what: "nonces" | "jobs" | "samples" | "events";
  count: number;
  firstWallMs: number;
  lastWallMs: number;
  reason: string;
}

/** A set-point that came into force: what was read back, and what had been asked for where that is known. */
export interface AppliedSetPoint {
  tNs: bigint;
  wallMs: number;
  readBack: SetPoint;
  asked: SetPoint | null;
}

/** A minute of one chip whose nonces were dropped: counts by status, and the residuals of the valid ones. `minuteNs`: start, on the nonces' clock. */
export interface NonceMinute extends Record<"valid" | "invalid" | "stale" | "duplicate" | "unknownJob" | "chip" | "residuals", number> {
  minuteNs: bigint;
  /** null when no residual was known; standard deviation about the mean, divided by n. */
  residualMeanNs: number | null;
  residualSdNs: number | null;
  residualMinNs: number | null;
  residualMaxNs: number | null;
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
 * Rows are handed over at once and committed together, with synchronous=FULL, within `commitIntervalMs` (default 1000); what a
 * commit holds survives kill -9 and a power cut. Methods reject with StoreError. Nothing here blocks the caller's thread.
 */
export interface Store {
  readonly path: string;
  startRun(run: NewRun): Promise<number>;
  endRun(runId: number, status: RunSummary["status"], note?: string): Promise<void>;
  addJobs(runId: number, jobs: readonly JobRecord[]): void;
  addNonces(runId: number, batch: NonceBatch): void;
  /** So many nonces are held for a run that has not begun (0: none any more): counted, for a kill would lose them. */
  betweenRuns(nonces: number, lastNonceNs: bigint | null): void;
  addSetPoint(runId: number, setPoint: AppliedSetPoint): void;
  addSample(runId: number, sample: Sample): void;
  addEvent(runId: number | null, event: LogEvent): void;
  /** Committed before it resolves. */
  putResult(runId: number, kind: string, origin: Origin, value: unknown): Promise<void>;
  /** Another size budget from the next commit on, bytes; null: none. */
  setBudget(budgetBytes: number | null): Promise<void>;
  /** Commits everything handed over so far. */
  flush(): Promise<void>;
  listRuns(): Promise<RunSummary[]>;
  run(runId: number): Promise<StoredRun | null>;
  jobs(runId: number): Promise<JobRecord[]>;
  /** Nonces of a run in time order, one stored chunk at a time, `from` counted from the first that is left. Chunks of a running run may still be joined. */
  nonceChunks(runId: number, from: number, count: number): Promise<NonceBatch[]>;
  /** Nonces `from` up to `from + count` of a run in time order, counted from the first that is left. */
  nonceRows(runId: number, from: number, count: number): Promise<NonceBatch>;
  /** What is left of nonces that were dropped, by minute and chip. */
  nonceMinutes(runId: number): Promise<NonceMinute[]>;
  setPoints(runId: number): Promise<AppliedSetPoint[]>;
  samples(runId: number): Promise<Sample[]>;
  results(runId: number): Promise<StoredResult[]>;
  events(runId: number | null, limit: number): Promise<LogEvent[]>;
  /** First failure of a background write, if any: the daemon watches this. */
  onFailure(listener: (error: Error) => void): () => void;
  /** Rows have become older than the stated interval (ms) while their commit is under way: a kill would lose them. Told when it happens, once for an episode (late-episode.ts). */
  onLate(listener: (statedMs: number) => void): () => void;
  /** Commits have been in time again for half a minute: what the episode was. */
  onLateOver(listener: (episode: LateEpisode) => void): () => void;
  close(): Promise<void>;
}
