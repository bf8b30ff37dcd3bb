import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobRecord } from "../common/block-header.ts";
import { LiveJobs } from "./live-jobs.ts";

const every = (gapMs: number) => (jobSeq: number) => ({ jobSeq, sentNs: BigInt(Math.round(jobSeq * gapMs * 1e6)) }) as JobRecord;

describe("jobs whose nonces may still come", () => {
  it("are those of ten seconds, thirty-two at least, after a day of a Bitaxe's and of an S9's alike", () => {
    const bitaxe = new LiveJobs();
    for (let seq = 0; seq < 41_000; seq++) bitaxe.add([every(2100)(seq)]);
    expect(bitaxe.size).toBe(32);
    const s9 = new LiveJobs();
    for (let seq = 0; seq < 41_000; seq++) s9.add([every(2.9)(seq)]);
    expect(s9.size).toBe(Math.floor(10_000 / 2.9) + 1);
  });

  it("are found until they are forgotten, and each is forgotten once, the oldest first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 }), (gapMs, lots) => {
        const live = new LiveJobs();
        const forgotten: number[] = [];
        let next = 0;
        for (const lot of lots)
          live.add(
            Array.from({ length: lot }, () => every(gapMs)(next++)),
            (seq) => forgotten.push(seq),
          );
        expect(forgotten).toEqual(forgotten.map((_, at) => at));
        for (let seq = 0; seq < next; seq++) expect(live.get(seq)?.jobSeq).toBe(seq < forgotten.length ? undefined : seq);
        expect(live.size).toBe(next - forgotten.length);
      }),
    );
  });
});
