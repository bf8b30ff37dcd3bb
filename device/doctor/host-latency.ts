import { closeSync, constants, openSync, writeSync } from "node:fs";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import type { LatencyFacts } from "./facts.ts";

const TIMERS = 50;
const TIMER_MS = 2;
const ROUNDS = 50;
/** A byte that takes so long does not come any more. */
const ROUND_MS = 200;

export async function latencyFacts(clock: Clock): Promise<LatencyFacts> {
  return { timer: await timerLateness(clock), loopback: await loopback(clock).catch(() => null) };
}

async function timerLateness(clock: Clock): Promise<LatencyFacts["timer"]> {
  const lateMs: number[] = [];
  for (let i = 0; i < TIMERS; i++) {
    const sinceNs = clock.nowNs();
    await clock.sleep(TIMER_MS);
    lateMs.push(Math.max(0, elapsedMs(clock, sinceNs) - TIMER_MS));
  }
  return spread(lateMs);
}

/** Through the same kind of port, and the same native thread, that a twin has. */
async function loopback(clock: Clock): Promise<LatencyFacts["loopback"]> {
  const { native } = await import("../../twin/native-addon.ts");
  let arrived = () => {};
  const pty = new native.Pty(() => arrived());
  const fd = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const takenMs: number[] = [];
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const enough = new AbortController();
      const arrival = new Promise<boolean>((resolve) => {
        arrived = () => {
          if (pty.take().arrivals.length > 0) resolve(true);
        };
      });
      const sinceNs = clock.nowNs();
      writeSync(fd, Uint8Array.of(0x55));
      const came = await Promise.race([
        arrival,
        clock.sleep(ROUND_MS, enough.signal).then(
          () => false,
          () => false,
        ),
      ]);
      enough.abort();
      if (!came) return null;
      takenMs.push(elapsedMs(clock, sinceNs));
    }
  } finally {
    closeSync(fd);
    pty.close();
  }
  return spread(takenMs);
}

function spread(values: readonly number[]): { medianMs: number; worstMs: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { medianMs: sorted[sorted.length >> 1] as number, worstMs: sorted.at(-1) as number };
}
