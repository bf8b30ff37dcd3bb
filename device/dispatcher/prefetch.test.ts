import { describe, expect, it } from "vitest";
import { depthFor, Prefetch } from "./prefetch.ts";

/** An upstream on a clock of its own: `tick` lets a millisecond pass. */
function slowUpstream(latencyMs: number) {
  let nowMs = 0;
  let next = 0;
  const due: { atMs: number; go: () => void }[] = [];
  const after = (ms: number) => new Promise<void>((resolve) => due.push({ atMs: nowMs + ms, go: resolve }));
  return {
    ask: async () => {
      await after(latencyMs);
      return next++;
    },
    pause: async (ms: number) => after(ms),
    async tick() {
      nowMs++;
      for (const one of due.filter(({ atMs }) => atMs <= nowMs)) {
        due.splice(due.indexOf(one), 1);
        one.go();
      }
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
  };
}

/** Milliseconds in 2000 in which a chain that uses a job each 20 ms had none. */
async function idleMs(depth: number, latencyMs: number): Promise<number> {
  const upstream = slowUpstream(latencyMs);
  const prefetch = new Prefetch(upstream.ask, depth, upstream.pause);
  for (let ms = 0; ms < 400; ms++) await upstream.tick();
  let [idle, leftMs, waiting] = [0, 0, false];
  for (let ms = 0; ms < 2000; ms++) {
    if (leftMs === 0 && !waiting) {
      waiting = true;
      void prefetch.take().then(() => {
        [leftMs, waiting] = [20, false];
      });
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    if (waiting) idle++;
    else leftMs--;
    await upstream.tick();
  }
  return idle;
}

describe("Prefetch", () => {
  it("keeps a chain busy that would idle most of the time behind a slow upstream", async () => {
    expect(await idleMs(depthFor(200, 20), 200)).toBe(0);
    expect(await idleMs(0, 200)).toBeGreaterThan(1700);
    expect(depthFor(200, 20)).toBe(11);
  });

  it("hands jobs over in the order in which they came, and counts who had to wait", async () => {
    const upstream = slowUpstream(3);
    const prefetch = new Prefetch(upstream.ask, 2, upstream.pause);
    const early = prefetch.take();
    for (let ms = 0; ms < 20; ms++) await upstream.tick();
    expect([await early, await prefetch.take(), await prefetch.take()]).toEqual([0, 1, 2]);
    expect(prefetch.counters).toMatchObject({ taken: 3, waited: 1, failures: 0 });
  });

  it("asks again after a failure, and tells takers after five in a row", async () => {
    const upstream = slowUpstream(1);
    let failing = true;
    const prefetch = new Prefetch(
      async () => {
        if (failing) throw new Error("no route");
        return upstream.ask();
      },
      1,
      upstream.pause,
    );
    const told = prefetch.take();
    const outcome = told.catch((error: unknown) => error);
    for (let ms = 0; ms < 8000; ms++) await upstream.tick();
    expect(await outcome).toMatchObject({ code: "UPSTREAM_FAILED" });
    failing = false;
    for (let ms = 0; ms < 8000; ms++) await upstream.tick();
    expect(await prefetch.take()).toBe(0);
    expect(prefetch.counters.failures).toBeGreaterThanOrEqual(5);
  });

  it("stopped: who waits is told, and nobody asks any more", async () => {
    const upstream = slowUpstream(5);
    let asked = 0;
    const prefetch = new Prefetch(
      () => {
        asked++;
        return upstream.ask();
      },
      1,
      upstream.pause,
    );
    const waiting = [prefetch.take(), prefetch.take()].map((take) => take.catch((error: unknown) => error));
    prefetch.stop();
    for (const outcome of waiting) expect(await outcome).toMatchObject({ code: "WORK_STOPPED" });
    const before = asked;
    for (let ms = 0; ms < 50; ms++) await upstream.tick();
    expect(asked).toBe(before);
    await expect(prefetch.take()).rejects.toMatchObject({ code: "WORK_STOPPED" });
    expect(prefetch.counters.ready).toBe(0);
  });
});
