/** What a daemon with its telemetry takes of memory while virtual time goes by: a leak of some bytes a second shows in a day. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { TwinBoard } from "../../twin/index.ts";
import type { Violation } from "./invariants.ts";
import { type Slope, slope } from "./memory-trend.ts";
import { scenarioOf } from "./scenario.ts";
import { type Bench, simulate } from "./simulation.ts";

export interface MemorySample {
  /** Since the simulation began. */
  readonly hours: number;
  /** In use by JavaScript after a collection. */
  readonly heapMb: number;
  /** Buffers and native parts of objects, likewise. */
  readonly externalMb: number;
  /** What the process holds of the machine's memory. */
  readonly rssMb: number;
}

export interface MemoryReport {
  readonly origin: "twin";
  readonly board: TwinBoard;
  readonly hours: number;
  readonly samples: readonly MemorySample[];
  /** Over the samples after the first tenth of the time, in which code is compiled and buffers find their size; null of fewer than four. */
  readonly heap: Slope | null;
  readonly rss: Slope | null;
  readonly nonces: number;
  readonly violations: readonly Violation[];
}

export interface MemoryOptions {
  readonly board: TwinBoard;
  readonly hours: number;
  readonly everyMinutes: number;
  readonly ticketDifficulty?: number | undefined;
  onSample(sample: MemorySample): void;
  /** Ends it at the next sample; what was lived until then is reported. */
  readonly signal?: AbortSignal;
  /** Tests plant a leak. */
  readonly meddle?: (bench: Bench) => void;
}

const SEED = 5;
const WARM_UP_SHARE = 0.1;
const MB = 2 ** 20;
/** With the three seconds in which it is gone, a minute. */
const GUEST_STAYS_MS = 57_000;
/** The broker hangs up so often, and is back so soon. */
const HANGS_UP_EVERY_MS = 60_000;
const AWAY_MS = 2_000;

/**
 * A daemon on a twin without a fault for so many virtual hours, with two dashboards that stay, one that comes anew each minute, and a broker that hangs up as often.
 * Takes the process's folder, as `simulate` does.
 */
export async function watchMemory(options: MemoryOptions): Promise<MemoryReport> {
  const { board, hours, everyMinutes, ticketDifficulty, onSample, signal, meddle } = options;
  const collect = garbageCollector();
  const samples: MemorySample[] = [];
  const scenario = {
    ...scenarioOf(SEED, { board, minutes: hours * 60, ticketDifficulty }),
    faults: [],
    emergencyOffAtMs: null,
    plan: [],
  };
  let nonces = 0;
  const { violations } = await simulate(scenario, {
    withoutLedger: true,
    guestStaysMs: GUEST_STAYS_MS,
    published: (update) => {
      if (update.topic === "totals") nonces = update.value.valid;
    },
    meddle(bench) {
      meddle?.(bench);
      const look = () => {
        // What buffers a collection frees is taken off the count when the next one begins.
        collect();
        collect();
        const { heapUsed, external, rss } = process.memoryUsage();
        const sample = { hours: bench.time.nowNs / 3.6e12, heapMb: heapUsed / MB, externalMb: external / MB, rssMb: rss / MB };
        samples.push(sample);
        onSample(sample);
        if (signal?.aborted) return bench.stop();
        bench.time.after(everyMinutes * 60_000, look);
      };
      bench.time.after(everyMinutes * 60_000, look);
      const hangUp = () => {
        bench.broker.setReachable(false);
        bench.time.after(AWAY_MS, () => bench.broker.setReachable(true));
        bench.time.after(HANGS_UP_EVERY_MS, hangUp);
      };
      bench.time.after(HANGS_UP_EVERY_MS, hangUp);
    },
  });
  const lived = signal?.aborted ? (samples.at(-1)?.hours ?? 0) : hours;
  const settled = samples.filter((sample) => sample.hours > WARM_UP_SHARE * lived);
  const slopeIn = (of: (sample: MemorySample) => number) =>
    slope(
      settled.map((sample) => sample.hours),
      settled.map(of),
    );
  return {
    origin: "twin",
    board,
    hours: lived,
    samples,
    heap: slopeIn(({ heapMb, externalMb }) => heapMb + externalMb),
    rss: slopeIn(({ rssMb }) => rssMb),
    nonces,
    violations,
  };
}

/** Node hands its collector out only to who asks for it by a flag. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
