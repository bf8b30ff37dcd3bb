import { appendFileSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { concatNonces, NONCE_COLUMN_NAMES, type NonceBatch } from "../../../common/nonce-batch.ts";
import type { CountedStore } from "../client.ts";
import { openStore } from "../client.ts";
import { nonceBatch } from "../nonce-arbitrary.test-support.ts";
import { appliedSetPoint, job, newRun, numberedNonces, sample } from "../rows.test-support.ts";
import { temporaryFolder } from "../store.test-support.ts";
import { exportRun } from "./export-run.ts";
import { EXPORT_FORMATS } from "./files.ts";
import { importRun } from "./import-run.ts";

const coded = (code: string) => expect.objectContaining({ code });
const inProcess = (path: string) => openStore({ path, inProcess: true, commitIntervalMs: 3_600_000 });

/** All that can be asked of a run, less what importing changes. */
async function everythingOf(store: CountedStore, runId: number) {
  const run = await store.run(runId);
  return {
    run: run && { ...run, id: 0, imported: null, chunks: 0 },
    jobs: await store.jobs(runId),
    setPoints: await store.setPoints(runId),
    samples: await store.samples(runId),
    events: await store.events(runId, 1000),
    results: (await store.results(runId)).map((result) => ({ ...result, runId: 0 })),
    minutes: await store.nonceMinutes(runId),
    nonces: bytesOf(concatNonces(await store.nonceChunks(runId, 0, 100_000))),
  };
}

function bytesOf(batch: NonceBatch) {
  return NONCE_COLUMN_NAMES.map((name) => Buffer.from(batch[name].buffer, batch[name].byteOffset, batch[name].byteLength).toString("hex"));
}

async function recorded(path: string, batch: NonceBatch, texts: readonly string[], numbers: readonly number[]): Promise<number> {
  const store = await inProcess(path);
  const runId = await store.startRun({
    ...newRun,
    origin: "hardware",
    note: texts[0] ?? "",
    provenance: { software: "s 1", config: { texts, numbers } },
  });
  store.addJobs(runId, [
    job(0, { ticketLog2: numbers[0] ?? 8, sentNs: -(2n ** 63n) }),
    job(1, { hashCountingNumber: 7, claimTrieRoot: new Uint8Array(32).fill(9) }),
  ]);
  store.addNonces(runId, batch);
  store.addSetPoint(runId, appliedSetPoint());
  store.addSetPoint(runId, appliedSetPoint({ asked: null }));
  store.addSample(runId, sample());
  store.addSample(runId, sample({ setPoint: null, tNs: -1n }));
  for (const [at, text] of texts.entries()) store.addEvent(runId, { wallMs: numbers[at] ?? at, level: "info", source: "s", text });
  await store.putResult(runId, "verdict", "hardware", { texts, numbers });
  await store.endRun(runId, "failed", texts[1]);
  await store.close();
  return runId;
}

/** Text as people write it and as it breaks parsers; no lone surrogates, which UTF-8 cannot hold. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", '"', 'a "quoted", one', "two\nlines\r\n", "null", "1e5", " , ", "\u0000x"),
);
/** What SQLite keeps of numbers: it has no NaN and no -0 in REAL columns. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
/** NaN is one value in files: its payload bits stay in the database. */
const nonces = nonceBatch();

describe.each(EXPORT_FORMATS)("a run as %s", (format) => {
  test("exported and imported again is the same run in every table, marked as imported", async () => {
    await fc.assert(
      fc.asyncProperty(nonces, fc.array(text, { maxLength: 5 }), fc.array(number, { maxLength: 5 }), async (batch, texts, numbers) => {
        const folder = temporaryFolder();
        const from = join(folder, "a.db");
        const to = join(folder, "b.db");
        const runId = await recorded(from, batch, texts, numbers);
        const manifest = exportRun({ path: from, runId, folder: join(folder, "out"), format, wallMs: 77 });
        await recorded(to, numberedNonces(0, 3), [], []);
        const imported = await importRun({ path: to, folder: join(folder, "out"), wallMs: 99 });
        expect(imported).toBe(2);
        const [before, after] = [await inProcess(from), await inProcess(to)];
        expect(await everythingOf(after, imported)).toEqual(await everythingOf(before, runId));
        expect((await after.run(imported))?.imported).toEqual({ wallMs: 99, from: { run: runId, exportedMs: 77, format, imported: null } });
        expect((await after.run(1))?.imported).toBeNull();
        expect(manifest.files[`nonces.${format}`]?.rows).toBe(batch.length);
        await before.close();
        await after.close();
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 8 },
    );
  });

  test("more rows than fit into one piece", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.db");
    const runId = await recorded(path, numberedNonces(0, 70_000), [], []);
    exportRun({ path, runId, folder: join(folder, "out"), format, wallMs: 1 });
    const imported = await importRun({ path, folder: join(folder, "out"), wallMs: 2 });
    const store = await inProcess(path);
    expect(concatNonces(await store.nonceChunks(imported, 0, 1000))).toEqual(numberedNonces(0, 70_000));
    await store.close();
  });

  test("files that were changed, cut or lost since are refused, and nothing is imported", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.db");
    const runId = await recorded(path, numberedNonces(0, 30), [], []);
    const harm: [string, (out: string) => void][] = [
      ["EXPORT_DAMAGED", (out) => appendFileSync(join(out, `jobs.${format}`), "x")],
      [
        "EXPORT_DAMAGED",
        (out) => writeFileSync(join(out, `nonces.${format}`), readFileSync(join(out, `nonces.${format}`)).subarray(0, -9)),
      ],
      ["EXPORT_DAMAGED", (out) => unlinkSync(join(out, `samples.${format}`))],
      ["EXPORT_DAMAGED", (out) => writeFileSync(join(out, "run.json"), "{")],
      ["EXPORT_MISSING", (out) => unlinkSync(join(out, "run.json"))],
      ["EXPORT_NEWER", (out) => edit(out, (manifest) => ({ ...manifest, version: 2 }))],
      ["EXPORT_DAMAGED", (out) => edit(out, (manifest) => ({ ...manifest, files: {} }))],
      ["EXPORT_DAMAGED", (out) => edit(out, (manifest) => ({ ...manifest, export: "other" }))],
    ];
    for (const [at, [code, damage]] of harm.entries()) {
      const out = join(folder, `out-${at}`);
      exportRun({ path, runId, folder: out, format, wallMs: 1 });
      damage(out);
      await expect(importRun({ path, folder: out, wallMs: 2 }), String(at)).rejects.toThrow(coded(code));
    }
    const store = await inProcess(path);
    expect(await store.listRuns()).toHaveLength(1);
    await store.close();
  });
});

test("a run that goes on is exported as far as it was committed, and is interrupted where it is imported", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.db");
  const store = await inProcess(path);
  const runId = await store.startRun(newRun);
  store.addNonces(runId, numberedNonces(0, 10));
  await store.flush();
  store.addNonces(runId, numberedNonces(10, 10));
  exportRun({ path, runId, folder: join(folder, "out"), format: "csv", wallMs: 1 });
  await expect(importRun({ path, folder: join(folder, "out"), wallMs: 1 })).rejects.toThrow(coded("DATABASE_BUSY"));
  const other = join(folder, "b.db");
  await importRun({ path: other, folder: join(folder, "out"), wallMs: 1 });
  const read = await inProcess(other);
  expect(await read.run(1)).toMatchObject({ nonces: 10, status: "interrupted" });
  await read.close();
  await store.close();
});

test("an export never mixes with other files", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.db");
  const runId = await recorded(path, numberedNonces(0, 1), [], []);
  mkdirSync(join(folder, "full"));
  writeFileSync(join(folder, "full", "x"), "");
  const request = { path, runId, format: "csv", wallMs: 1 } as const;
  expect(() => exportRun({ ...request, folder: join(folder, "full") })).toThrow(coded("EXPORT_EXISTS"));
  expect(() => exportRun({ ...request, folder: join(folder, "full", "x") })).toThrow(coded("EXPORT_DENIED"));
  expect(() => exportRun({ ...request, runId: 9, folder: join(folder, "new") })).toThrow(coded("RUN_UNKNOWN"));
});

test("what other programs see: names and numbers as in the database", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.db");
  const runId = await recorded(path, numberedNonces(0, 2), ['say "hi"'], []);
  exportRun({ path, runId, folder: join(folder, "csv"), format: "csv", wallMs: 1 });
  exportRun({ path, runId, folder: join(folder, "parquet"), format: "parquet", wallMs: 1 });
  const csv = readFileSync(join(folder, "csv", "nonces.csv"), "utf8").split("\n");
  expect(csv[0]).toBe("t_ns,sigma_ns,chip,core,nonce,version_bits,job_seq,status,difficulty_log2,residual_ns");
  expect(csv[2]).toBe(`1000000001000000,0,0,0,1,0,0,0,0,${Math.sin(1) * 1000}`);
  expect(readFileSync(join(folder, "csv", "events.csv"), "utf8")).toContain('0,"info","s","say ""hi"""');
  const bytes = readFileSync(join(folder, "parquet", "nonces.parquet"));
  const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
  expect(rows[1]).toMatchObject({ t_ns: 1_000_000_001_000_000n, nonce: 1n, residual_ns: Math.sin(1) * 1000 });
  const { key_value_metadata: facts } = parquetMetadata(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  expect(facts).toEqual(
    expect.arrayContaining([
      { key: "origin", value: "hardware" },
      { key: "run", value: String(runId) },
    ]),
  );
  const db = new SqliteDatabase(path, { readonly: true });
  expect(db.prepare("SELECT count(*) FROM runs").pluck().get()).toBe(1);
  db.close();
});

function edit(out: string, change: (manifest: Record<string, unknown>) => unknown): void {
  const file = join(out, "run.json");
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)));
}
