/** `asic-reservoir memory`: whether the daemon's memory stays as it is while virtual time goes by. */
import type { TwinBoard } from "../../twin/index.ts";
import { type MemoryReport, type MemorySample, watchMemory } from "../simulation/memory.ts";
import { type Slope, type Trend, trendOf } from "../simulation/memory-trend.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";

export interface MemoryCommandOptions {
  board: TwinBoard;
  hours: number;
  every: number;
  difficulty?: number;
  /** MB that 24 hours may add. */
  most: number;
  json?: boolean;
}

const KB_PER_MB = 1024;
const TREND_TEXT: Record<Trend, string> = {
  flat: "Flat: in 24 hours it grows by less than",
  grows: "It grows: in 24 hours by more than",
  "not told": "Not told: the samples are too few or too restless to say whether 24 hours add less than",
};

export async function memoryCommand({ board, hours, every, difficulty, most, json = false }: MemoryCommandOptions): Promise<number> {
  const line = new ProgressLine();
  let wholeHours = 0;
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const report = await watchMemory({
    board,
    hours,
    everyMinutes: every,
    ticketDifficulty: difficulty,
    signal: interrupted.signal,
    onSample(sample) {
      if (Math.floor(sample.hours + 1e-9) > wholeHours) line.say(sampleText(sample));
      wholeHours = Math.floor(sample.hours + 1e-9);
      line.show(`${sample.hours.toFixed(1)} of ${hours} h`, sample.hours, hours);
    },
  });
  line.clear();
  const trend = trendOf(report.heap, most);
  process.stdout.write(json ? `${JSON.stringify({ ...report, mostMbADay: most, trend })}\n` : reportText(report, trend, most));
  return trend !== "flat" || report.violations.length > 0 ? EXIT.no : EXIT.good;
}

function sampleText({ hours, heapMb, externalMb, rssMb }: MemorySample): string {
  return `${hours.toFixed(1).padStart(6)} h  heap ${heapMb.toFixed(2)} MB  beside it ${externalMb.toFixed(2)} MB  resident ${rssMb.toFixed(1)} MB`;
}

function reportText({ board, hours, samples, heap, rss, nonces, violations }: MemoryReport, trend: Trend, most: number): string {
  return [
    `${+hours.toFixed(2)} h of virtual time on ${board} (origin: twin), ${samples.length} samples, ${nonces} valid nonces.`,
    `Heap and what is beside it: ${slopeText(heap)}`,
    `Resident: ${slopeText(rss)}`,
    `${TREND_TEXT[trend]} ${most} MB.`,
    ...violations.map(({ rule, what }) => `BROKEN ${rule}: ${what}`),
    "",
  ].join("\n");
}

function slopeText(slope: Slope | null): string {
  if (slope === null) return "too few samples for a trend";
  const kb = (mb: number) => (mb * KB_PER_MB).toFixed(1);
  if (!Number.isFinite(slope.high)) return `${kb(slope.perHour)} kB an hour, and the samples do not say how sure that is`;
  return `${kb(slope.perHour)} kB an hour (95 %: ${kb(slope.low)} to ${kb(slope.high)})`;
}
