import { table } from "../cli/table.ts";
import type { ConnectionReport, StratumReport } from "./share-log.ts";

const MODE_TEXT = {
  swh: "one job, one answer",
  prefetch: "the next job is there before the answer",
  pool: "jobs as an ordinary pool's",
  storm: "a storm of jobs",
} as const;

/** The report for a person. */
export function reportText(runId: number, store: string, report: StratumReport): string {
  const counts = Object.entries(report.counts).map(([name, n]) => `${n} ${name}`);
  const closed = Object.entries(report.closed).filter(([, n]) => n > 0);
  return [
    `Run ${runId} in ${store} (origin: ${report.origin}): ${report.durationS.toFixed(1)} s, ${MODE_TEXT[report.mode]}.`,
    `Shares: ${counts.join(", ")}.`,
    ...(report.connections.length === 0 ? ["No miner has sent a share."] : []),
    ...report.connections.slice(0, 20).map(connectionText),
    ...(report.connections.length > 20 ? [`... and ${report.connections.length - 20} more connections (--json lists all)`] : []),
    ...(closed.length === 0 ? [] : [`Connections that ended: ${closed.map(([name, n]) => `${n} ${name}`).join(", ")}.`]),
    "",
  ].join("\n");
}

/** Below 1 as a power: 2^-20 reads better than its decimals. */
const powerText = (difficulty: number): string => (difficulty < 1 ? `2^${Math.log2(difficulty)}` : String(difficulty));

function connectionText(connection: ConnectionReport): string {
  const { timing, effectiveDifficulty: difficulty, handOverUs, answerMs } = connection;
  const between = (range: readonly [number, number], digits: number) => `${range[0].toFixed(digits)} to ${range[1].toFixed(digits)}`;
  const rows: [string, string][] = [
    ["jobs sent, of them without an answer in time", `${connection.jobsSent}, ${connection.deadlines}`],
    ["shares that came together with another", `${connection.batched}`],
  ];
  if (timing !== null)
    rows.push(
      ["CV of the intervals", `${timing.cv.toFixed(4)} (${timing.intervals} intervals, mean ${timing.meanMs.toFixed(2)} ms)`],
      ["rate while shares can come", `${timing.ratePerS.toFixed(3)}/s`],
      ["dead time between shares", `${timing.deadTimeMs.toFixed(2)} ms (${between(timing.deadTimeIntervalMs, 2)})`],
      ["CV that this dead time gives by itself", `${timing.nullCv.toFixed(4)} (${between(timing.nullBand, 4)})`],
      ["is the CV explained by it", timing.explained ? "yes" : "no"],
    );
  else rows.push(["CV of the intervals", "too few shares"]);
  if (difficulty !== null)
    rows.push([
      "effective difficulty",
      `${difficulty.powerOfTwo === null ? difficulty.least.toPrecision(6) : powerText(difficulty.powerOfTwo)} (${difficulty.interval.map((d) => d.toPrecision(6)).join(" to ")})`,
    ]);
  if (answerMs !== null) rows.push(["job to answer, median and p99", `${answerMs.median.toFixed(2)} ms, ${answerMs.p99.toFixed(2)} ms`]);
  if (handOverUs !== null)
    rows.push(["hand-over by the server, median and p99", `${handOverUs.median.toFixed(0)} us, ${handOverUs.p99.toFixed(0)} us`]);
  return `\nConnection ${connection.connection}, ${connection.agent ?? "unnamed"}\n${table(["quantity", "value"], rows)}`;
}
