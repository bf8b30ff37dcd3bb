import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../../../common/clock.ts";
import { RateLimit } from "./rate-limit.ts";

class SetClock implements Clock {
  nowMs = 0;
  nowNs = () => BigInt(Math.round(this.nowMs * 1e6));
  wallMs = () => this.nowMs;
  sleep = () => Promise.reject(new Error("nobody sleeps here"));
  advance(ms: number): void {
    this.nowMs += ms;
  }
}

test("over any time an address gets its burst and its rate, never more; one that waits as long as it was told gets in", () => {
  const asks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 900 }), cost: fc.integer({ min: 1, max: 5 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(asks, (times) => {
      const clock = new SetClock();
      const limit = new RateLimit(clock, { burst: 10, perSecond: 4, addresses: 5 });
      let spent = 0;
      let elapsed = 0;
      for (const { afterMs, cost } of times) {
        clock.advance(afterMs);
        elapsed += afterMs;
        const waitS = limit.spend("a", cost);
        if (waitS === 0) spent += cost;
        expect(spent).toBeLessThanOrEqual(10 + (elapsed / 1000) * 4 + 1e-6);
        if (waitS > 0) {
          clock.advance(waitS * 1000);
          elapsed += waitS * 1000;
          expect(limit.spend("a", cost)).toBe(0);
          spent += cost;
        }
      }
    }),
  );
});

test("one address's haste is not another's, and only so many are remembered", () => {
  const limit = new RateLimit(new SetClock(), { burst: 1, perSecond: 1, addresses: 3 });
  expect([limit.spend("a"), limit.spend("a"), limit.spend("b")]).toEqual([0, 1, 0]);
  for (let i = 0; i < 100; i++) limit.spend(`x${i}`);
  expect(limit.addresses).toBe(3);
});
