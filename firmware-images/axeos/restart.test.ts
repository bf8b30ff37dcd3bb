import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MinerInfo } from "./miner.ts";
import { hasRestarted, type Look } from "./restart.ts";

const SECOND = 1e9;
const INFO: MinerInfo = { version: "v2.8.0", ASICModel: "BM1366", boardVersion: "205", runningPartition: "ota_0", uptimeSeconds: 0 };

/** What a miner that began at `beganS` says when it is asked at `askedS` and takes its time. It counts whole seconds. */
function lookAt(beganS: number, askedS: number, delayS: number, share: number, more: Partial<MinerInfo> = {}): Look {
  const ns = (seconds: number) => BigInt(Math.round(seconds * SECOND));
  const uptimeSeconds = Math.floor(askedS + delayS * share - beganS);
  return { info: { ...INFO, uptimeSeconds, ...more }, askedNs: ns(askedS), answeredNs: ns(askedS + delayS) };
}

const delay = fc.double({ min: 0, max: 5, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const span = fc.double({ min: 0, max: 1000, noNaN: true });

describe("a restart", () => {
  it("is never seen in a miner that goes on, however late its answers are", () => {
    fc.assert(
      fc.property(span, span, delay, delay, share, share, (onS, laterS, first, second, a, b) => {
        const before = lookAt(100, 100 + onS, first, a);
        expect(hasRestarted(before, lookAt(100, 100 + onS + first + laterS, second, b))).toBe(false);
      }),
    );
  });

  it("is seen in one that answers at once, as soon as it had been on for two seconds, whatever its uptime was and is", () => {
    fc.assert(
      fc.property(fc.double({ min: 2.001, max: 1000, noNaN: true }), span, span, (onS, lookedAfterS, laterS) => {
        const restartS = 100 + onS;
        const before = lookAt(100, 100 + Math.min(onS, lookedAfterS), 0, 0);
        expect(hasRestarted(before, lookAt(restartS, restartS + laterS, 0, 0))).toBe(true);
      }),
    );
  });

  it("is seen by another version, or another slot, even when it had been on for no time", () => {
    const before = lookAt(100, 100, 0, 0);
    expect(hasRestarted(before, lookAt(100.1, 101, 0, 0))).toBe(false);
    expect(hasRestarted(before, lookAt(100.1, 101, 0, 0, { version: "v2.9.0" }))).toBe(true);
    expect(hasRestarted(before, lookAt(100.1, 101, 0, 0, { runningPartition: "ota_1" }))).toBe(true);
  });

  it("is not guessed where the miner says no uptime", () => {
    const { uptimeSeconds: _, ...info } = INFO;
    const at = (askedNs: bigint): Look => ({ info, askedNs, answeredNs: askedNs });
    expect(hasRestarted(at(0n), at(BigInt(1000 * SECOND)))).toBe(false);
  });
});
