/** What miners say, for a person. */
import type { AxeOsInfo } from "../../drivers/boards/axeos/info.ts";
import type { RateBudget } from "../../drivers/boards/axeos/rate-budget.ts";
import type { Knobs } from "../../drivers/boards/stock-miner/knobs.ts";
import type { StockMinerInfo } from "../../drivers/boards/stock-miner/stock-miner.ts";
import { table } from "./table.ts";

const said = (value: number | null, unit: string, digits = 0): string => (value === null ? "unknown" : `${value.toFixed(digits)} ${unit}`);

export function axeOsText(info: AxeOsInfo): string {
  const rows: [string, string][] = [
    ["chip, board", `${info.asicModel}, ${info.boardVersion ?? "unknown"}`],
    ["firmware", `${info.version ?? "unknown"}, up for ${info.uptimeS} s`],
    ["frequency set, running at", `${said(info.frequencyMhz, "MHz", 2)}, ${said(info.actualFrequencyMhz, "MHz", 2)}`],
    ["core voltage set, measured", `${said(info.coreVoltageMv, "mV")}, ${said(info.measuredCoreVoltageMv, "mV")}`],
    ["hash rate, expected", `${said(info.hashRateGhs, "GH/s", 1)}, ${said(info.expectedGhs, "GH/s", 1)}`],
    ["power", said(info.powerMw === null ? null : info.powerMw / 1000, "W", 1)],
    ["chip, regulator", `${said(info.chipTempC, "C", 1)}, ${said(info.regulatorTempC, "C", 1)}`],
    ["fan", `${said(info.fanPercent, "%")}, ${said(info.fanRpm, "rpm")}`],
    ["shares accepted, rejected", `${info.sharesAccepted ?? "unknown"}, ${info.sharesRejected ?? "unknown"}`],
    ["WiFi", said(info.wifiRssiDbm, "dBm")],
  ];
  if (info.fault !== null || info.overheated === true) rows.push(["fault", info.fault ?? "it overheated"]);
  return `${info.hostname ?? "AxeOS"} (origin: ${info.origin})\n${table(["quantity", "value"], rows)}\n`;
}

export function stockText(info: StockMinerInfo, knobs: Knobs | null): string {
  const { summary, chains } = info;
  const lines = [
    `${info.type ?? "A miner with cgminer's API"}, ${info.program ?? "unknown program"} ${info.firmware ?? ""} (origin: ${info.origin})`,
    `Up for ${summary.uptimeS} s, ${said(summary.hashRateGhs, "GH/s", 1)} now, ${said(summary.averageGhs, "GH/s", 1)} on average; shares: ${summary.sharesAccepted ?? "unknown"} accepted, ${summary.sharesRejected ?? "unknown"} rejected; ${summary.hardwareErrors ?? "unknown"} hardware errors.`,
  ];
  if (chains === null) lines.push("It tells nothing of its chains.");
  else
    lines.push(
      table(
        ["chain", "chips", "answering", "MHz", "GH/s", "errors", "board C", "chip C"],
        chains.chains.map((each) =>
          [
            each.chain,
            each.chips,
            each.answering,
            each.frequencyMhz,
            each.hashRateGhs,
            each.hardwareErrors,
            each.boardTempC,
            each.chipTempC,
          ].map((cell) => (cell === null ? "–" : String(cell))),
        ),
      ),
    );
  if (info.voltagesMv !== null) lines.push(`Voltages: ${info.voltagesMv.map((mv) => said(mv, "mV")).join(", ")}.`);
  if (info.mended.length > 0) lines.push(`Its answers had to be mended: ${info.mended.join(", ")}.`);
  if (knobs !== null) {
    const names = Object.entries(knobs).map(
      ([knob, { option, range }]) => `${knob} (${option}${range === null ? "" : ` ${range.min} to ${range.max}`})`,
    );
    lines.push(names.length === 0 ? "Its firmware lets nothing be set over this API." : `It may be set: ${names.join(", ")}.`);
  }
  return `${lines.join("\n")}\n`;
}

export function budgetText(budget: RateBudget | null): string {
  if (budget === null) return "Rate budget: unknown, because its hash rate is.\n";
  const { sharesPerS, difficulty, stepSeconds, runHours, cvErrorAfterAnHour } = budget;
  const long = (s: number) =>
    s < 120
      ? `${s.toFixed(0)} s`
      : s < 7200
        ? `${(s / 60).toFixed(0)} min`
        : s < 172_800
          ? `${(s / 3600).toFixed(1)} h`
          : `${(s / 86_400).toFixed(1)} days`;
  return `Rate budget: ${sharesPerS.toPrecision(3)} shares/s at difficulty ${difficulty}. A step of 100 shares takes ${long(stepSeconds)}, a run of 2000 such steps ${long(runHours * 3600)}; after an hour a CV is known to ${cvErrorAfterAnHour.toFixed(3)} (standard deviation).\n`;
}
