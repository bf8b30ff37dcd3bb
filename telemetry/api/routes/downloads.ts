import { z } from "zod";
import { factsOf } from "../../store/export/export-run.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../store/export/files.ts";
import { streamTable } from "../../store/export/stream-table.ts";
import { EXPORT_TABLES } from "../../store/export/tables.ts";
import { type RouteDeclaration, route } from "../route-declaration.ts";
import { nothing, runParams } from "./parameters.ts";
import { noRun } from "./runs.ts";

/** Each has a thread of its own, with a row group in memory. */
const MOST_AT_ONCE = 2;
const RETRY_S = 5;

const TYPES: Record<ExportFormat, string> = { csv: "text/csv; charset=utf-8", parquet: "application/vnd.apache.parquet" };

export function downloads(most = MOST_AT_ONCE): RouteDeclaration {
  let going = 0;
  const counted = async function* (parts: AsyncGenerator<Uint8Array>) {
    going++;
    try {
      yield* parts;
    } finally {
      going--;
    }
  };
  return route({
    method: "GET",
    path: "/api/v1/runs/{run}/{table}.{format}",
    about: "A table of a run as a file, as of now. The name says the origin; a Parquet file's key-value metadata does, too.",
    needs: "view",
    params: runParams.extend({
      table: z.enum(EXPORT_TABLES.map(({ name }) => name)).describe("Which"),
      format: z.enum(EXPORT_FORMATS).describe("Kind of file"),
    }),
    query: nothing,
    answer: { status: 200, about: "The file, sent while it is made", type: "text/csv; charset=utf-8|application/vnd.apache.parquet" },
    problems: {
      404: "There is no such run",
      503: "As many downloads as the daemon makes at once are going on, or the record cannot be read",
    },
    async handle({ store }, { params: { run: id, table, format } }) {
      const run = await store.run(id);
      if (run === null) return noRun(id);
      if (going >= most) {
        const detail = `${most} downloads are going on.`;
        const hint = "Try again when one of them has ended.";
        return {
          problem: { status: 503, title: "Busy", detail, code: "DOWNLOADS_BUSY", hint },
          headers: { "retry-after": String(RETRY_S) },
        };
      }
      const chunks = counted(streamTable({ path: store.path, runId: id, table, format, facts: factsOf(run) }));
      return { download: { type: TYPES[format], fileName: `run-${id}-${run.origin}-${table}.${format}`, chunks } };
    },
  });
}
