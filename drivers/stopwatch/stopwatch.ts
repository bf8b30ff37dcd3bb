/**
 * A nonce is a stopwatch: what remains of its arrival time when the chip's sweep is taken off tells the chip's true clock (the slope against the
 * time into the job), what is constant on the way (the offset), when its job really started, and the jitter that a claim may talk about.
 * DESIGN section 1.2; specs/bm1366.md 4.7, specs/bm1387.md 3.6
 */
import type { JobRecord } from "../../common/block-header.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { type Line, medianInPlace, robustLine } from "./robust-line.ts";
import { studentQuantile975 } from "./student.ts";

export interface ChipClock {
  readonly chip: number;
  /** Nonces it rests on, and those too far off to have a say. */
  readonly nonces: number;
  readonly outliers: number;
  /** Constant part of the residual, ns, with its standard error. */
  readonly offsetNs: number;
  readonly offsetSeNs: number;
  /**
   * The chip's true clock against its nominal one, by this host's clock, parts per million: positive runs fast. null where its interval is so wide that it says
   * nothing: jobs of milliseconds, stamped to half of one, tell no clock.
   */
  readonly ppm: number | null;
  /** Where the true value lies in 95 of 100 cases; jobs, whose starts are known with an error each, count as the independent units. */
  readonly ppmInterval: readonly [number, number] | null;
  /** Robust standard deviation of what is left, ns. */
  readonly jitterNs: number;
}

export interface JobStart {
  readonly jobSeq: number;
  readonly nonces: number;
  /** How much later than reckoned the job started: the median of what its nonces have in common, ns. */
  readonly lateNs: number;
}

/** Half of an interval that still says something, ppm. GUESS: ten times what any crystal is off. */
const WIDEST_PPM = 1000;
/** Nonces that a fit rests on, by chip: enough for a few ppm, few enough to follow a drifting crystal. */
const WINDOW = 2048;
/** A job's own start is told from so many of its nonces. */
const NONCES_PER_JOB = 8;

/** The last nonces of one chip, as columns. */
class Window {
  readonly intoJobNs = new Float64Array(WINDOW);
  readonly residualNs = new Float64Array(WINDOW);
  readonly jobSeq = new Uint32Array(WINDOW);
  count = 0;
  /** As of `count` nonces. */
  fit: { readonly count: number; readonly line: Line | null } | null = null;

  add(intoJobNs: number, residualNs: number, jobSeq: number): void {
    const at = this.count++ % WINDOW;
    this.intoJobNs[at] = intoJobNs;
    this.residualNs[at] = residualNs;
    this.jobSeq[at] = jobSeq;
  }

  line(): Line | null {
    if (this.fit?.count !== this.count) {
      const n = Math.min(this.count, WINDOW);
      const columns = [this.intoJobNs.subarray(0, n), this.residualNs.subarray(0, n), this.jobSeq.subarray(0, n)] as const;
      this.fit = { count: this.count, line: robustLine(...columns) };
    }
    return this.fit.line;
  }
}

/** Online: add batches as they come, ask at any time. Works on stored runs as well, for it needs nothing but nonces and their jobs. */
export class Stopwatch {
  readonly #chips = new Map<number, Window>();

  /** Valid nonces with a residual, of jobs that `jobOf` knows; others do not count. */
  add(batch: NonceBatch, jobOf: (jobSeq: number) => Pick<JobRecord, "sentNs"> | undefined): void {
    for (let row = 0; row < batch.length; row++) {
      const residualNs = batch.residualNs[row] as number;
      if (batch.status[row] !== STATUS.valid || !Number.isFinite(residualNs)) continue;
      const jobSeq = batch.jobSeq[row] as number;
      const job = jobOf(jobSeq);
      if (job === undefined) continue;
      const chip = batch.chip[row] as number;
      const window = this.#chips.get(chip) ?? new Window();
      this.#chips.set(chip, window);
      window.add(Number((batch.tNs[row] as bigint) - job.sentNs) - residualNs, residualNs, jobSeq);
    }
  }

  /** Set-points changed: what was learnt holds no longer. */
  restart(): void {
    this.#chips.clear();
  }

  /** One chip's clock; null before there are enough nonces of enough jobs. */
  chip(chip: number): ChipClock | null {
    const line = this.#chips.get(chip)?.line();
    if (!line) return null;
    const ppm = ppmOf(line.slope);
    const half = studentQuantile975(line.groups - 1) * line.slopeSe * 1e6;
    const told = half <= WIDEST_PPM;
    return {
      chip,
      nonces: line.n,
      outliers: line.outliers,
      offsetNs: line.offset,
      offsetSeNs: line.offsetSe,
      ppm: told ? ppm : null,
      ppmInterval: told ? [ppm - half, ppm + half] : null,
      jitterNs: line.scale,
    };
  }

  /** All chips that can be told, in order. */
  chips(): ChipClock[] {
    return [...this.#chips.keys()]
      .sort((a, b) => a - b)
      .map((chip) => this.chip(chip))
      .filter((clock) => clock !== null);
  }

  /** When jobs really started, of those with enough nonces in the windows, in order. */
  jobs(): JobStart[] {
    const left = new Map<number, number[]>();
    for (const window of this.#chips.values()) {
      const line = window.line();
      if (!line) continue;
      for (let at = 0; at < Math.min(window.count, WINDOW); at++) {
        const jobSeq = window.jobSeq[at] as number;
        const of = left.get(jobSeq) ?? [];
        of.push((window.residualNs[at] as number) - line.offset - line.slope * (window.intoJobNs[at] as number));
        left.set(jobSeq, of);
      }
    }
    return [...left]
      .filter(([, values]) => values.length >= NONCES_PER_JOB)
      .sort(([a], [b]) => a - b)
      .map(([jobSeq, values]) => ({ jobSeq, nonces: values.length, lateNs: medianInPlace(Float64Array.from(values)) }));
  }

  /**
   * What is left of each nonce's residual when its chip's clock and offset are taken off, ns, one number per row; NaN where it cannot be told
   * (yet). The start of its job is still in it: see `jobs`.
   */
  remainderNs(batch: NonceBatch, jobOf: (jobSeq: number) => Pick<JobRecord, "sentNs"> | undefined): Float64Array {
    return Float64Array.from({ length: batch.length }, (_, row) => {
      const residualNs = batch.residualNs[row] as number;
      const line = this.#chips.get(batch.chip[row] as number)?.line();
      const job = jobOf(batch.jobSeq[row] as number);
      if (!line || !job) return Number.NaN;
      return residualNs - line.offset - line.slope * (Number((batch.tNs[row] as bigint) - job.sentNs) - residualNs);
    });
  }
}

/** A residual that grows by `slope` ns per ns of nominal time means a clock slower by that. */
function ppmOf(slope: number): number {
  return (1 / (1 + slope) - 1) * 1e6;
}
