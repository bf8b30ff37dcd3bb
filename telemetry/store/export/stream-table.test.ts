import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { openStore } from "../client.ts";
import { appliedSetPoint, job, newRun, numberedNonces } from "../rows.test-support.ts";
import { temporaryFolder } from "../store.test-support.ts";
import { exportRun } from "./export-run.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./files.ts";
import { streamTable } from "./stream-table.ts";

async function recorded(rows: number) {
  const folder = temporaryFolder();
  const path = join(folder, "t.db");
  const store = await openStore({ path, inProcess: true, commitIntervalMs: 3_600_000 });
  const runId = await store.startRun(newRun);
  for (let from = 0; from < rows; from += 10_000) {
    store.addNonces(runId, numberedNonces(from, Math.min(10_000, rows - from)));
    await store.flush();
  }
  store.addJobs(runId, [job(0), job(1)]);
  store.addSetPoint(runId, appliedSetPoint());
  await store.endRun(runId, "finished");
  await store.close();
  return { folder, request: { path, runId, facts: { origin: "twin" } } };
}

async function partsOf(stream: AsyncGenerator<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

const rowsIn = async (file: Uint8Array) =>
  parquetReadObjects({ file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer, utf8: false });

describe("a table as a stream", () => {
  test.each(EXPORT_FORMATS)("is the file that an export writes, table by table (%s)", async (format: ExportFormat) => {
    const { folder, request } = await recorded(30);
    exportRun({ path: request.path, runId: request.runId, folder: join(folder, "out"), format, wallMs: 0 });
    for (const table of ["nonces", "jobs", "dropped"]) {
      const streamed = Buffer.concat(await partsOf(streamTable({ ...request, table, format })));
      const file = readFileSync(join(folder, "out", `${table}.${format}`));
      if (format === "csv") expect(streamed.toString(), table).toBe(file.toString());
      else expect(await rowsIn(streamed), table).toEqual(await rowsIn(file));
    }
  });

  test("comes in parts of a row group at most, and says its origin", async () => {
    const { request } = await recorded(200_000);
    const parts = await partsOf(streamTable({ ...request, table: "nonces", format: "parquet" }));
    expect(parts.length).toBeGreaterThanOrEqual(3);
    const file = Buffer.concat(parts);
    const metadata = parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer);
    expect(Number(metadata.num_rows)).toBe(200_000);
    // A group is full at 65 536 rows, and then has at most one stored chunk more.
    for (const { num_rows: rows } of metadata.row_groups) expect(Number(rows)).toBeLessThan(2 * 65_536);
    expect(metadata.key_value_metadata).toContainEqual({ key: "origin", value: "twin" });
  });

  test("can be left before its end, and a database that is not there is said", async () => {
    const { request } = await recorded(200_000);
    const stream = streamTable({ ...request, table: "nonces", format: "csv" });
    await stream.next();
    await stream.return(undefined);
    expect(await stream.next()).toMatchObject({ done: true });
    const missing = streamTable({ ...request, path: `${request.path}.none`, table: "nonces", format: "csv" });
    await expect(missing.next()).rejects.toThrow(expect.objectContaining({ code: "DATABASE_MISSING" }));
  });
});
