import { request } from "node:http";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../store/client.ts";
import { newRun, numberedNonces } from "../store/rows.test-support.ts";
import { temporaryFolder } from "../store/store.test-support.ts";
import { ask, runApi } from "./api.test-support.ts";
import type { Api } from "./server.ts";

async function withRun(rows: number) {
  const store = await openStore({ path: join(temporaryFolder(), "t.db"), commitIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  const runId = await store.startRun(newRun);
  for (let from = 0; from < rows; from += 10_000) store.addNonces(runId, numberedNonces(from, Math.min(10_000, rows - from)));
  await store.flush();
  return runApi({ store });
}

function bytesOf(api: Api, path: string): Promise<{ headers: Record<string, unknown>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: api.port, path, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, bytes: Buffer.concat(parts) }));
    });
    asking.on("error", reject).end();
  });
}

/** Asks, and reads nothing of the answer. */
function askAndWait(api: Api, path: string) {
  return new Promise<{ destroy(): void }>((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: api.port, path, agent: false }, (response) => {
      response.on("error", () => undefined);
      response.pause();
      resolve({ destroy: () => asking.destroy() });
    });
    asking.on("error", reject).end();
  });
}

test("a run's nonces can be read beside the daemon that writes them, as Parquet and as CSV; the file's name says the origin", async () => {
  const { api } = await withRun(300);
  const { headers, bytes } = await bytesOf(api, "/api/v1/runs/1/nonces.parquet");
  expect(headers).toMatchObject({
    "content-type": "application/vnd.apache.parquet",
    "content-disposition": 'attachment; filename="run-1-twin-nonces.parquet"',
  });
  const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer });
  expect(rows.map((row) => Number(row.nonce))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  const { bytes: csv } = await bytesOf(api, "/api/v1/runs/1/nonces.csv");
  expect(csv.toString().trimEnd().split("\n")).toHaveLength(301);
});

test("downloads that nobody reads are few at a time, and end with their clients", async () => {
  const { api } = await withRun(400_000);
  const path = "/api/v1/runs/1/nonces.csv";
  const waiting = [await askAndWait(api, path), await askAndWait(api, path)];
  expect((await ask(api, path, { method: "HEAD" })).status).toBe(503);
  expect(await ask(api, path)).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  for (const client of waiting) client.destroy();
  await expect.poll(async () => (await ask(api, "/api/v1/runs/1/jobs.csv")).status, { timeout: 20_000 }).toBe(200);
});

test("a table or a format that does not exist is not found, and a record that cannot be read is a problem", async () => {
  const { api } = await withRun(1);
  for (const name of ["nonces.xlsx", "runs.csv", "..%2f..%2fetc.csv", "nonces.parquet.csv"])
    expect((await ask(api, `/api/v1/runs/1/${name}`)).status, name).toBe(404);
  const store = await openStore({ path: join(temporaryFolder(), "t.db"), commitIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  await store.startRun(newRun);
  const { api: blind } = await runApi({ store: { ...store, path: "/nowhere/t.db" } });
  expect((await ask(blind, "/api/v1/runs/1/nonces.csv")).json()).toMatchObject({ status: 503, code: "DATABASE_MISSING" });
});
