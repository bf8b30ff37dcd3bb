/** Joins what a rig says to the record (store) and to whoever is watching (hub): which run a nonce belongs to, how often a number is shown. */
import type { JobRecord } from "../common/block-header.ts";
import { type Clock, elapsedMs } from "../common/clock.ts";
import { concatNonces, countByStatus, NONCE_STATUSES, type NonceBatch } from "../common/nonce-batch.ts";
import type { Origin } from "../common/origin.ts";
import type { Hub } from "../telemetry/hub.ts";
import type { LogEvent, Readings, RunSummary, SetPoint } from "../telemetry/messages.ts";
import type { Store } from "../telemetry/store/store.ts";
import { ClockAnchors, type StoredAnchor } from "./clock-anchors.ts";
import { LiveJobs } from "./live-jobs.ts";

/** Nonces are shown in batches of so long, the greatest part of their way to a screen (bench/pixels.ts); the store gets everything. */
const SHOW_PERIOD_MS = 40;
const TOTALS_PERIOD_MS = 250;
const SAMPLE_PERIOD_MS = 1000;

export interface RunResult {
  readonly kind: string;
  readonly value: unknown;
}

/** What is said of every run. */
export interface MadeBy {
  readonly origin: Origin;
  /** `software`, `config` and the like: how each was made, whatever its kind. */
  readonly provenance: Record<string, unknown>;
}

export class Recorder {
  readonly #store: Store;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #origin: Origin;
  readonly #provenance: Record<string, unknown>;
  readonly #lastResults: () => readonly RunResult[];
  readonly #anchors: ClockAnchors;
  #run: RunSummary | null = null;
  /** Takes the nonces: still the run that ends, until the record is told to close it. */
  #taking: number | null = null;
  readonly #jobs = new LiveJobs();
  /** Which of them the current run has stored. */
  readonly #stored = new Set<number>();
  /** What arrived after one run ended and before the next began, a matter of milliseconds: it goes to the next, whose jobs include theirs. */
  #between: NonceBatch[] = [];
  #unshown: NonceBatch[] = [];
  #totals = countByStatus({ status: new Uint8Array(0) } as NonceBatch);
  #shownNs: bigint;
  #totalsNs: bigint;
  #sampledNs: bigint;

  /** `lastResults`: what is known of a run only when it ends. */
  constructor(store: Store, hub: Hub, clock: Clock, { origin, provenance }: MadeBy, lastResults: () => readonly RunResult[] = () => []) {
    this.#provenance = provenance;
    this.#lastResults = lastResults;
    this.#store = store;
    this.#hub = hub;
    this.#clock = clock;
    this.#anchors = new ClockAnchors(clock);
    this.#origin = origin;
    this.#shownNs = this.#totalsNs = this.#sampledNs = clock.nowNs();
    store.onLate((statedMs) =>
      this.log("warning", "store", `the disk holds up the record: rows of ${statedMs} ms ago, as old as is stated, are not on it yet`),
    );
    store.onLateOver(({ statedMs, commits, lastedMs, worstAgeMs }) => {
      const late = `${commits} ${commits === 1 ? "commit was" : "commits were"} late in ${(lastedMs / 1000).toFixed(1)} s`;
      this.log(
        "info",
        "store",
        `the disk keeps up again: ${late}, a row at the worst ${worstAgeMs.toFixed(0)} ms old where ${statedMs} ms are stated`,
      );
    });
  }

  get runId(): number | null {
    return this.#run?.id ?? null;
  }

  /** Starts a run; from here on everything belongs to it. The former one must have ended. `its`: what else tells how it is made. */
  async begin(kind: string, note: string, its: Record<string, unknown> = {}): Promise<number> {
    const provenance = { ...this.#provenance, ...its };
    const id = await this.#store.startRun({ kind, origin: this.#origin, note, provenance });
    this.#run = { id, kind, origin: this.#origin, status: "running", startedWallMs: this.#clock.wallMs(), endedWallMs: null, note };
    this.#taking = id;
    this.#stored.clear();
    for (const batch of this.#between) this.#keep(id, batch);
    if (this.#between.length > 0) this.#store.betweenRuns(0, null);
    this.#between = [];
    this.#hub.publish("run", this.#run);
    this.log("info", "record", `run ${id} begins: ${kind}, ${note}`);
    void this.#anchor(id, this.#anchors.restart());
    return id;
  }

  async end(status: RunSummary["status"], note?: string): Promise<void> {
    if (!this.#run) return;
    const run = { ...this.#run, status, endedWallMs: this.#clock.wallMs(), note: note ?? this.#run.note };
    this.log("info", "record", `run ${run.id} ${status}: ${run.note}`);
    const anchored = this.#anchor(run.id, this.#anchors.take());
    this.#run = null;
    this.#show();
    await anchored;
    for (const { kind, value } of this.#lastResults()) await this.#store.putResult(run.id, kind, this.#origin, value);
    this.#taking = null;
    await this.#store.endRun(run.id, status, note);
    this.#hub.publish("run", run);
  }

  /** Jobs that were sent. A job is stored with the first nonce that refers to it: an S9 gets hundreds a second, most of which yield none. */
  jobs(jobs: readonly JobRecord[]): void {
    this.#jobs.add(jobs, (jobSeq) => this.#stored.delete(jobSeq));
  }

  nonces(batch: NonceBatch): void {
    if (this.#taking !== null) this.#keep(this.#taking, batch);
    else this.#hold(batch);
    this.#anchorWhenDue();
    const counts = countByStatus(batch);
    for (const status of NONCE_STATUSES) this.#totals[status] += counts[status];
    this.#unshown.push(batch);
    if (elapsedMs(this.#clock, this.#shownNs) >= SHOW_PERIOD_MS) this.#show();
  }

  /** Until the next run begins: a kill loses them, and the record is to say how many they were. */
  #hold(batch: NonceBatch): void {
    this.#between.push(batch);
    const nonces = this.#between.reduce((sum, held) => sum + held.length, 0);
    this.#store.betweenRuns(nonces, batch.tNs[batch.length - 1] ?? null);
  }

  /** Readings of the sentinel's loop: shown as they come, stored once a second. */
  readings(readings: Readings, setPoint: SetPoint | null, tNs: bigint): void {
    this.#hub.publish("readings", readings);
    this.#anchorWhenDue();
    if (elapsedMs(this.#clock, this.#sampledNs) < SAMPLE_PERIOD_MS) return;
    this.#sampledNs = this.#clock.nowNs();
    this.sample(readings, setPoint, tNs);
  }

  /** One sample into the record, whatever its rate. */
  sample(readings: Readings, setPoint: SetPoint | null, tNs: bigint): void {
    if (this.#run) this.#store.addSample(this.#run.id, { tNs, setPoint, readings });
  }

  /** A set-point that was read back; whoever asked for another one knows it. */
  setPoint(readBack: SetPoint): void {
    if (this.#run) this.#store.addSetPoint(this.#run.id, { tNs: this.#clock.nowNs(), wallMs: this.#clock.wallMs(), readBack, asked: null });
  }

  log(level: LogEvent["level"], source: string, text: string): void {
    const event: LogEvent = { wallMs: this.#clock.wallMs(), level, source, text };
    this.#hub.publish("event", event);
    this.#store.addEvent(this.runId, event);
  }

  /** Commits a result of the current run. */
  async result(kind: string, value: unknown): Promise<void> {
    if (this.#run) await this.#store.putResult(this.#run.id, kind, this.#origin, value);
  }

  /** With what comes in anyway, so that no timer outlives the run. */
  #anchorWhenDue(): void {
    if (!this.#run) return;
    const anchor = this.#anchors.due();
    if (anchor !== null) void this.#anchor(this.#run.id, anchor);
  }

  /** An anchor informs; a run goes on without it. */
  async #anchor(runId: number, anchor: StoredAnchor): Promise<void> {
    if (anchor.stepped)
      this.log("warning", "record", `the wall clock was set by ${((anchor.gainedNs ?? 0) / 1e6).toFixed(1)} ms; time-stamps are not`);
    await this.#store.putResult(runId, "clock-anchor", this.#origin, anchor).catch((error: unknown) => {
      this.log("warning", "record", `a clock anchor could not be stored: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  #keep(runId: number, batch: NonceBatch): void {
    const wanted: JobRecord[] = [];
    for (const jobSeq of batch.jobSeq) {
      const job = this.#jobs.get(jobSeq);
      if (!job || this.#stored.has(jobSeq)) continue;
      this.#stored.add(jobSeq);
      wanted.push(job);
    }
    if (wanted.length > 0) this.#store.addJobs(runId, wanted);
    this.#store.addNonces(runId, batch);
  }

  #show(): void {
    this.#shownNs = this.#clock.nowNs();
    if (this.#unshown.length > 0) this.#hub.publishNonces(concatNonces(this.#unshown));
    this.#unshown = [];
    if (elapsedMs(this.#clock, this.#totalsNs) < TOTALS_PERIOD_MS && this.#run) return;
    this.#totalsNs = this.#clock.nowNs();
    this.#hub.publish("totals", { ...this.#totals });
  }
}
