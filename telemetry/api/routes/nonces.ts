import { z } from "zod";
import { NONCE_COLUMN_NAMES, type NonceBatch } from "../../../common/nonce-batch.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import { notFound } from "../problem.ts";
import { route } from "../route-declaration.ts";
import { nonceChunk, noncePage } from "../schemas/run.ts";
import { cursor, runParams, whole } from "./parameters.ts";
import { badCursor, noRun } from "./runs.ts";

const WHOLE_NUMBER = /^\d{1,15}$/;
const PAGE_ROWS = 1000;
const MOST_ROWS = 20_000;

/** As JSON has it: 64-bit times as decimal text, NaN (which JSON writes as null) where a column is not known. */
function columnsOf(batch: NonceBatch): Record<string, unknown> {
  return Object.fromEntries(NONCE_COLUMN_NAMES.map((name) => [name, name === "tNs" ? Array.from(batch.tNs, String) : [...batch[name]]]));
}

export const chunk = route({
  method: "GET",
  path: "/api/v1/runs/{run}/nonces",
  about: "One stored chunk of nonces as columns. In a running run chunks may still be joined: to walk through it, take pages.",
  needs: "view",
  params: runParams,
  query: z.strictObject({ chunk: z.string().max(200).default("0").describe("Counts from 0") }),
  answer: { status: 200, about: "The chunk", schema: nonceChunk },
  problems: { 404: "There is no such run or chunk" },
  async handle({ store }, { params, query }) {
    const run = await store.run(params.run);
    if (run === null) return noRun(params.run);
    const [batch] = WHOLE_NUMBER.test(query.chunk) ? await store.nonceChunks(run.id, Number(query.chunk), 1) : [];
    if (batch === undefined) {
      const hint = run.chunks === 0 ? "This run has no nonces yet." : `chunk counts from 0 to ${run.chunks - 1}.`;
      return { problem: notFound(`Run ${run.id} has no chunk ${JSON.stringify(query.chunk)}.`, hint) };
    }
    const { id: runId, origin, chunks } = run;
    return { status: 200, body: { runId, origin, chunk: Number(query.chunk), chunks, length: batch.length, columns: columnsOf(batch) } };
  },
});

export const page = route({
  method: "GET",
  path: "/api/v1/runs/{run}/nonces/page",
  about: "A page of a run's nonces as columns, from any row on. Cursors stay good while a run grows and while its chunks are joined.",
  needs: "view",
  params: runParams,
  query: z.strictObject({ limit: whole(1, MOST_ROWS).default(PAGE_ROWS).describe("At most so many rows; 1000 when left out"), cursor }),
  answer: { status: 200, about: "The page", schema: noncePage },
  problems: { 400: "The cursor is no cursor of this run", 404: "There is no such run", 410: "The rows were dropped meanwhile" },
  async handle({ store }, { params, query }) {
    const run = await store.run(params.run);
    if (run === null) return noRun(params.run);
    const dropped = run.dropped.find(({ what }) => what === "nonces")?.count ?? 0;
    const [ofRun, row] = query.cursor === undefined ? [run.id, dropped] : (readCursor("nonces", query.cursor) ?? []);
    if (ofRun !== run.id || row === undefined) return { problem: badCursor() };
    if (row < dropped) {
      const detail = `Rows of run ${run.id} up to ${dropped} were dropped to keep the record's size.`;
      return { problem: { status: 410, title: "Gone", detail, code: "ROWS_DROPPED", hint: "Start without a cursor." } };
    }
    const batch = await store.nonceRows(run.id, row - dropped, query.limit);
    const isLast = run.status !== "running" && row - dropped + batch.length >= run.nonces;
    const next = isLast ? null : cursorOf("nonces", [run.id, row + batch.length]);
    return { status: 200, body: { runId: run.id, origin: run.origin, row, length: batch.length, columns: columnsOf(batch), next } };
  },
});
