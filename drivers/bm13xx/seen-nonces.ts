/** As many as a BM1387's registry can still tell a nonce's job among: 128 ids, 128 generations of each (bm1387/job-registry.ts). */
const MOST_JOBS = 1 << 14;
const MOST_NONCES = 1 << 18;

/**
 * Remembers which nonces were seen for which job, up to `mostNonces` in all and `mostJobs` jobs; beyond that the oldest job's are forgotten first. A nonce
 * with the 16 bits of its version field fits a double exactly, which makes a key without a string.
 */
export class SeenNonces {
  readonly #mostNonces: number;
  readonly #mostJobs: number;
  readonly #byJob = new Map<number, Set<number>>();
  #size = 0;

  constructor({ mostNonces = MOST_NONCES, mostJobs = MOST_JOBS } = {}) {
    this.#mostNonces = mostNonces;
    this.#mostJobs = mostJobs;
  }

  get size(): number {
    return this.#size;
  }

  /** true when this (job, nonce, version field) is new; it is remembered then. */
  add(jobSeq: number, nonce: number, versionField: number): boolean {
    const key = versionField * 2 ** 32 + nonce;
    const seen = this.#byJob.get(jobSeq) ?? new Set();
    if (seen.has(key)) return false;
    seen.add(key);
    this.#byJob.set(jobSeq, seen);
    this.#size++;
    if (this.#size > this.#mostNonces) this.#forgetOne();
    if (this.#byJob.size > this.#mostJobs) this.#forgetJob();
    return true;
  }

  /** At a nonce or two a job it would be days until there are too many nonces. */
  #forgetJob(): void {
    const [oldest] = this.#byJob;
    if (oldest === undefined) return;
    const [jobSeq, { size }] = oldest;
    this.#size -= size;
    this.#byJob.delete(jobSeq);
  }

  #forgetOne(): void {
    for (const [jobSeq, seen] of this.#byJob) {
      for (const key of seen) {
        seen.delete(key);
        this.#size--;
        if (seen.size === 0) this.#byJob.delete(jobSeq);
        return;
      }
    }
  }
}
