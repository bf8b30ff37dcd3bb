import { hostClock } from "../../common/clock.ts";
import { ConfigError, DriverError } from "../../common/errors.ts";
import { parseAxeOsUrl } from "../../drivers/boards/axeos/address.ts";
import { AxeOsMiner } from "../../drivers/boards/axeos/axeos.ts";
import { type RateBudget, rateBudget, rateBudgetOf } from "../../drivers/boards/axeos/rate-budget.ts";
import { parseApiAddress } from "../../drivers/boards/stock-miner/address.ts";
import { applyToStockMiner } from "../../drivers/boards/stock-miner/apply.ts";
import { StockMiner } from "../../drivers/boards/stock-miner/stock-miner.ts";
import { EXIT, reportError } from "./exit.ts";
import { axeOsText, budgetText, stockText } from "./miner-text.ts";

export interface MinerOptions {
  url?: string;
  cgminer?: string;
  timeoutMs: number;
  json?: boolean;
}
export interface MinerSetOptions extends MinerOptions {
  frequency?: number;
  voltage?: number;
  fan?: number;
  restart?: boolean;
  withinS?: number;
}

export type NamedMiner = { readonly kind: "axeos"; readonly miner: AxeOsMiner } | { readonly kind: "cgminer"; readonly miner: StockMiner };

/** ConfigError BAD_OPTION, DriverError AXEOS_ADDRESS, STOCK_MINER_ADDRESS. */
export function minerOf({ url, cgminer, timeoutMs }: MinerOptions): NamedMiner {
  if (url !== undefined) return { kind: "axeos", miner: new AxeOsMiner(parseAxeOsUrl(url), { timeoutMs }) };
  if (cgminer !== undefined) return { kind: "cgminer", miner: new StockMiner(parseApiAddress(cgminer), { timeoutMs }) };
  throw new ConfigError(
    "BAD_OPTION",
    "Which miner is not said.",
    "Give --url http://ADDRESS for AxeOS, or --cgminer HOST for cgminer's API.",
  );
}

export async function minerInfoCommand(options: MinerOptions): Promise<number> {
  return judged(options, async () => {
    const named = minerOf(options);
    if (named.kind === "axeos") {
      const info = await named.miner.info();
      const budget = rateBudgetOf(info);
      say(options, { kind: "axeos", ...info, rateBudget: budget }, axeOsText(info) + budgetText(budget));
    } else {
      const info = await named.miner.info();
      const knobs = await named.miner.knobs();
      const budget = stockBudget(info.summary.averageGhs);
      say(options, { kind: "cgminer", ...info, knobs, rateBudget: budget }, stockText(info, knobs) + budgetText(budget));
    }
    return EXIT.good;
  });
}

export async function minerSetCommand(options: MinerSetOptions): Promise<number> {
  return judged(options, async () => {
    const named = minerOf(options);
    const { frequency: frequencyMhz, voltage, fan: fanPercent, restart = false, withinS } = options;
    const clock = hostClock();
    const within = withinS === undefined ? {} : { withinMs: withinS * 1000 };
    if (named.kind === "axeos") {
      const { miner } = named;
      // What an experiment at this set-point can hope for, before it is begun.
      if (frequencyMhz !== undefined)
        process.stderr.write(budgetText(rateBudgetOf({ ...(await miner.info()), frequencyMhz, actualFrequencyMhz: null })));
      const applied = await miner.apply({ frequencyMhz, coreVoltageMv: voltage, fanPercent }, { clock, restart, ...within });
      const { tookMs, lost, readBack } = applied;
      say(
        options,
        { kind: "axeos", origin: applied.after.origin, tookMs, lost, ...readBack, after: applied.after },
        `Set, and measured to be so after ${(tookMs / 1000).toFixed(1)} s (origin: ${applied.after.origin}).\n${axeOsText(applied.after)}`,
      );
      return EXIT.good;
    }
    if (fanPercent !== undefined || restart)
      throw new ConfigError("BAD_OPTION", "--fan and --restart are AxeOS'.", "Leave them out with --cgminer.");
    const { before, after, tookMs, lost } = await applyToStockMiner(
      named.miner,
      { frequencyMhz, chainVoltageMv: voltage },
      { clock, ...within },
    );
    say(
      options,
      { kind: "cgminer", origin: after.origin, tookMs, lost, before, after },
      `Set, and read back after ${(tookMs / 1000).toFixed(1)} s (origin: ${after.origin}).\n${stockText(after, null)}`,
    );
    return EXIT.good;
  });
}

/** At its floor of 256, the least difficulty that an S9 reports at. CLAIMS B */
const stockBudget = (averageGhs: number | null): RateBudget | null =>
  averageGhs === null || averageGhs <= 0 ? null : rateBudget(averageGhs, 256);

function say({ json }: MinerOptions, document: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : text);
}

/** A miner's no is an answer; an address or a set-point that cannot be is the caller's. */
export async function judged(options: MinerOptions, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof DriverError ? error.code : "";
    const isNo = /_(READ_BACK|RESTARTED|NOT_SAFE|NO_KNOB|MODEL|REFUSED|SILENT|CLOSED)$/.test(code) && code !== "SETPOINT_REFUSED";
    const isUsage = /_ADDRESS$/.test(code) || code === "SETPOINT_REFUSED";
    if (!isNo && !isUsage) throw error;
    reportError(error, options.json ?? false);
    return isNo ? EXIT.no : EXIT.usage;
  }
}
