import { z } from "zod";

/** GET /api/system/statistics: specs/bm1366.md 6.5. Rows as long as the labels; null where the miner had no value. */
export const axeOsStatistics = z
  .object({
    currentTimestamp: z.number().nonnegative(),
    labels: z.array(z.string().max(64)).max(64),
    statistics: z.array(z.array(z.number().nullable()).max(64)).max(10_000),
  })
  .refine(({ labels, statistics }) => statistics.every((row) => row.length === labels.length), "a row has another length than the labels")
  .refine(({ labels }) => labels.includes("timestamp"), "no column is called timestamp")
  .transform(({ currentTimestamp, labels, statistics }) => {
    const column = (label: string) => statistics.map((row) => row[labels.indexOf(label)] ?? null);
    return {
      /** Since the miner began to run, ms. LVXX firmware counts tenths of a second. */
      nowMs: currentTimestamp,
      timesMs: column("timestamp"),
      columns: Object.fromEntries(labels.filter((label) => label !== "timestamp").map((label) => [label, column(label)])),
    };
  });
export type AxeOsStatistics = z.output<typeof axeOsStatistics>;

/** What can be asked for. */
export const STATISTICS_COLUMNS = [
  "hashrate",
  "hashrate_1m",
  "hashrate_10m",
  "hashrate_1h",
  "errorPercentage",
  "asicTemp",
  "asicTemp2",
  "vrTemp",
  "asicVoltage",
  "voltage",
  "power",
  "current",
  "fanSpeed",
  "fanRpm",
  "fan2Rpm",
  "wifiRssi",
  "freeHeap",
  "responseTime",
] as const;
export type StatisticsColumn = (typeof STATISTICS_COLUMNS)[number];
