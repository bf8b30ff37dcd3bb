import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import { passes } from "../../drivers/boards/axeos/apply.ts";
import type { AxeOsMiner } from "../../drivers/boards/axeos/axeos.ts";
import { rateBudgetOf } from "../../drivers/boards/axeos/rate-budget.ts";
import { EXIT } from "./exit.ts";
import { judged, type MinerOptions, minerOf } from "./miner.ts";
import { budgetText } from "./miner-text.ts";

export interface MinerWatchOptions extends MinerOptions {
  seconds?: number;
  poll?: boolean;
}

/** A line of what a watcher wants to see, whoever says it. */
interface Line {
  readonly origin: Origin;
  readonly uptimeS: number;
  readonly frequencyMhz: number | null;
  readonly voltageMv: number | null;
  readonly hashRateGhs: number | null;
  readonly chipTempC: number | null;
  readonly sharesAccepted: number | null;
}

const EVERY_MS = 1000;
/** Readings in a row that may be lost before a miner counts as gone. */
const LOST = 10;

export async function minerWatchCommand(options: MinerWatchOptions): Promise<number> {
  return judged(options, async () => {
    const named = minerOf(options);
    const clock = hostClock();
    const stop = new AbortController();
    const end = () => stop.abort();
    const timer = options.seconds === undefined ? undefined : setTimeout(end, options.seconds * 1000);
    process.once("SIGINT", end).once("SIGTERM", end);
    try {
      if (named.kind === "axeos") {
        process.stderr.write(budgetText(rateBudgetOf(await named.miner.info())));
        const lines = options.poll ? polled(clock, stop.signal, () => axeOsLine(named.miner)) : heard(clock, stop.signal, named.miner);
        return await show(lines, options.json ?? false);
      }
      const { miner } = named;
      const line = async (): Promise<Line> => {
        const { origin, summary, chains, voltagesMv } = await miner.info();
        const temps = chains?.chains.map(({ chipTempC }) => chipTempC).filter((c) => c !== null) ?? [];
        return {
          origin,
          uptimeS: summary.uptimeS,
          frequencyMhz: chains?.frequencyMhz ?? null,
          voltageMv: voltagesMv?.[0] ?? null,
          hashRateGhs: summary.hashRateGhs,
          chipTempC: temps.length === 0 ? null : Math.max(...temps),
          sharesAccepted: summary.sharesAccepted,
        };
      };
      return await show(polled(clock, stop.signal, line), options.json ?? false);
    } finally {
      clearTimeout(timer);
      process.off("SIGINT", end).off("SIGTERM", end);
    }
  });
}

async function axeOsLine(miner: AxeOsMiner): Promise<Line> {
  return lineOf(await miner.info());
}

function lineOf(info: Awaited<ReturnType<AxeOsMiner["info"]>>): Line {
  const { origin, uptimeS, hashRateGhs, chipTempC, sharesAccepted } = info;
  return {
    origin,
    uptimeS,
    frequencyMhz: info.actualFrequencyMhz ?? info.frequencyMhz,
    voltageMv: info.measuredCoreVoltageMv,
    hashRateGhs,
    chipTempC,
    sharesAccepted,
  };
}

/** One a second of what the miner says by itself. */
async function* heard(clock: Clock, signal: AbortSignal, miner: AxeOsMiner): AsyncGenerator<Line> {
  let shownNs: bigint | null = null;
  for await (const info of miner.live({ signal })) {
    // Half the interval's jitter is let through, or every second record would be left out.
    if (shownNs !== null && elapsedMs(clock, shownNs) < EVERY_MS * 0.75) continue;
    shownNs = clock.nowNs();
    yield lineOf(info);
  }
}

async function* polled(clock: Clock, signal: AbortSignal, ask: () => Promise<Line>): AsyncGenerator<Line> {
  for (let lost = 0; !signal.aborted; ) {
    try {
      yield await ask();
      lost = 0;
    } catch (error) {
      const isPassing = passes(error) || (error instanceof DriverError && /^STOCK_MINER_(UNREACHABLE|TIMEOUT|CUT)$/.test(error.code));
      if (!isPassing || ++lost >= LOST) throw error;
      process.stderr.write(`${explain(error)}\n`);
    }
    await clock.sleep(EVERY_MS, signal).catch(() => {});
  }
}

async function show(lines: AsyncGenerator<Line>, json: boolean): Promise<number> {
  let before: Line | null = null;
  let restarts = 0;
  const cell = (value: number | null, unit: string, digits: number) =>
    `${value === null ? "unknown" : value.toFixed(digits)} ${unit}`.padStart(14);
  for await (const line of lines) {
    if (before !== null && line.uptimeS < before.uptimeS) {
      restarts++;
      process.stderr.write("It restarted.\n");
    }
    before = line;
    const { origin, uptimeS, frequencyMhz, voltageMv, hashRateGhs, chipTempC, sharesAccepted } = line;
    const text = `${String(uptimeS).padStart(8)} s ${cell(frequencyMhz, "MHz", 1)} ${cell(voltageMv, "mV", 0)} ${cell(hashRateGhs, "GH/s", 1)} ${cell(chipTempC, "C", 1)} ${cell(sharesAccepted, "shares", 0)}  (${origin})`;
    process.stdout.write(`${json ? JSON.stringify(line) : text}\n`);
  }
  return restarts > 0 ? EXIT.no : EXIT.good;
}
