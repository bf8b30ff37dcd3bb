import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noticeText } from "./message.ts";
import { ServiceNotices } from "./service-notices.ts";

function service(watchdogMs: number | null, answer: () => number = () => 0) {
  let nowNs = 0n;
  const sent: { ms: number; text: string }[] = [];
  const troubles: string[] = [];
  const notices = new ServiceNotices({
    clock: { nowNs: () => nowNs },
    watchdogMs,
    send(text) {
      const errno = answer();
      if (errno === 0) sent.push({ ms: Number(nowNs) / 1e6, text });
      return errno;
    },
    trouble: (text) => troubles.push(text),
  });
  const wait = (ms: number) => {
    nowNs += BigInt(Math.round(ms * 1e6));
  };
  return { notices, sent, troubles, wait };
}

describe("a service of Type=notify", () => {
  it("says nothing before its board has passed an evaluation", () => {
    const { notices, sent, wait } = service(10_000);
    wait(60_000);
    expect(sent).toEqual([]);
    notices.passed("cold: not started");
    expect(sent.map(({ text }) => text)).toEqual(["READY=1\nSTATUS=cold: not started\nWATCHDOG=1"]);
  });

  it("is ready once, however many evaluations follow", () => {
    const { notices, sent, wait } = service(10_000);
    for (let i = 0; i < 100; i++, wait(100)) notices.passed(`state ${i}`);
    expect(sent.filter(({ text }) => text.includes("READY=1"))).toHaveLength(1);
  });

  it("feeds the watchdog in time as long as evaluations pass, and never oftener than needed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_000, max: 60_000 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 20 }),
        (watchdogMs, gaps) => {
          const { notices, sent, wait } = service(watchdogMs);
          notices.passed("running");
          for (const gap of gaps) {
            wait(gap);
            notices.passed("running");
          }
          const between = sent.slice(1).map(({ ms }, i) => ms - (sent[i]?.ms ?? 0));
          expect(sent.every(({ text }) => text.includes("WATCHDOG=1"))).toBe(true);
          const every = Math.min(1_000, watchdogMs / 4);
          for (const ms of between) expect(ms).toBeLessThan(every + 400);
          for (const ms of between) expect(ms).toBeGreaterThanOrEqual(every);
        },
      ),
    );
  });

  it("lets the watchdog starve when evaluations stop passing", () => {
    const { notices, sent, wait } = service(10_000);
    notices.passed("running");
    wait(3_600_000);
    notices.stopping();
    expect(sent.filter(({ text }) => text.includes("WATCHDOG=1"))).toHaveLength(1);
  });

  it("without a watchdog says only what has changed", () => {
    const { notices, sent, wait } = service(null);
    for (let i = 0; i < 100; i++, wait(100)) notices.passed(i < 50 ? "energised" : "running");
    expect(sent.map(({ text }) => text)).toEqual(["READY=1\nSTATUS=energised", "STATUS=running"]);
  });

  it("is not ready when the manager did not take the word, and says so until it has", () => {
    let errno = 11;
    const { notices, sent, troubles, wait } = service(10_000, () => errno);
    for (let i = 0; i < 5; i++, wait(100)) notices.passed("running");
    errno = 0;
    notices.passed("running");
    expect(sent.map(({ text }) => text)).toEqual(["READY=1\nSTATUS=running\nWATCHDOG=1"]);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain("errno 11");
  });

  it("says once that it stops", () => {
    const { notices, sent } = service(null);
    notices.stopping();
    notices.stopping();
    expect(sent.map(({ text }) => text)).toEqual(["STOPPING=1"]);
  });
});

describe("the text of a notice", () => {
  it("has one line a key, whatever the status says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (status) => {
        const lines = noticeText({ ready: true, status: `${status}\nWATCHDOG=1`, watchdog: false }).split("\n");
        expect(lines).toHaveLength(2);
        expect(lines[1]?.startsWith("STATUS=")).toBe(true);
      }),
    );
  });
});
