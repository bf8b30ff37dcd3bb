import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { JumpingClock } from "../../drivers/bm13xx/testing/jumping-clock.ts";
import type { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import { jobFrameBytes, monotonicRawNs, type WorkPump, type WorkPumpOptions } from "../../drivers/native/index.ts";
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

describe("works once more", () => {
  /** Pumps that write down what is done to them, of a line that is busy for 40 ms when one is stopped. */
  function pumping() {
    const clock = new JumpingClock();
    const done: string[] = [];
    const notes: string[] = [];
    let nextJobSeq = 0;
    const startWorkPump = (options: Omit<WorkPumpOptions, "baud">) => {
      done.push(
        `start ${options.firstSeq} ${options.firstExtranonce2 ?? 0n} ${Buffer.from(options.template.coinbasePrefix).toString("hex", 0, 4)}`,
      );
      const jobs = { count: 1, jobSeq: [nextJobSeq + 7], settled: [1], lineEndNs: [77n] };
      const pump = {
        renew: (ttlMs: number) => void done.push(`renew ${ttlMs}`),
        get lineFreeNs() {
          return clock.nowNs() + (done.at(-1) === "renew 0" ? 40_000_000n : 0n);
        },
        stop: () => {
          done.push("stop");
          nextJobSeq += 100;
        },
        jobsSince: (seq: number) => ({ ...jobs, jobSeq: [seq] }),
        counters: () => ({ jobs: 100, worstShare: 0.5, underruns: 1, standIns: 0, leastLeadNs: 1e6, writeWaits: 0 }),
        realtime: true,
      };
      return pump as unknown as WorkPump;
    };
    const chain = {
      chips: 63,
      workPeriodNs: needFor(650, 4),
      frequenciesMhz: Array<number>(63).fill(650),
      midstates: 4,
      get nextJobSeq() {
        return nextJobSeq;
      },
      feedFrom() {},
      adoptJobs: () => [],
    };
    const link = { path: "test", baud: 1_562_500, startWorkPump } as unknown as ChipLink;
    const events = { jobs() {}, failed() {}, note: (text: string) => void notes.push(text) };
    return { work: new PumpedWork(link, chain as unknown as Bm1387Chain, { seed: 1, midstates: 4 }, events), clock, done, notes };
  }

  it("begin with the same extranonce2 of the same template under new numbers, when what was written ahead has left", async () => {
    const { work, clock, done, notes } = pumping();
    work.start();
    const beganNs = clock.nowNs();
    const pass = await work.again(clock);
    expect(Number(clock.nowNs() - beganNs)).toBeGreaterThanOrEqual(40_000_000);
    const [first, ...rest] = done;
    expect(rest).toEqual(["renew 0", "stop", first?.replace("start 0", "start 100")]);
    expect(pass).toMatchObject({ firstSeq: 100, gapNs: 960_000 });
    expect(pass.safeShare).toBeCloseTo(0.268, 3);
    expect(pass.startedNs(107)).toBe(77n);
    work.stop();
    expect(notes).toEqual([expect.stringMatching(/^work pump: 200 jobs; .*; 2 gaps longer/)]);
  });

  it("are no longer sent when the flow was ended while the line emptied", async () => {
    const { work, clock, done } = pumping();
    work.start();
    const again = work.again(clock);
    work.stop();
    await expect(again).rejects.toThrow(expect.objectContaining({ code: "NOT_RUNNING" }));
    expect(done.filter((what) => what.startsWith("start"))).toHaveLength(1);
    await expect(work.again(clock)).rejects.toThrow(expect.objectContaining({ code: "NOT_RUNNING" }));
  });
});

describe("a dialogue", () => {
  function staged(lineFreeNs: bigint, refuse = false) {
    const calls: string[] = [];
    const counters = () => ({ jobs: 0, worstShare: 0, underruns: 0, standIns: 0, leastLeadNs: 0, writeWaits: 0 });
    const pump = { stop: () => void calls.push("pump stops"), renew: () => void calls.push("pump renewed"), counters, lineFreeNs };
    const startWorkPump = () => {
      calls.push("pump starts");
      return pump as unknown as WorkPump;
    };
    const dialogue = { renew: () => void calls.push("dialogue renewed"), stop: () => void calls.push("dialogue stops") };
    const chain = {
      chips: 63,
      workPeriodNs: needFor(600, 4),
      nextJobSeq: 0,
      feedFrom() {},
      adoptJobs: () => [],
      startDialogue: () => {
        if (refuse) throw new DriverError("DIALOGUE_REFUSED", "no", "no");
        calls.push("dialogue starts");
        return dialogue;
      },
    };
    const link = { path: "test", baud: 1_562_500, startWorkPump } as unknown as ChipLink;
    const work = new PumpedWork(link, chain as unknown as Bm1387Chain, { seed: 1, midstates: 4 }, { jobs() {}, failed() {}, note() {} });
    work.start();
    return { work, calls };
  }
  const OPTIONS = { depth: 1, deadlineMs: 1, onExchange: () => {} };

  it("begins when the pump has stopped, so that its numbers follow, and the pump begins anew after it", () => {
    const { work, calls } = staged(0n);
    const dialogue = work.startDialogue(OPTIONS);
    work.renewLease(1);
    expect(() => work.startDialogue(OPTIONS)).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
    dialogue.stop();
    dialogue.stop();
    work.renewLease(1);
    expect(calls).toEqual([
      "pump starts",
      "pump stops",
      "dialogue starts",
      "dialogue renewed",
      "dialogue stops",
      "pump starts",
      "pump renewed",
    ]);
  });

  it("lets no word leave while works that were written ahead are leaving", () => {
    const { work, calls } = staged(monotonicRawNs() + 3_600_000_000_000n);
    work.startDialogue(OPTIONS);
    work.renewLease(1);
    expect(calls).not.toContain("dialogue renewed");
  });

  it("that is refused leaves the pump going, and one that is under way ends with the work", () => {
    const refused = staged(0n, true);
    expect(() => refused.work.startDialogue(OPTIONS)).toThrow("no");
    expect(refused.calls.at(-1)).toBe("pump starts");
    const { work, calls } = staged(0n);
    work.startDialogue(OPTIONS);
    work.stop();
    expect(calls.at(-1)).toBe("dialogue stops");
  });
});
