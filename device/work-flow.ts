/** The jobs that a rig sends, through all chains of its life: steady, upon answers (a dialogue), or the same once more. They leave under the sentinel's lease. */
import type { JobRecord } from "../common/block-header.ts";
import type { Clock } from "../common/clock.ts";
import { DriverError } from "../common/errors.ts";
import type { Lease } from "../drivers/boards/lease.ts";
import type { Chain, Hardware, Work, WorkDialogue, WorkDialogueOptions, WorkEvents } from "./hardware/hardware.ts";
import type { WorkPass } from "./hardware/work-pass.ts";

export interface WorkFlowParts extends WorkEvents {
  readonly clock: Clock;
  readonly lease: Lease;
}

export class WorkFlow {
  readonly #parts: WorkFlowParts;
  #work: Work | null = null;
  /** Jobs count on across restarts of the chain: within a run no number comes twice. */
  #nextJobSeq = 0;

  constructor(parts: WorkFlowParts) {
    this.#parts = parts;
  }

  get nextJobSeq(): number {
    return this.#nextJobSeq;
  }

  /** Whether the works of a pump are replayed instead of a job. */
  get replays(): boolean {
    return this.#work?.again !== undefined;
  }

  /** Resolves when the first job has left; DriverError LEASE_EXPIRED before anything is sent. */
  async start(hardware: Hardware, chain: Chain): Promise<void> {
    const { lease, failed, note } = this.#parts;
    const work = hardware.workFor(chain, { jobs: (jobs) => this.#noteJobs(jobs), failed, note });
    this.#work = work;
    lease.require("send jobs");
    work.start();
    this.#renewFromLease(work);
    await work.fresh();
  }

  stop(): void {
    this.#work?.stop();
  }

  /** The ports are closed: what was sent through them is over. */
  forget(): void {
    this.#work = null;
  }

  renewLease(ttlMs: number): void {
    this.#work?.renewLease(ttlMs);
  }

  async fresh(): Promise<void> {
    await this.#work?.fresh();
  }

  /** DriverError DIALOGUE_REFUSED where jobs do not wait for answers, NOT_RUNNING where none flow. */
  startDialogue(options: WorkDialogueOptions): WorkDialogue {
    const work = this.#flowing();
    if (work.startDialogue) return work.startDialogue(options);
    throw new DriverError("DIALOGUE_REFUSED", "This board's jobs do not wait for answers.", "Use another mode.");
  }

  /** DriverError NOT_RUNNING where none can be replayed. */
  async again(signal?: AbortSignal): Promise<WorkPass> {
    const work = this.#flowing();
    if (!work.again) throw new DriverError("NOT_RUNNING", "There is no pump whose works could be sent again.", "Use a board with BM1387.");
    const pass = await work.again(this.#parts.clock, signal);
    this.#renewFromLease(work);
    return pass;
  }

  #renewFromLease(work: Work): void {
    work.renewLease(Math.floor(this.#parts.lease.remainingMs()));
  }

  #flowing(): Work {
    if (this.#work !== null) return this.#work;
    throw new DriverError("NOT_RUNNING", "No jobs flow to this board.", "Bring the board up first.");
  }

  #noteJobs(jobs: readonly JobRecord[]): void {
    const last = jobs.at(-1);
    if (last) this.#nextJobSeq = last.jobSeq + 1;
    this.#parts.jobs(jobs);
  }
}
