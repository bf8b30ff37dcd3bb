import type { Clock } from "../../common/clock.ts";
import { hostClock } from "../../common/clock.ts";

/** The host's clock, `factor` times as fast: a miner's minute in a second, on real sockets. */
export function scaledClock(factor: number): Clock {
  const host = hostClock();
  return {
    nowNs: () => host.nowNs() * BigInt(factor),
    wallMs: () => host.wallMs(),
    sleep: (ms, signal) => host.sleep(ms / factor, signal),
  };
}
