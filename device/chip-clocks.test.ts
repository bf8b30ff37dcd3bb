import { describe, expect, it } from "vitest";
import type { JobRecord } from "../common/block-header.ts";
import { allocateNonces, concatNonces, STATUS } from "../common/nonce-batch.ts";
import { gaussian, splitmix64 } from "../common/random.ts";
import { ChipClockWatch, chipClocksOf } from "./chip-clocks.ts";

const job = (jobSeq: number) => ({ jobSeq, sentNs: BigInt(jobSeq) * 2_000_000_000n }) as JobRecord;

/** Thirty nonces of one job from a chip that runs `ppm` fast. */
function noncesOf(jobSeq: number, ppm: number) {
  const random = splitmix64(jobSeq + 1);
  const noise = gaussian(random);
  const batch = allocateNonces(30);
  for (let row = 0; row < 30; row++) {
    const idealNs = random.next() * 2e9;
    const observedNs = Math.round(idealNs / (1 + ppm * 1e-6) + 90_000 + 5_000 * noise());
    batch.tNs[row] = job(jobSeq).sentNs + BigInt(observedNs);
    batch.residualNs[row] = observedNs - idealNs;
    batch.jobSeq[row] = jobSeq;
    batch.status[row] = STATUS.valid;
  }
  return batch;
}

describe("ChipClockWatch", () => {
  it("tells a chip's clock from a run as it goes, and the same from its record", () => {
    const watch = new ChipClockWatch();
    for (let seq = 0; seq < 20; seq++) {
      watch.jobs([job(seq)]);
      watch.nonces(noncesOf(seq, 12));
    }
    const { chips, jobStarts } = watch.report();
    expect(chips.length).toBe(1);
    expect(Math.abs((chips[0]?.ppm ?? 0) - 12)).toBeLessThan(3);
    expect(jobStarts?.jobs).toBe(20);
    const seqs = Array.from({ length: 20 }, (_, seq) => seq);
    expect(
      chipClocksOf(
        seqs.map((seq) => noncesOf(seq, 12)),
        seqs.map(job),
      ),
    ).toEqual({ chips, jobStarts });
  });

  it("forgets with the set-point, and jobs beyond those that can still answer", () => {
    const watch = new ChipClockWatch();
    for (let seq = 0; seq < 5000; seq++) watch.jobs([job(seq)]);
    expect(watch.remembered).toBeLessThan(40);
    watch.nonces(noncesOf(0, 12));
    expect(watch.report()).toEqual({ chips: [], jobStarts: null });
    for (let seq = 4990; seq < 5000; seq++) watch.nonces(noncesOf(seq, 12));
    expect(watch.report().chips.length).toBe(1);
    watch.restart();
    expect(watch.report().chips).toEqual([]);
  });

  it("knows of a record every job, however many fit into a batch of it", () => {
    const seqs = Array.from({ length: 400 }, (_, seq) => seq);
    const whole = concatNonces(seqs.map((seq) => noncesOf(seq, 12)));
    expect(chipClocksOf([whole], seqs.map(job)).chips[0]?.nonces).toBe(2048);
  });
});
