/** The record of a rehearsal: a run of origin twin in the database beside the report, from which its numbers are read back. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { JobRecord } from "../../../common/block-header.ts";
import type { Clock } from "../../../common/clock.ts";
import type { NonceBatch } from "../../../common/nonce-batch.ts";
import { openStore } from "../../../telemetry/store/client.ts";
import type { Store } from "../../../telemetry/store/store.ts";
import { SOFTWARE } from "../../version.ts";
import type { StoredRows } from "../claim.ts";
import { EVIDENCE_DATABASE, storedRows } from "../evidence/stored-rows.ts";

export class RehearsalRecord {
  readonly folder: string;
  readonly #store: Store;
  #run: number | null = null;

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.#store = store;
  }

  static async open(folder: string, clock: Clock): Promise<RehearsalRecord> {
    mkdirSync(folder, { recursive: true });
    const store = await openStore({ path: path.join(folder, EVIDENCE_DATABASE), commitIntervalMs: 1000, clock, inProcess: true });
    return new RehearsalRecord(folder, store);
  }

  async begin(note: string, provenance: Record<string, unknown>): Promise<number> {
    this.#run = await this.#store.startRun({ kind: "rehearsal", origin: "twin", note, provenance: { ...provenance, software: SOFTWARE } });
    return this.#run;
  }

  /** The last run of the very same making that came to its end; null without. */
  async finished(note: string, provenance: Record<string, unknown>): Promise<number | null> {
    const wanted = JSON.stringify({ ...provenance, software: SOFTWARE });
    const runs = (await this.#store.listRuns()).filter((run) => run.note === note && run.status === "finished");
    for (const { id } of runs.reverse()) if (JSON.stringify((await this.#store.run(id))?.provenance) === wanted) return id;
    return null;
  }

  /** Jobs are kept that have an answer: an S9 gets hundreds a second. */
  nonces(batch: NonceBatch, jobs: readonly JobRecord[]): void {
    const answered = new Set(batch.jobSeq);
    this.#store.addJobs(
      this.#open,
      jobs.filter(({ jobSeq }) => answered.has(jobSeq)),
    );
    this.#store.addNonces(this.#open, batch);
  }

  async result(kind: string, value: unknown): Promise<void> {
    await this.#store.putResult(this.#open, kind, "twin", value);
  }

  /** What was kept of this run, by id. */
  async end(): Promise<StoredRows[]> {
    const run = this.#open;
    await this.#store.endRun(run, "finished");
    await this.#store.flush();
    this.#run = null;
    return this.rowsOf(run);
  }

  rowsOf(run: number): StoredRows[] {
    return (["nonce_chunks", "results"] as const).flatMap((table) => storedRows(this.folder, run, table) ?? []);
  }

  /** Everything is on the disk afterwards. A run that has not ended stays one that was cut off. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async resultOf(run: number, kind: string): Promise<unknown> {
    return (await this.#store.results(run)).find((result) => result.kind === kind)?.value;
  }

  /** Nonces of a run that has ended, in order of time: from the database, not from memory. */
  async noncesOf(run: number, from = 0, count = Number.MAX_SAFE_INTEGER): Promise<NonceBatch> {
    return this.#store.nonceRows(run, from, count);
  }

  get #open(): number {
    if (this.#run === null) throw new Error("no rehearsal has begun");
    return this.#run;
  }
}
