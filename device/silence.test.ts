import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectedNoncesPerSecond, SilenceWatch } from "./silence.ts";

const S = 1_000_000_000n;

describe("chips that stopped answering", () => {
  it("are told once, when chance cannot be the reason, and again after they were heard", () => {
    const watch = new SilenceWatch(0n);
    expect(watch.look(4n * S, 100), "shorter than a hold-up").toBe(null);
    expect(watch.look(6n * S, 1), "too few to be expected").toBe(null);
    expect(watch.look(6n * S, 100)).toContain("no nonce for 6.0 s where about 600");
    expect(watch.look(7n * S, 100)).toBe(null);
    expect(watch.heard(8n * S)).toBe(true);
    expect(watch.heard(9n * S)).toBe(false);
    expect(watch.look(15n * S, 100)).not.toBe(null);
  });

  it("a new set-point begins anew", () => {
    const watch = new SilenceWatch(0n);
    watch.restart(10n * S);
    expect(watch.look(12n * S, 100)).toBe(null);
  });

  it("nothing is said of chips that are heard every second, nor of those that are to report nothing", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.integer({ min: 1, max: 50 }), (rate, seconds) => {
        const watch = new SilenceWatch(0n);
        const silent = new SilenceWatch(0n);
        for (let second = 1n; second <= BigInt(seconds); second++) {
          expect(watch.look(second * S, rate)).toBe(null);
          watch.heard(second * S);
          expect(silent.look(second * S, 0)).toBe(null);
        }
      }),
    );
  });
});

it("one BM1366 of 434 GH/s reports about 101 nonces a second at difficulty 1", () => {
  expect(expectedNoncesPerSecond(434, 1)).toBeCloseTo(101.05, 1);
  expect(expectedNoncesPerSecond(434, 4)).toBeCloseTo(25.26, 1);
});
