import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { every } from "../../common/clock.ts";
import { splitmix64 } from "../../common/random.ts";
import { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import { VirtualTime } from "./virtual-time.ts";

const fail = (error: unknown) => {
  throw error;
};

function host(seed = 1) {
  const time = new VirtualTime(splitmix64(seed));
  const clocks = new VirtualHostClocks(time);
  const process = new VirtualProcess(time, clocks, splitmix64(seed + 1));
  const until = (ms: number) => {
    time.after(ms, () => {});
    const endNs = time.nowNs + ms * 1e6;
    return time.pass(() => time.nowNs >= endNs, fail);
  };
  return { time, clocks, process, until };
}

describe("virtual time", () => {
  it("lets everything happen in the order of its time, whatever the order it was asked for in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 }), async (times) => {
        const time = new VirtualTime(splitmix64(3));
        const seen: number[] = [];
        for (const at of times) time.at(at, () => seen.push(at));
        await time.pass(() => false, fail);
        expect(seen).toEqual([...times].sort((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });

  it("draws the order of one moment's events by the seed", async () => {
    const order = async (seed: number) => {
      const time = new VirtualTime(splitmix64(seed));
      const seen: number[] = [];
      for (let i = 0; i < 8; i++) time.at(5, () => seen.push(i));
      await time.pass(() => false, fail);
      return seen.join("");
    };
    expect(await order(1)).toBe(await order(1));
    expect(new Set(await Promise.all([1, 2, 3, 4].map(order))).size).toBeGreaterThan(1);
  });

  it("lets an event go on as long as nothing else is due, and no further", async () => {
    const { time } = host();
    const seen: number[] = [];
    const repeat = () => {
      do seen.push(time.nowNs / 1e6);
      while (time.goOn(time.nowNs + 1e6));
      if (time.nowNs < 9e6) time.aside(time.nowNs + 1e6, repeat);
    };
    time.aside(0, repeat);
    for (const ms of [2.5, 4, 6.5]) time.after(ms, () => seen.push(ms));
    await time.pass(() => false, fail);
    const times = [...seen].sort((a, b) => a - b);
    expect(seen).toEqual(times);
    expect(new Set(times)).toEqual(new Set([0, 1, 2, 2.5, 3, 4, 5, 6, 6.5, 7, 8, 9]));
  });

  it("does not let an event go on when it is the only one: it would for ever", async () => {
    const { time } = host();
    let times = 0;
    time.aside(0, () => {
      do times++;
      while (time.goOn(time.nowNs + 1e6));
    });
    await time.pass(() => false, fail);
    expect(times).toBe(1);
  });

  it("tells of an error in an event that nothing waits for, and settles what comes of it", async () => {
    const { time } = host();
    const seen: string[] = [];
    time.aside(1e6, () => {
      throw new Error("planted");
    });
    time.after(2, () => seen.push("later"));
    await time.pass(
      () => false,
      (error) => void setImmediate(() => seen.push(String(error))),
    );
    expect(seen).toEqual(["Error: planted", "later"]);
  });

  it("goes on only when all that waits for no time is done", async () => {
    const { time, process } = host();
    const seen: string[] = [];
    const chain = async () => {
      await process.sleep(1);
      for (let i = 0; i < 50; i++) await Promise.resolve();
      seen.push("chain done");
    };
    void chain();
    time.at(2e6, () => seen.push("later"));
    await time.pass(() => false, fail);
    expect(seen).toEqual(["chain done", "later"]);
  });

  it("hands on what an event throws", async () => {
    const time = new VirtualTime(splitmix64(1));
    const thrown: unknown[] = [];
    time.at(1, () => {
      throw new Error("planted");
    });
    await time.pass(
      () => false,
      (error) => thrown.push(error),
    );
    expect(thrown).toEqual([new Error("planted")]);
  });
});

describe("a process", () => {
  it("whose code cannot run for a while runs what was due afterwards, timers before what arrived", async () => {
    const { time, process, until } = host();
    const seen: [string, number][] = [];
    process.soon("io", 10e6, () => seen.push(["io", time.nowNs / 1e6]));
    process.soon("timer", 20e6, () => seen.push(["timer", time.nowNs / 1e6]));
    time.after(5, () => process.block(100));
    await until(200);
    expect(seen).toEqual([
      ["timer", 105],
      ["io", 105],
    ]);
  });

  it("that was killed does nothing any more, and its sleeps never end", async () => {
    const { process, until } = host();
    let woke = false;
    void process.sleep(10).then(() => {
      woke = true;
    });
    process.end();
    await until(100);
    expect(woke).toBe(false);
  });

  it("sees the wall clock jump and the monotonic one go on", async () => {
    const { clocks, process, until } = host();
    const [wallMs, nowNs] = [process.wallMs(), process.nowNs()];
    clocks.step(-3_600_000);
    await until(10);
    expect(process.wallMs() - wallMs).toBe(-3_600_000 + 10);
    expect(process.nowNs() - nowNs).toBe(10_000_000n);
  });

  it("stops waiting when the signal aborts", async () => {
    const { time, process } = host();
    const abort = new AbortController();
    const slept = process.sleep(1000, abort.signal).catch((error: unknown) => error);
    abort.abort("enough");
    await time.pass(() => false, fail);
    expect(await slept).toBe("enough");
    expect(time.nowNs).toBe(0);
  });
});

describe("every", () => {
  it("ticks on its grid, leaves out what it slept through, and stops when told", async () => {
    const { time, process, until } = host();
    const ticks: number[] = [];
    const stop = every(process, 100, () => ticks.push(Math.round(time.nowNs / 1e8)));
    await until(350);
    expect(ticks).toEqual([1, 2, 3]);
    process.block(500);
    await until(700);
    // What was due at 4 comes at 8.5; 5 to 8 are left out.
    expect(ticks.slice(3)).toEqual([9, 9, 10]);
    stop();
    const count = ticks.length;
    await until(1000);
    expect(ticks).toHaveLength(count);
  });
});
