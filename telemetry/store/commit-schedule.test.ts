import { describe, expect, onTestFinished, test } from "vitest";
import { CommitSchedule } from "./commit-schedule.ts";
import { ManualClock, settled } from "./manual-clock.test-support.ts";

/** A schedule of 100 ms, whose timers never ring unless `timers`; `begun` are the times of its commits. */
function scheduled({ timers }: { timers: boolean }) {
  const clock = new ManualClock();
  const nowMs = () => Number(clock.nowNs()) / 1e6;
  const begun: number[] = [];
  let oldestMs: number | null = null;
  const schedule: CommitSchedule = new CommitSchedule({
    clock: timers ? clock : { ...clock, nowNs: () => clock.nowNs(), wallMs: () => 0, sleep: () => new Promise(() => {}) },
    intervalMs: 100,
    nowMs,
    oldestMs: () => oldestMs,
    begin() {
      begun.push(nowMs());
      oldestMs = null;
      schedule.began();
    },
  });
  const stop = new AbortController();
  void schedule.keep(stop.signal);
  onTestFinished(() => stop.abort());
  const handOver = async () => {
    oldestMs ??= nowMs();
    schedule.handedOver();
    await settled();
  };
  return { clock, schedule, begun, handOver };
}

describe("when commits begin", () => {
  test("by the timer, at three quarters of the interval, counted from the first row and not from the last commit", async () => {
    const { clock, schedule, begun, handOver } = scheduled({ timers: true });
    await clock.advance(30);
    await handOver();
    await clock.advance(75);
    schedule.ended(0);
    await clock.advance(500);
    await handOver();
    await clock.advance(74);
    expect(begun).toEqual([105]);
    await clock.advance(1);
    expect(begun).toEqual([105, 680]);
  });

  test("by the next hand-over, when timers are late", async () => {
    const { clock, begun, handOver } = scheduled({ timers: false });
    await handOver();
    await clock.advance(74);
    await handOver();
    expect(begun).toEqual([]);
    await clock.advance(1);
    await handOver();
    expect(begun).toEqual([75]);
  });

  test("one at a time, and at once for rows that were due while the one before was under way", async () => {
    const { clock, schedule, begun, handOver } = scheduled({ timers: true });
    await handOver();
    await clock.advance(100);
    await handOver();
    await clock.advance(250);
    expect(begun).toEqual([75]);
    schedule.ended(0);
    await settled();
    expect(begun).toEqual([75, 350]);
  });

  test("after a failure not before a whole period, however old the rows are", async () => {
    const { clock, schedule, begun, handOver } = scheduled({ timers: true });
    await handOver();
    await clock.advance(100);
    await handOver();
    schedule.ended(null);
    await clock.advance(74);
    expect(begun).toEqual([75]);
    await clock.advance(1);
    expect(begun).toEqual([75, 175]);
  });

  test("earlier by twice what a transaction without rows took", async () => {
    const { clock, schedule, begun, handOver } = scheduled({ timers: true });
    schedule.took(20);
    await handOver();
    await clock.advance(60);
    expect(begun).toEqual([60]);
  });
});
