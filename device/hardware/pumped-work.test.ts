import { describe, expect, it } from "vitest";
import type { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import { jobFrameBytes, type WorkPump, type WorkPumpOptions } from "../../drivers/native/index.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import { PumpedWork } from "./pumped-work.ts";

const needFor = (mhz: number, midstates: 1 | 2 | 4) => workPeriodNs({ frequenciesMhz: Array<number>(63).fill(mhz), midstates });

/** Periods asked of the pump when work starts at one clock and goes on at another. */
function periods(midstates: 1 | 2 | 4, baud: number, startMhz: number, thenMhz: number): number[] {
  const asked: number[] = [];
  const pump = { setPeriodNs: (ns: number) => void asked.push(ns), stop() {}, renew() {}, counters: () => ({ jobs: 0, worstGapNs: 0 }) };
  const startWorkPump = (options: Omit<WorkPumpOptions, "baud">) => {
    asked.push(options.periodNs);
    return pump as unknown as WorkPump;
  };
  const chain = { chips: 63, workPeriodNs: needFor(startMhz, midstates), nextJobSeq: 0, feedFrom() {}, adoptJobs: () => [] };
  const link = { path: "test", baud, startWorkPump } as unknown as ChipLink;
  const work = new PumpedWork(link, chain as unknown as Bm1387Chain, { seed: 1, midstates }, { jobs() {}, failed() {}, note() {} });
  work.start();
  work.paceFor(thenMhz);
  work.stop();
  return asked;
}

describe("the pace of work", () => {
  it.each([
    [4, 1_562_500, 600, 650],
    [1, 3_125_000, 487, 911],
    [1, 1_562_500, 650, 200],
    [2, 1_562_500, 333, 777],
  ] as const)(
    "%i midstates at %i baud, %i then %i MHz: whole nanoseconds, sooner than needed, never faster than the line",
    (midstates, baud, from, to) => {
      const frameNs = (jobFrameBytes(midstates) * 10 * 1e9) / baud;
      periods(midstates, baud, from, to).forEach((period, i) => {
        const need = needFor(i === 0 ? from : to, midstates);
        expect(Number.isInteger(period)).toBe(true);
        expect(period).toBeLessThanOrEqual(need);
        expect(period).toBeGreaterThan(Math.min(need, frameNs) * 0.99);
      });
    },
  );
});
