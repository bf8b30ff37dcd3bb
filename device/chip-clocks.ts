/** Each chip's true clock while a run goes on: the stopwatch fed with what the rig sends and receives. */
import type { JobRecord } from "../common/block-header.ts";
import type { NonceBatch } from "../common/nonce-batch.ts";
import { type ChipClock, Stopwatch } from "../drivers/stopwatch/stopwatch.ts";
import { LiveJobs } from "./live-jobs.ts";

export interface ChipClocks {
  /** By the stopwatch's fit over the last nonces of each chip since the last set-point. */
  readonly chips: readonly ChipClock[];
  /** How late jobs really started against what was reckoned, of those with enough nonces: median and largest, ns; null when there are none. */
  readonly jobStarts: { readonly jobs: number; readonly medianNs: number; readonly largestNs: number } | null;
}

export class ChipClockWatch {
  readonly #stopwatch = new Stopwatch();
  readonly #jobs = new LiveJobs();

  /** As many jobs as are remembered. */
  get remembered(): number {
    return this.#jobs.size;
  }

  jobs(jobs: readonly JobRecord[]): void {
    this.#jobs.add(jobs);
  }

  nonces(batch: NonceBatch): void {
    this.#stopwatch.add(batch, (jobSeq) => this.#jobs.get(jobSeq));
  }

  /** Another set-point, or another run: what was learnt holds no longer. */
  restart(): void {
    this.#stopwatch.restart();
  }

  report(): ChipClocks {
    return reportOf(this.#stopwatch);
  }
}

/** The same from a record: all nonces of a run and the jobs they belong to. Set-points that changed within it blur the fit. */
export function chipClocksOf(batches: readonly NonceBatch[], jobs: readonly JobRecord[]): ChipClocks {
  const stopwatch = new Stopwatch();
  const bySeq = new Map(jobs.map((job) => [job.jobSeq, job]));
  for (const batch of batches) stopwatch.add(batch, (jobSeq) => bySeq.get(jobSeq));
  return reportOf(stopwatch);
}

function reportOf(stopwatch: Stopwatch): ChipClocks {
  const late = stopwatch.jobs().map(({ lateNs }) => lateNs);
  const sorted = Float64Array.from(late).sort();
  return {
    chips: stopwatch.chips(),
    jobStarts:
      late.length === 0
        ? null
        : {
            jobs: late.length,
            medianNs: sorted[sorted.length >> 1] as number,
            largestNs: late.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0),
          },
  };
}
