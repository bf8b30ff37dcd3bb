/** Sensor history for the strip charts, gathered from the readings that arrive while the page is open. */
import type { Readings } from "../../../messages.ts";
import { ColumnRing } from "./ring.ts";

export const HISTORY_MS = 600_000;
const LEAST_SPAN_MS = 60_000;
/** Longer than this between two readings is a break in the line, not a slope. */
const BREAK_MS = 5000;
const CAPACITY = 12_000;

const COLUMNS = ["chipTempC", "boardTempC", "regulatorTempC", "powerW", "hashRateGhs", "expectedGhs"] as const;
export type HistoryColumn = (typeof COLUMNS)[number];

export class ReadingsHistory {
  readonly #ring = new ColumnRing(["wallMs", ...COLUMNS], CAPACITY);

  /** Readings older than the newest (a repeat, a daemon clock set back) are left out: a chart's time only runs forward. */
  push(readings: Readings): boolean {
    const last = this.#ring.at("wallMs", this.#ring.length - 1);
    if (readings.wallMs <= last) return false;
    if (readings.wallMs - last > BREAK_MS) this.#ring.push(row(last + 1, null));
    this.#ring.push(row(readings.wallMs, readings));
    return true;
  }

  get newestMs(): number | null {
    const last = this.#ring.at("wallMs", this.#ring.length - 1);
    return Number.isNaN(last) ? null : last;
  }

  /** How much time a chart should show: all there is, from one minute up to ten. */
  spanMs(nowMs: number): number {
    const oldest = this.#ring.at("wallMs", 0);
    return Number.isNaN(oldest) ? LEAST_SPAN_MS : Math.min(HISTORY_MS, Math.max(LEAST_SPAN_MS, nowMs - oldest));
  }

  /** Seconds since 1970, then one array per column, of the last ten minutes before `nowMs`; null is unknown. */
  series(columns: readonly HistoryColumn[], nowMs: number): [number[], ...(number | null)[][]] {
    const from = this.#ring.firstAtLeast("wallMs", nowMs - HISTORY_MS);
    const times: number[] = [];
    const values = columns.map((): (number | null)[] => []);
    for (let index = from; index < this.#ring.length; index++) {
      times.push(this.#ring.at("wallMs", index) / 1000);
      for (const [column, name] of columns.entries()) {
        const value = this.#ring.at(name, index);
        values[column]?.push(Number.isNaN(value) ? null : value);
      }
    }
    return [times, ...values];
  }

  clear(): void {
    this.#ring.clear();
  }
}

function row(wallMs: number, readings: Readings | null): Record<"wallMs" | HistoryColumn, number> {
  const value = (name: HistoryColumn): number => readings?.[name] ?? Number.NaN;
  return {
    wallMs,
    chipTempC: value("chipTempC"),
    boardTempC: value("boardTempC"),
    regulatorTempC: value("regulatorTempC"),
    powerW: value("powerW"),
    hashRateGhs: value("hashRateGhs"),
    expectedGhs: value("expectedGhs"),
  };
}
