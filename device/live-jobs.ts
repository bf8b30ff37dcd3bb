/** Jobs that were sent and whose nonces may still come; those before them are forgotten. */
import type { JobRecord } from "../common/block-header.ts";

/** Nonces may come for jobs sent this long ago, and for the last few in any case (specs/bm1366.md 4.3, 8.15). */
const LIVE_NS = 10_000_000_000n;
const LIVE_JOBS = 32;

export class LiveJobs {
  readonly #jobs = new Map<number, JobRecord>();

  get size(): number {
    return this.#jobs.size;
  }

  get(jobSeq: number): JobRecord | undefined {
    return this.#jobs.get(jobSeq);
  }

  /** `forgotten` hears of each that goes. */
  add(jobs: readonly JobRecord[], forgotten: (jobSeq: number) => void = () => {}): void {
    for (const job of jobs) this.#jobs.set(job.jobSeq, job);
    const last = jobs.at(-1);
    if (last === undefined) return;
    // By the jobs' own time: a host that stood still for longer than that still has their nonces before it.
    const fromNs = last.sentNs - LIVE_NS;
    for (const [jobSeq, job] of this.#jobs) {
      if (this.#jobs.size <= LIVE_JOBS || job.sentNs >= fromNs) break;
      this.#jobs.delete(jobSeq);
      forgotten(jobSeq);
    }
  }
}
