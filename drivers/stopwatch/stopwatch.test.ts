import { describe, expect, it } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { Stopwatch } from "./stopwatch.ts";

interface Truth {
  readonly seed: number;
  readonly ppm: number;
  readonly jobs: number;
  readonly perJob: number;
  readonly jobNs: number;
  readonly offsetNs: number;
  readonly jitterNs: number;
  /** How far off the reckoned starts of jobs are, sd. */
  readonly startNs: number;
}

/** Nonces of a chip whose clock is off by `ppm`, as the correlator would hand them over. */
function measured({ seed, ppm, jobs, perJob, jobNs, offsetNs, jitterNs, startNs }: Truth) {
  const random = splitmix64(seed);
  const noise = gaussian(random);
  const batch = allocateNonces(jobs * perJob);
  const sent = new Map<number, { sentNs: bigint }>();
  const late: number[] = [];
  for (let job = 0; job < jobs; job++) {
    const sentNs = BigInt(1e12 + job * jobNs);
    sent.set(job, { sentNs });
    late.push(startNs * noise());
    for (let k = 0; k < perJob; k++) {
      const row = job * perJob + k;
      const idealNs = random.next() * jobNs;
      const observedNs = Math.round(idealNs / (1 + ppm * 1e-6) + offsetNs + (late[job] as number) + jitterNs * noise());
      batch.tNs[row] = sentNs + BigInt(observedNs);
      batch.residualNs[row] = observedNs - idealNs;
      batch.jobSeq[row] = job;
      batch.chip[row] = 3;
      batch.status[row] = STATUS.valid;
    }
  }
  return { batch, jobOf: (jobSeq: number) => sent.get(jobSeq), late };
}

const BITAXE = { jobs: 50, perJob: 40, jobNs: 2e9, offsetNs: 95_000, jitterNs: 20_000, startNs: 30_000 };
const S9 = { jobs: 2000, perJob: 1, jobNs: 2.9e6, offsetNs: 45_000, jitterNs: 3_000, startNs: 3_000 };

function fitted(truth: Truth) {
  const stopwatch = new Stopwatch();
  const { batch, jobOf, late } = measured(truth);
  stopwatch.add(batch, jobOf);
  return { stopwatch, batch, jobOf, late, clock: stopwatch.chip(3) };
}

describe("Stopwatch", () => {
  it.each([
    ["jobs of two seconds", BITAXE],
    ["jobs of three milliseconds", S9],
  ])("the interval holds the chip's true clock in 95 of 100 runs: %s", (_, board) => {
    let held = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const ppm = (seed - 100) / 2;
      const { clock } = fitted({ ...board, seed, ppm });
      if (clock?.ppmInterval && clock.ppmInterval[0] <= ppm && ppm <= clock.ppmInterval[1]) held++;
    }
    expect(held).toBeGreaterThanOrEqual(180);
  });

  it("tells a fast clock from a slow one to a few ppm within a hundred seconds of a Bitaxe at difficulty 1", () => {
    const { clock } = fitted({ ...BITAXE, seed: 7, ppm: 25 });
    expect(clock?.ppm).toBeGreaterThan(15);
    expect(clock?.ppm).toBeLessThan(35);
    expect((clock?.ppmInterval?.[1] ?? 99) - (clock?.ppmInterval?.[0] ?? 0)).toBeLessThan(12);
    expect(Math.abs((clock?.offsetNs ?? 0) - 95_000)).toBeLessThan(4 * (clock?.offsetSeNs ?? 0));
  });

  it("tells no clock from jobs of a millisecond and a half that are stamped to half a millisecond", () => {
    const { clock } = fitted({ ...S9, jobNs: 1.57e6, jitterNs: 500_000, seed: 7, ppm: 25 });
    expect(clock).toMatchObject({ ppm: null, ppmInterval: null, nonces: 2000 });
    expect(clock?.jitterNs).toBeGreaterThan(400_000);
  });

  it("tells when each job really started", () => {
    const { stopwatch, late } = fitted({ ...BITAXE, seed: 5, ppm: 0, startNs: 200_000 });
    const jobs = stopwatch.jobs();
    expect(jobs.length).toBe(50);
    const mean = late.reduce((sum, value) => sum + value, 0) / late.length;
    // Each median rests on 40 nonces of 20 us jitter; what all jobs share is the chip's offset.
    for (const { jobSeq, lateNs } of jobs) expect(Math.abs(lateNs - ((late[jobSeq] as number) - mean))).toBeLessThan(60_000);
  });

  it("what is left is the jitter: no slope, no offset", () => {
    const { stopwatch, batch, jobOf, clock } = fitted({ ...BITAXE, seed: 9, ppm: 40, startNs: 0 });
    const left = stopwatch.remainderNs(batch, jobOf);
    const mean = left.reduce((sum, value) => sum + value, 0) / left.length;
    const sd = Math.sqrt(left.reduce((sum, value) => sum + (value - mean) ** 2, 0) / left.length);
    expect(Math.abs(mean)).toBeLessThan(2_000);
    expect(sd / 20_000).toBeCloseTo(1, 1);
    expect((clock?.jitterNs ?? 0) / 20_000).toBeCloseTo(1, 1);
  });

  it("counts only valid nonces of known jobs that have a residual", () => {
    const { batch, jobOf } = measured({ ...BITAXE, seed: 1, ppm: 0 });
    const counted = (change: (batch: NonceBatch) => void, jobs = jobOf) => {
      const stopwatch = new Stopwatch();
      const copy = { ...batch, status: batch.status.slice(), residualNs: batch.residualNs.slice() };
      change(copy);
      stopwatch.add(copy, jobs);
      return stopwatch.chip(3)?.nonces;
    };
    expect(counted(() => {})).toBe(2000);
    expect(counted((copy) => copy.status.fill(STATUS.duplicate, 0, 100))).toBe(1900);
    expect(counted((copy) => copy.residualNs.fill(Number.NaN, 0, 100))).toBe(1900);
    expect(
      counted(
        () => {},
        (jobSeq) => (jobSeq < 10 ? undefined : jobOf(jobSeq)),
      ),
    ).toBe(1600);
  });

  it("knows nothing before there are nonces, and nothing again after a restart", () => {
    const { stopwatch, batch, jobOf } = fitted({ ...BITAXE, seed: 1, ppm: 0 });
    expect(stopwatch.chips().map(({ chip }) => chip)).toEqual([3]);
    stopwatch.restart();
    expect(stopwatch.chips()).toEqual([]);
    expect([...stopwatch.remainderNs(batch, jobOf)].every(Number.isNaN)).toBe(true);
  });
});
