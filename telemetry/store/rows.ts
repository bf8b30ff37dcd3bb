/** Between the types of store.ts and rows of the tables. Rows are flat copies: what the caller does to its objects afterwards changes nothing. */
import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { LogEvent, Readings, RunSummary, SetPoint } from "../messages.ts";
import { READING_COLUMNS, SET_POINT_COLUMNS } from "./schema.ts";
import type { AppliedSetPoint, NonceMinute, Sample } from "./store.ts";

export type Cell = number | bigint | string | Uint8Array | null;
export type Row = readonly Cell[];

/** What one commit adds. Rows of jobs, set-points, samples and events start with the run's id. */
export interface Rows {
  readonly nonces: readonly { readonly runId: number; readonly batch: NonceBatch }[];
  readonly jobs: readonly Row[];
  readonly setPoints: readonly Row[];
  readonly samples: readonly Row[];
  readonly events: readonly Row[];
}

const JOB_COLUMNS = [
  "run",
  "seq",
  "wire_id",
  "version",
  "prev_hash",
  "merkle_root",
  "ntime",
  "nbits",
  "ticket_log2",
  "work_scale",
  "sent_ns",
  "frequency_mhz",
  "hash_counting_number",
  "claim_trie_root",
] as const;
const SET_POINT_KEYS = Object.keys(SET_POINT_COLUMNS) as (keyof SetPoint)[];
const READING_KEYS = Object.keys(READING_COLUMNS) as (keyof Readings)[];
export const SAMPLE_COLUMNS = ["run", "t_ns", ...Object.values(SET_POINT_COLUMNS), ...Object.values(READING_COLUMNS)];

export const INSERT_JOB = insert("jobs", JOB_COLUMNS);
export const INSERT_SET_POINT = insert("set_points", [
  "run",
  "t_ns",
  "wall_ms",
  "core_voltage_mv",
  "frequency_mhz",
  "ticket_difficulty",
  "asked_core_voltage_mv",
  "asked_frequency_mhz",
  "asked_ticket_difficulty",
]);
export const INSERT_SAMPLE = insert("samples", SAMPLE_COLUMNS);
export const INSERT_EVENT = insert("events", ["run", "wall_ms", "level", "source", "text"]);

function insert(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
}

export function jobRow(runId: number, job: JobRecord): Row {
  return [
    runId,
    job.jobSeq,
    job.wireId,
    job.version >>> 0,
    new Uint8Array(job.prevHash),
    new Uint8Array(job.merkleRoot),
    job.ntime >>> 0,
    job.nbits >>> 0,
    job.ticketLog2,
    job.workScale,
    job.sentNs,
    job.frequencyMhz,
    job.hashCountingNumber,
    job.claimTrieRoot === undefined ? null : new Uint8Array(job.claimTrieRoot),
  ];
}

export function sampleRow(runId: number, sample: Sample): Row {
  const setPoint = SET_POINT_KEYS.map((key) => sample.setPoint?.[key] ?? null);
  return [runId, sample.tNs, ...setPoint, ...READING_KEYS.map((key) => sample.readings[key])];
}

export function setPointRow(runId: number, { tNs, wallMs, readBack, asked }: AppliedSetPoint): Row {
  const cells = (setPoint: SetPoint | null) => SET_POINT_KEYS.map((key) => setPoint?.[key] ?? null);
  return [runId, tNs, wallMs, ...cells(readBack), ...cells(asked)];
}

export function eventRow(runId: number | null, event: LogEvent): Row {
  return [runId, event.wallMs, event.level, event.source, event.text];
}

export interface StoredJobRow {
  seq: number;
  wire_id: number;
  version: number;
  prev_hash: Uint8Array;
  merkle_root: Uint8Array;
  ntime: number;
  nbits: number;
  ticket_log2: number;
  work_scale: number;
  /** As text: beyond 2^53 a number would round. */
  sent_ns_text: string;
  frequency_mhz: number;
  hash_counting_number: number | null;
  /** NULL for Bitcoin. */
  claim_trie_root: Uint8Array | null;
}

export function jobOf(row: StoredJobRow): JobRecord {
  return {
    jobSeq: row.seq,
    wireId: row.wire_id,
    version: row.version,
    prevHash: new Uint8Array(row.prev_hash),
    merkleRoot: new Uint8Array(row.merkle_root),
    ntime: row.ntime,
    nbits: row.nbits,
    ticketLog2: row.ticket_log2,
    workScale: row.work_scale,
    sentNs: BigInt(row.sent_ns_text),
    frequencyMhz: row.frequency_mhz,
    hashCountingNumber: row.hash_counting_number,
    ...(row.claim_trie_root === null ? {} : { claimTrieRoot: new Uint8Array(row.claim_trie_root) }),
  };
}

export type StoredSampleRow = { t_ns_text: string } & Record<string, number | string | null>;

export function sampleOf(row: StoredSampleRow): Sample {
  const pick = (columns: Record<string, string>) =>
    Object.fromEntries(Object.entries(columns).map(([key, name]) => [key, row[name] ?? null]));
  const setPoint = pick(SET_POINT_COLUMNS);
  const known = Object.values(setPoint).every((value) => value !== null);
  return {
    tNs: BigInt(row.t_ns_text),
    setPoint: known ? (setPoint as unknown as SetPoint) : null,
    readings: pick(READING_COLUMNS) as unknown as Readings,
  };
}

export interface StoredSetPointRow {
  t_ns_text: string;
  wall_ms: number;
  core_voltage_mv: number;
  frequency_mhz: number;
  ticket_difficulty: number;
  asked_core_voltage_mv: number | null;
  asked_frequency_mhz: number | null;
  asked_ticket_difficulty: number | null;
}

export function setPointOf(row: StoredSetPointRow): AppliedSetPoint {
  const { asked_core_voltage_mv: coreVoltageMv, asked_frequency_mhz: frequencyMhz, asked_ticket_difficulty: ticketDifficulty } = row;
  const known = coreVoltageMv !== null && frequencyMhz !== null && ticketDifficulty !== null;
  return {
    tNs: BigInt(row.t_ns_text),
    wallMs: row.wall_ms,
    readBack: { coreVoltageMv: row.core_voltage_mv, frequencyMhz: row.frequency_mhz, ticketDifficulty: row.ticket_difficulty },
    asked: known ? { coreVoltageMv, frequencyMhz, ticketDifficulty } : null,
  };
}

export interface StoredMinuteRow {
  minute_ns_text: string;
  chip: number;
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

export function minuteOf(row: StoredMinuteRow): NonceMinute {
  const { chip, valid, invalid, stale, duplicate, residuals } = row;
  return {
    minuteNs: BigInt(row.minute_ns_text),
    chip,
    valid,
    invalid,
    stale,
    duplicate,
    unknownJob: row.unknown_job,
    residuals,
    residualMeanNs: row.residual_mean_ns,
    residualSdNs: row.residual_sd_ns,
    residualMinNs: row.residual_min_ns,
    residualMaxNs: row.residual_max_ns,
  };
}

export interface StoredRunRow {
  id: number;
  kind: string;
  origin: Origin;
  status: RunSummary["status"];
  started_ms: number;
  ended_ms: number | null;
  note: string;
  provenance: string;
  last_commit_ms: number;
  software: string | null;
  config_sha256: string | null;
  commit_interval_ms: number | null;
  commits: number | null;
  late_commits: number | null;
  worst_commit_age_ms: number | null;
  imported_ms: number | null;
  imported_from: string | null;
}

export function runOf(row: StoredRunRow): RunSummary {
  const { id, kind, origin, status, note } = row;
  return { id, kind, origin, status, startedWallMs: row.started_ms, endedWallMs: row.ended_ms, note };
}
