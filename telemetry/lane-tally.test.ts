import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATUS } from "../common/nonce-batch.ts";
import { type LaneFigures, LaneTally, TALLY_SECONDS } from "./lane-tally.ts";

const nonce = fc.record({
  lane: fc.integer({ min: 0, max: 5 }),
  status: fc.integer({ min: 0, max: 4 }),
  residualMs: fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN)),
  stepMs: fc.integer({ min: 0, max: 3000 }),
});

describe("what each lane did in the last minute", () => {
  it("is what counting all nonces of the last sixty whole seconds again gives", () => {
    fc.assert(
      fc.property(fc.array(nonce, { minLength: 1, maxLength: 120 }), (steps) => {
        const tally = new LaneTally(4);
        let nowMs = 1000;
        const all = steps.map(({ stepMs, ...rest }) => {
          nowMs += stepMs;
          tally.add(rest.lane, rest.status, rest.residualMs, nowMs);
          return { ...rest, atMs: nowMs };
        });
        const since = (Math.floor(nowMs / 1000) - TALLY_SECONDS + 1) * 1000;
        for (const [lane, figures] of tally.figures(nowMs).entries()) {
          const own = all.filter((one) => one.lane === lane && one.atMs >= since);
          const count = (status: number) => own.filter((one) => one.status === status).length;
          expect(figures.valid).toBe(count(STATUS.valid));
          expect(figures.invalid).toBe(count(STATUS.invalid));
          expect(figures.others).toBe(own.length - figures.valid - figures.invalid);
        }
        const { valid, invalid, others } = tally.totals(nowMs);
        expect(valid + invalid + others).toBe(all.filter(({ atMs }) => atMs >= since).length);
      }),
    );
  });

  it("gives a rate by the time there was, and none before there was any", () => {
    const tally = new LaneTally(1);
    expect(tally.figures(5000)[0]?.perSecond).toBeNull();
    for (let atMs = 0; atMs < 10_000; atMs += 100) tally.add(0, STATUS.valid, 0, atMs);
    expect(tally.figures(10_000)[0]?.perSecond).toBeCloseTo(10, 6);
    for (let atMs = 10_000; atMs < 300_000; atMs += 100) tally.add(0, STATUS.valid, 0, atMs);
    expect(tally.figures(299_950)[0]?.perSecond).toBeCloseTo(10, 1);
  });

  it("compares residuals with the median lane, and says how sure it is", () => {
    const tally = new LaneTally(3);
    for (let i = 0; i < 400; i++) for (const lane of [0, 1, 2]) tally.add(lane, STATUS.valid, 7 + 2 * (lane - 1) + (i % 2 ? 1 : -1), 100);
    const [slow, middle, fast] = tally.figures(200).map(({ residual }) => residual);
    expect(slow?.ms).toBeCloseTo(-2);
    expect(middle?.ms).toBeCloseTo(0);
    expect(fast?.ms).toBeCloseTo(2);
    expect(fast?.seMs).toBeCloseTo(1 / Math.sqrt(400), 3);
  });

  it("knows no error share of a lane from which nothing was judged, and no residual from one nonce", () => {
    const tally = new LaneTally(2);
    tally.add(0, STATUS.stale, 1, 0);
    tally.add(1, STATUS.valid, 1, 0);
    expect(tally.figures(10).map(({ errorShare, residual }) => [errorShare, residual])).toEqual([
      [null, null],
      [0, null],
    ]);
  });

  it("goes on from a history as if it had been there", () => {
    fc.assert(
      fc.property(fc.array(nonce, { minLength: 1, maxLength: 80 }), fc.integer({ min: 0, max: 5e6 }), (steps, pageMs) => {
        const tally = new LaneTally(4);
        let nowMs = 1000;
        for (const { stepMs, lane, status, residualMs } of steps) {
          nowMs += stepMs;
          tally.add(lane, status, residualMs, nowMs);
        }
        const told = JSON.parse(JSON.stringify(tally.history(nowMs)));
        const page = LaneTally.from(told, pageMs);
        for (const [lane, seen] of tally.figures(nowMs).entries()) {
          const found = page.figures(pageMs)[lane] as LaneFigures;
          for (const field of ["valid", "invalid", "others"] as const) expect(found[field]).toBeCloseTo(seen[field], 6);
          expect(found.residual === null).toBe(seen.residual === null);
          if (seen.residual !== null) expect(found.residual?.ms).toBeCloseTo(seen.residual.ms, 5);
        }
        const { seconds, ...counted } = page.totals(pageMs);
        const { seconds: all, ...totals } = tally.totals(nowMs);
        for (const [name, count] of Object.entries(totals)) expect(counted[name as keyof typeof counted]).toBeCloseTo(count, 6);
        expect(Math.abs(seconds - all)).toBeLessThan(1);
      }),
    );
  });

  it("forgets a history second by second, and a minute later all of it", () => {
    const tally = new LaneTally(2);
    for (let atMs = 0; atMs < 60_000; atMs += 100) tally.add(1, STATUS.valid, 0, atMs);
    const page = LaneTally.from(tally.history(59_999), 200_000);
    const valid = (nowMs: number) => page.figures(nowMs)[1]?.valid as number;
    expect(valid(200_000)).toBeCloseTo(600);
    expect(valid(230_000)).toBeCloseTo(300);
    expect(valid(260_000)).toBeCloseTo(0);
    expect(page.figures(200_000)[1]?.perSecond).toBeCloseTo(10, 0);
    expect(page.figures(200_000)[0]?.valid).toBe(0);
  });

  it("of a whole S9 board at full rate a history is shorter than a quarter of what a viewer may leave unread", () => {
    const tally = new LaneTally(63);
    for (let i = 0; i < 60 * 3260; i++) tally.add(i % 63, i % 50 === 0 ? STATUS.invalid : STATUS.valid, Math.sin(i), i / 3.26);
    expect(JSON.stringify(tally.history(59_999)).length).toBeLessThan(64 * 1024);
  });
});
