/** What a daemon with its telemetry takes of memory while virtual time goes by: a leak of some bytes a second shows in a day. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { studentTQuantile } from "../../reservoir/statistics/special.ts";
import type { TwinBoard } from "../../twin/index.ts";
import type { Violation } from "./invariants.ts";
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

/** A straight line's slope with its 95 % interval, MB per virtual hour. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
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

/** A daemon on a twin without a fault for so many virtual hours, two dashboards and a broker with it. Takes the process's folder, as `simulate` does. */
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
    published: (update) => {
      if (update.topic === "totals") nonces = update.value.valid;
    },
    meddle(bench) {
      meddle?.(bench);
      const look = () => {
        collect();
        const { heapUsed, external, rss } = process.memoryUsage();
        const sample = { hours: bench.time.nowNs / 3.6e12, heapMb: heapUsed / MB, externalMb: external / MB, rssMb: rss / MB };
        samples.push(sample);
        onSample(sample);
        if (signal?.aborted) return bench.stop();
        bench.time.after(everyMinutes * 60_000, look);
      };
      bench.time.after(everyMinutes * 60_000, look);
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

/** Least squares with Student's interval, which takes the residuals for independent; null of fewer than four points. */
export function slope(x: readonly number[], y: readonly number[]): Slope | null {
  const n = x.length;
  if (n < 4) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanX, meanY] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, at) => sum + (at - meanX) ** 2, 0);
  const perHour = x.reduce((sum, at, i) => sum + (at - meanX) * ((y[i] as number) - meanY), 0) / sxx;
  const residual = x.reduce((sum, at, i) => sum + ((y[i] as number) - meanY - perHour * (at - meanX)) ** 2, 0);
  const half = studentTQuantile(0.025, n - 2) * Math.sqrt(residual / (n - 2) / sxx);
  return { perHour, low: perHour - half, high: perHour + half };
}

/** Node hands its collector out only to who asks for it by a flag. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
