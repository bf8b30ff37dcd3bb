/** A miner with AxeOS on it (Bitaxe, LV06), over its network. specs/bm1366.md 6 */
import { z } from "zod";
import { DriverError } from "../../../common/errors.ts";
import type { MinerAddress } from "./address.ts";
import { type Applied, type ApplyOptions, applySetPoint } from "./apply.ts";
import { exchange, HTTP_LIMITS, type HttpLimits, parseReply } from "./http.ts";
import { type AxeOsAsic, type AxeOsInfo, axeOsAsic, axeOsInfo } from "./info.ts";
import { type LiveOptions, liveStates } from "./live.ts";
import type { AxeOsSetPoint } from "./set-point.ts";
import { type AxeOsStatistics, axeOsStatistics, STATISTICS_COLUMNS, type StatisticsColumn } from "./statistics.ts";

const settings = z.object({ statsFrequency: z.number().nullish() });

/** Errors of every method: DriverError AXEOS_UNREACHABLE, AXEOS_TIMEOUT, AXEOS_DENIED, AXEOS_REFUSED, AXEOS_REPLY. */
export class AxeOsMiner {
  readonly #address: MinerAddress;
  readonly #limits: HttpLimits;

  constructor(address: MinerAddress, limits: Partial<HttpLimits> = {}) {
    this.#address = address;
    this.#limits = { ...HTTP_LIMITS, ...limits };
  }

  async info(): Promise<AxeOsInfo> {
    return this.#read("/api/system/info", axeOsInfo, "system info");
  }

  async asic(): Promise<AxeOsAsic> {
    return this.#read("/api/system/asic", axeOsAsic, "list of ASIC options");
  }

  /** What the miner remembers of itself. AXEOS_NO_STATISTICS when it keeps none: statsFrequency, seconds between rows, is 0 from the factory. */
  async statistics(columns: readonly StatisticsColumn[] = STATISTICS_COLUMNS): Promise<AxeOsStatistics> {
    const statistics = await this.#read(`/api/system/statistics?columns=${columns.join(",")}`, axeOsStatistics, "statistics");
    if (statistics.timesMs.length > 0) return statistics;
    const { statsFrequency } = await this.#read("/api/system/info", settings, "system info");
    if (statsFrequency !== 0) return statistics;
    throw new DriverError("AXEOS_NO_STATISTICS", "The miner keeps no statistics.", "Set its data logging interval (statsFrequency) first.");
  }

  async patch(body: Readonly<Record<string, number>>): Promise<void> {
    await exchange(this.#address, { method: "PATCH", path: "/api/system", body }, this.#limits);
  }

  /** It answers, and restarts a second later. */
  async restart(): Promise<void> {
    await exchange(this.#address, { method: "POST", path: "/api/system/restart", body: {} }, this.#limits);
  }

  /** Sets and proves it: apply.ts. */
  async apply(setPoint: AxeOsSetPoint, options: ApplyOptions): Promise<Applied> {
    return applySetPoint(this, setPoint, options);
  }

  live(options?: LiveOptions): AsyncGenerator<AxeOsInfo, void, void> {
    return liveStates(this.#address, options);
  }

  async #read<T>(path: string, schema: z.ZodType<T>, shape: string): Promise<T> {
    return parseReply(await exchange(this.#address, { method: "GET", path }, this.#limits), schema, shape, this.#limits);
  }
}
