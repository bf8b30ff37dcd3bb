import { z } from "zod";
import { NONCE_COLUMN_NAMES, type NonceColumn } from "../../../common/nonce-batch.ts";
import { ORIGINS } from "../../../common/origin.ts";
import type { RunSummary } from "../../messages.ts";
import type { StoredResult, StoredRun } from "../../store/store.ts";
import { component, numberOrNull } from "./component.ts";

export const origin = component("Origin", z.enum(ORIGINS).describe("Where a number comes from. Never shown without this word."));
const wallMs = z.number().describe("ms since 1970");

const summaryFields = {
  id: z.int().min(1),
  kind: z.string(),
  origin,
  status: z.enum(["running", "finished", "stopped", "failed", "interrupted"]),
  startedWallMs: wallMs,
  endedWallMs: wallMs.nullable(),
  note: z.string(),
};

export const runSummary: z.ZodType<RunSummary> = component("RunSummary", z.strictObject(summaryFields));

const anyObject = z.record(z.string(), z.unknown());

export const storedRun: z.ZodType<StoredRun> = component(
  "StoredRun",
  z.strictObject({
    ...summaryFields,
    provenance: anyObject.describe("Everything needed to know how it was made: plan, seeds, configuration, software"),
    software: z.string().nullable(),
    configSha256: z.string().nullable(),
    commitIntervalMs: numberOrNull,
    lastCommitWallMs: wallMs,
    commits: z.strictObject({ count: z.int(), late: z.int(), worstAgeMs: numberOrNull }).nullable(),
    imported: z.strictObject({ wallMs, from: anyObject }).nullable(),
    nonces: z.int().min(0),
    jobs: z.int().min(0),
    setPoints: z.int().min(0),
    samples: z.int().min(0),
    chunks: z.int().min(0),
    dropped: z.array(
      z.strictObject({
        what: z.enum(["nonces", "jobs", "samples", "events"]),
        count: z.int(),
        firstWallMs: wallMs,
        lastWallMs: wallMs,
        reason: z.string(),
      }),
    ),
  }),
);

export const storedResult: z.ZodType<StoredResult> = component(
  "StoredResult",
  z.strictObject({
    runId: z.int(),
    kind: z.string(),
    origin,
    wallMs,
    value: z.unknown().describe("By kind: a NarmaReport, a SweepPoint, the report of a study"),
  }),
);

const columnOf: Partial<Record<NonceColumn, z.ZodType>> = {
  tNs: z.array(z.string().regex(/^-?\d+$/)).describe("First byte of the answer on the host's monotonic clock, ns, as decimal text"),
  difficultyLog2: z.array(numberOrNull).describe("log2 of the share's difficulty; null: job unknown"),
  residualNs: z.array(numberOrNull).describe("Observed minus ideal emission time, ns; null: the sweep model does not apply"),
};

export const nonceColumns = component(
  "NonceColumns",
  z.strictObject(Object.fromEntries(NONCE_COLUMN_NAMES.map((name) => [name, columnOf[name] ?? z.array(z.int().min(0))]))),
);

export const nonceChunk = component(
  "NonceChunk",
  z.strictObject({ runId: z.int(), origin, chunk: z.int(), chunks: z.int(), length: z.int(), columns: nonceColumns }),
);

export const noncePage = component(
  "NoncePage",
  z.strictObject({
    runId: z.int(),
    origin,
    row: z.int().min(0).describe("Of the first row here, counted from the run's first nonce"),
    length: z.int().min(0),
    columns: nonceColumns,
    next: z
      .string()
      .nullable()
      .describe("The cursor of the next page; null when the run has ended and this is the last. A run that goes on always has one."),
  }),
);
