/** The record of nonces against the obvious one: a SQLite row per nonce, by prepared statements, in transactions of the same moments, synchronous FULL. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { type NonceBatch, sliceNonces } from "../common/nonce-batch.ts";
import { openWritable } from "../telemetry/store/open-database.ts";
import { createReader } from "../telemetry/store/reader.ts";
import { createWriter } from "../telemetry/store/writer.ts";
import { type Bench, type BenchCase, lessIsBetter, median, moreIsBetter } from "./harness/bench.ts";
import { nonceStream } from "./harness/nonce-stream.ts";

const REPEATS = 5;
const COMMIT_INTERVAL_MS = 1000;
/** Nonces a transaction of the insert benchmark holds: a second at ten times what an S9 yields at difficulty 1. */
const INSERT_ROWS = 32_600;
const INSERT_COMMITS = 8;

/** What both sides can do: take what came in one commit interval, and give all of it back. */
interface Record {
  commit(batch: NonceBatch): void;
  /** Every column of every row; returns a sum, so that nothing is left out. */
  scan(): number;
  close(): void;
}

function chunked(file: string): Record {
  const { db, close } = openWritable(file, { maxBytes: null, wallMs: 0 });
  const writer = createWriter(db, { commitIntervalMs: COMMIT_INTERVAL_MS, nowMs: () => performance.now() });
  const reader = createReader(db);
  const runId = writer.startRun({ kind: "bench", origin: "twin", note: "", provenance: "{}", software: null, configSha256: null }, 0);
  return {
    commit: (batch) => void writer.commit({ nonces: [{ runId, batch }], jobs: [], setPoints: [], samples: [], events: [] }, 0),
    scan() {
      let sum = 0;
      for (let from = 0; ; from += 16) {
        const chunks = reader.nonceChunks(runId, from, 16);
        for (const { nonce } of chunks) sum += sumOf(nonce);
        if (chunks.length < 16) return sum;
      }
    },
    close() {
      writer.endRun(runId, "finished", null, 0);
      checkpoint(db);
      close();
    },
  };
}

/** On its own: as a part of each record's closure it would be compiled anew for each. */
function sumOf(nonces: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < nonces.length; i++) sum += nonces[i] as number;
  return sum;
}

function rowEach(file: string): Record {
  const db = new SqliteDatabase(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(`CREATE TABLE nonces (run INTEGER NOT NULL, t_ns INTEGER NOT NULL, sigma_ns INTEGER NOT NULL, chip INTEGER NOT NULL, core INTEGER NOT NULL,
    nonce INTEGER NOT NULL, version_bits INTEGER NOT NULL, job_seq INTEGER NOT NULL, status INTEGER NOT NULL, difficulty_log2 REAL, residual_ns REAL) STRICT`);
  const insert = db.prepare("INSERT INTO nonces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const all = db.prepare<[], number[]>("SELECT * FROM nonces").raw();
  const commit = db.transaction((b: NonceBatch) => {
    for (let i = 0; i < b.length; i++) {
      const where = [1, b.tNs[i], b.sigmaNs[i], b.chip[i], b.core[i], b.nonce[i]];
      insert.run(...where, b.versionBits[i], b.jobSeq[i], b.status[i], b.difficultyLog2[i], b.residualNs[i]);
    }
  });
  return {
    commit: (batch) => commit.immediate(batch),
    scan() {
      let sum = 0;
      for (const row of all.iterate()) sum += row[5] as number;
      return sum;
    },
    close() {
      checkpoint(db);
      db.close();
    },
  };
}

function checkpoint(db: Database): void {
  db.pragma("wal_checkpoint(TRUNCATE)");
}

const KINDS = { ours: chunked, peer: rowEach };
type Kind = keyof typeof KINDS;

/** Runs `measure` on a fresh record of each kind, ours and the peer's in turn. */
function inTurn<T>(repeats: number, measure: (open: (file: string) => Record, file: string) => T): { [K in Kind]: T[] } {
  const found: { [K in Kind]: T[] } = { ours: [], peer: [] };
  for (let round = 0; round < repeats; round++) {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const folder = mkdtempSync(path.join(tmpdir(), "bench-store-"));
      try {
        found[kind].push(measure(KINDS[kind], path.join(folder, "t.db")));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  return found;
}

function inCommits(batch: NonceBatch, rows: number): NonceBatch[] {
  return Array.from({ length: Math.ceil(batch.length / rows) }, (_, i) =>
    sliceNonces(batch, i * rows, Math.min((i + 1) * rows, batch.length)),
  );
}

/** Bytes this process has sent to the disk, file system included; 0 where the folder is in memory. */
function bytesWritten(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);
}

/** Size of the file, and what was written to get there, with commits each second and SQLite's own checkpoints. */
function atRate(board: "s9" | "bitaxe", perSecond: number, seconds: number): BenchCase[] {
  const commits = inCommits(nonceStream({ board, perSecond, count: perSecond * seconds }), perSecond);
  const { ours, peer } = inTurn(1, (open, file) => {
    const before = bytesWritten();
    const record = open(file);
    for (const batch of commits) record.commit(batch);
    record.close();
    return { size: statSync(file).size / (perSecond * seconds), written: (bytesWritten() - before) / (perSecond * seconds) };
  });
  const label = `${board} at ${perSecond}/s, a commit a second, ${seconds} s`;
  const value = (of: readonly { size: number; written: number }[], key: "size" | "written") => of[0]?.[key] ?? Number.NaN;
  return [
    lessIsBetter(`size: ${label}`, "B/nonce", value(ours, "size"), value(peer, "size")),
    lessIsBetter(`written to disk: ${label}`, "B/nonce", value(ours, "written"), value(peer, "written")),
  ];
}

interface Speeds {
  readonly insert: number;
  readonly cpu: number;
  readonly scan: number;
  readonly scanCpu: number;
}

function speeds(): BenchCase[] {
  const batch = nonceStream({ board: "s9", perSecond: INSERT_ROWS, count: INSERT_ROWS * INSERT_COMMITS });
  const commits = inCommits(batch, INSERT_ROWS);
  const expected = batch.nonce.reduce((sum, each) => sum + each, 0);
  const { ours, peer } = inTurn(REPEATS, (open, file) => {
    const record = open(file);
    const cpuBefore = process.cpuUsage();
    const commitMs = commits.map((each) => timed(() => record.commit(each)));
    const cpuSeconds = cpuSince(cpuBefore);
    const scanCpuBefore = process.cpuUsage();
    const scanMs = [0, 1, 2].map(() =>
      timed(() => {
        if (record.scan() !== expected) throw new Error("a scan does not give what was inserted");
      }),
    );
    const scanCpuSeconds = cpuSince(scanCpuBefore) / scanMs.length;
    record.close();
    return {
      insert: INSERT_ROWS / (median(commitMs) / 1000),
      cpu: batch.length / cpuSeconds,
      scan: batch.length / (median(scanMs) / 1000),
      scanCpu: batch.length / scanCpuSeconds,
    };
  });
  const of = (measured: readonly Speeds[], key: keyof Speeds) => median(measured.map((each) => each[key]));
  return [
    moreIsBetter(`insert, durable: ${INSERT_ROWS} nonces a commit`, "nonces/s", of(ours, "insert"), of(peer, "insert")),
    moreIsBetter("insert, by processor time", "nonces/s", of(ours, "cpu"), of(peer, "cpu")),
    moreIsBetter(`scan: all columns of ${batch.length} nonces`, "nonces/s", of(ours, "scan"), of(peer, "scan")),
    moreIsBetter("scan, by processor time", "nonces/s", of(ours, "scanCpu"), of(peer, "scanCpu")),
  ];
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

export const bench: Bench = {
  about: "nonces as chunks of columns against a SQLite row each: size, bytes written to disk, insert (durable, synchronous FULL), scan",
  async run() {
    return [...speeds(), ...atRate("s9", 3300, 120), ...atRate("bitaxe", 120, 1800)];
  },
};
