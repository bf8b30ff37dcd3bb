import type { NarmaReport } from "../../telemetry/messages.ts";
import { table } from "./table.ts";

/** The report of a NARMA-10 run for a person: verdict first, then the rows behind it. */
export function narmaText(report: NarmaReport): string {
  const rows = [report.substrate, ...report.controls]
    .sort((a, b) => a.nrmse - b.nrmse)
    .map((row) => [
      row === report.substrate ? `> ${row.name}` : `  ${row.name}`,
      String(row.features),
      row.nrmse.toFixed(4),
      row.rmseOverRange.toFixed(4),
      row.description,
    ]);
  const { beatsTaps } = report;
  return [
    `NARMA-10 (origin: ${report.origin})`,
    report.verdict,
    ...(report.mode ? [`Mode ${report.mode.name}. ${report.mode.words} ${report.mode.hostMemory.words}`] : []),
    `Paired test against the ${beatsTaps.taps} taps: Diebold-Mariano ${beatsTaps.dmStatistic.toFixed(2)}, one-sided p = ${beatsTaps.pValue.toPrecision(2)}.`,
    "",
    table(["predictor", "features", "NRMSE (std)", "(by range)", "what it is"], rows),
    "",
    `seed ${report.seed}, ${report.redraws} redraws, washout ${report.washout}, train ${report.train}, test ${report.test}, step ${report.stepMs} ms`,
    `features used: ${listed(report.featuresUsed)}`,
    ...report.excluded.reasons.map(({ reason, steps }) => `${steps} steps left out: ${reason}`),
    ...report.featuresRefused.map((refused) => `feature refused: ${refused.name} (${refused.reason})`),
  ].join("\n");
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length <= 15 ? names.join(", ") : `${names.slice(0, 3).join(", ")}, ... ${names.at(-1)} (${names.length} in all)`;
}
