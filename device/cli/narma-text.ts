import { ALPHA } from "../../reservoir/verdict/beats.ts";
import type { NarmaReport } from "../../telemetry/messages.ts";
import { findableGain } from "../experiments/budget.ts";
import { duration } from "./experiment-text.ts";
import { type NarmaLengths, stepsIn } from "./narma-lengths.ts";
import { table } from "./table.ts";

/** What a run on a board takes and can find, before it begins. `stepMs`: at the least. */
export function narmaForecast(lengths: NarmaLengths, stepMs: number): string {
  const steps = stepsIn(lengths);
  const seconds = (steps * stepMs) / 1000;
  return [
    `${steps} steps of ${stepMs.toFixed(0)} ms: ${duration(seconds)} at the least, more on a busy host; bring-up, enrolment and scoring not counted.`,
    powerText(lengths.test),
  ].join("\n");
}

/** False-positive rate and power of the paired test. */
function powerText(test: number): string {
  const least = (100 * findableGain(test, ALPHA)).toPrecision(2);
  return (
    `The paired test says yes where there is nothing in at most ${100 * ALPHA} % of runs; of ${test} test steps it finds a squared error ${least} % lower ` +
    "in 9 of 10 runs when the two errors are unrelated (less when they are alike)."
  );
}

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
    powerText(report.test),
    "",
    table(["predictor", "features", "NRMSE (std)", "(by range)", "what it is"], rows),
    "",
    `seed ${report.seed}, ${report.redraws} redraws, washout ${report.washout}, train ${report.train}, test ${report.test}${stepText(report)}`,
    `features used: ${listed(report.featuresUsed)}`,
    ...report.excluded.reasons.map(({ reason, steps }) => `${steps} steps left out: ${reason}`),
    ...report.featuresRefused.map((refused) => `feature refused: ${refused.name} (${refused.reason})`),
  ].join("\n");
}

/** Steps of a dialogue and of a replay last as long as those take. */
function stepText({ mode, stepMs }: NarmaReport): string {
  return mode?.name === "dialogue" || mode?.name === "golden" ? "" : `, step ${stepMs} ms`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.length <= 15 ? names.join(", ") : `${names.slice(0, 3).join(", ")}, ... ${names.at(-1)} (${names.length} in all)`;
}
