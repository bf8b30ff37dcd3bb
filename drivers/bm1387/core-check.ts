import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { CORES } from "./nonce.ts";
import { expectedNoncesPerSecond } from "./rate.ts";
import { type Sweep, sliceCounts } from "./sweep-model.ts";

/** Nonces awaited from each chip at difficulty 1: with all cores open, 5 or fewer come less than once in a hundred thousand checks. */
const NONCES_PER_CHIP = 24;
/** A count so unlikely with all cores open is a fault. */
const UNLIKELY = 1e-6;
/** The whole chain's count may fall short of the expected one by so many standard deviations. */
const SIGMAS = 6;

/** How long works must run to tell open cores from closed ones, ms. */
export function coreCheckMs(frequenciesMhz: readonly number[]): number {
  return (1000 * NONCES_PER_CHIP) / expectedNoncesPerSecond([Math.min(...frequenciesMhz)], 1);
}

/** Work number n of a core check: any header will do, as long as each is another one. */
export function coreCheckFields(n: number): HeaderFields {
  const merkleRoot = new Uint8Array(32);
  new DataView(merkleRoot.buffer).setUint32(0, n);
  return { version: 0x2000_0000, prevHash: new Uint8Array(32), merkleRoot, ntime: 0x5d17_465b, nbits: 0x1d00_ffff };
}

/** The largest count so low that a Poisson process of this mean stays at or below it with a chance of less than UNLIKELY; -1 when none is. */
export function suspiciousCount(mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  let k = 0;
  while (sum < UNLIKELY) {
    k++;
    term *= mean / k;
    sum += term;
  }
  return k - 1;
}

/**
 * Which cores of which chips were seen to work. A chip is credited with a nonce of a work too short for any other chip to have come by, however late the answer is;
 * on longer works only with one that came when the sweep model says, give or take half a slice: later ones may be of the chip before, and would make a
 * dead chip look alive.
 */
export class CoreCensus {
  readonly #slicesNs: readonly number[];
  /** By nonce: chip, work, and whether it came in time. */
  readonly #found: { readonly chip: number; readonly jobSeq: number; readonly inTime: boolean }[] = [];
  readonly #cores = new Set<number>();
  readonly #lastedNs = new Map<number, number>();
  #newest: { readonly jobSeq: number; readonly sentNs: bigint } | null = null;

  constructor(sweep: Sweep) {
    const counts = sliceCounts(sweep.frequenciesMhz.length);
    this.#slicesNs = sweep.frequenciesMhz.map((mhz) => (counts * sweep.midstates * 1000) / mhz);
  }

  /** A work has left; it lasts until the next one. */
  sent({ jobSeq, sentNs }: Pick<JobRecord, "jobSeq" | "sentNs">): void {
    if (this.#newest) this.#lastedNs.set(this.#newest.jobSeq, Number(sentNs - this.#newest.sentNs));
    this.#newest = { jobSeq, sentNs };
  }

  /** Every nonce of a known job speaks for its core, even a wrong one. */
  readonly add = (batch: NonceBatch): void => {
    for (let row = 0; row < batch.length; row++) {
      if (batch.status[row] === STATUS.unknownJob) continue;
      const chip = batch.chip[row] as number;
      this.#cores.add(batch.core[row] as number);
      const inTime = Math.abs(batch.residualNs[row] as number) < (this.#slicesNs[chip] ?? 0) / 2;
      this.#found.push({ chip, jobSeq: batch.jobSeq[row] as number, inTime });
    }
  };

  /** Nonces credited to each chip. */
  #credited(): number[] {
    const counts = Array<number>(this.#slicesNs.length).fill(0);
    for (const { chip, jobSeq, inTime } of this.#found) {
      const alone = (this.#lastedNs.get(jobSeq) ?? Number.POSITIVE_INFINITY) <= (this.#slicesNs[chip] ?? 0);
      if (alone || inTime) counts[chip] = (counts[chip] ?? 0) + 1;
    }
    return counts;
  }

  /** Share of the nonces that speak for their chip: small where works come late because the host is busy. */
  get share(): number {
    return this.#credited().reduce((sum, count) => sum + count, 0) / Math.max(1, this.#found.length);
  }

  /** CORES_CLOSED when chips at these clocks gave fewer nonces at difficulty 1 than open cores would, else null. specs/bm1387.md 3.5, 7.10 */
  fault(frequenciesMhz: readonly number[], seconds: number): DriverError | null {
    const expected = frequenciesMhz.map((mhz) => expectedNoncesPerSecond([mhz], 1) * seconds);
    const total = this.#found.length;
    const counts = this.#credited();
    const share = this.share;
    const expectedTotal = expected.reduce((sum, mean) => sum + mean, 0);
    const dull = counts.flatMap((count, chip) => (count <= suspiciousCount((expected[chip] as number) * share) ? [chip] : []));
    if (dull.length === 0 && total >= expectedTotal - SIGMAS * Math.sqrt(expectedTotal)) return null;
    const openShare = total / expectedTotal;
    return new DriverError(
      "CORES_CLOSED",
      `Of ${Math.round(expectedTotal)} nonces that ${CORES} open cores per chip would have found, ${total} came, from ${this.#cores.size} different cores` +
        `${dull.length > 0 ? `; hardly any from chip${dull.length === 1 ? "" : "s"} ${dull.join(", ")}` : ""}.`,
      "Cores open reliably at 9.4 V only: raise the voltage before the bring-up, then lower it. If it stays so, these chips are weak.",
      { openShare, expected: expectedTotal, found: total, cores: this.#cores.size, chips: dull },
    );
  }
}
