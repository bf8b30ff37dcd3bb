/** The commands on a record, as a person types them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allocateNonces, NO_JOB, STATUS } from "../../../common/nonce-batch.ts";
import { openStore } from "../../../telemetry/store/client.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-runs-"));
const db = path.join(folder, "t.db");

/** From source, so that it needs no build. */
function runs(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "device/cli/main.ts", "runs", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr, json: () => JSON.parse(stdout) };
}

beforeAll(async () => {
  const store = await openStore({ path: db, inProcess: true });
  const runId = await store.startRun({
    kind: "sweep",
    origin: "twin",
    note: "n",
    provenance: { software: "asic-reservoir 9", config: { a: 1 } },
  });
  const batch = allocateNonces(50);
  batch.status.fill(STATUS.unknownJob);
  batch.jobSeq.fill(NO_JOB);
  store.addNonces(runId, batch);
  await store.endRun(runId, "finished");
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("runs", () => {
  it("shows what made the run", () => {
    const { stdout } = runs("show", "1", "--store", db);
    expect(stdout).toMatch(/software asic-reservoir 9\n\s+config {3}SHA-256 [0-9a-f]{64}\n\s+commits {2}within 1000 ms/);
  });

  it("reverify is verify", () => {
    expect(runs("reverify", "1", "--store", db, "--json").json()).toMatchObject({ nonces: 50, contradicted: 0, origin: "twin" });
  });

  it("backs up, and the backup is sound", () => {
    const copy = path.join(folder, "copy.db");
    expect(runs("backup", copy, "--store", db)).toMatchObject({ status: 0 });
    expect(runs("integrity", "--store", copy, "--json").json()).toEqual({ runs: 1, chunks: 1, nonces: 50, problems: [] });
    expect(runs("backup", copy, "--store", db)).toMatchObject({ status: 3, stderr: expect.stringContaining("BACKUP_EXISTS") });
  });

  it("integrity says what is damaged and ends with 1", () => {
    const copy = path.join(folder, "damaged.db");
    runs("backup", copy, "--store", db);
    const damaged = new SqliteDatabase(copy);
    damaged.exec("UPDATE nonce_chunks SET columns = zeroblob(64)");
    damaged.close();
    expect(runs("integrity", "--store", copy)).toMatchObject({ status: 1, stdout: expect.stringContaining("run 1, chunk 0") });
  });

  it.each(["csv", "parquet"])("a run goes out as %s and into another record, which says where it is from", (format) => {
    const out = path.join(folder, format);
    const other = path.join(folder, `${format}.db`);
    expect(runs("export", "1", "--format", format, "--out", out, "--store", db)).toMatchObject({ status: 0 });
    expect(existsSync(path.join(out, `nonces.${format}`))).toBe(true);
    expect(runs("import", out, "--store", other, "--json").json()).toEqual({ path: other, runId: 1 });
    expect(runs("show", "1", "--store", other, "--json").json()).toMatchObject({
      origin: "twin",
      nonces: 50,
      imported: { from: { run: 1, format } },
    });
    expect(runs("show", "1", "--store", other).stdout).toContain("from run 1 of another record");
  });
}, 60_000);
