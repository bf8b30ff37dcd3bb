/** The score card as a part of the page: false alarms, power by strength, calibration. */
import { effectText, type Rate, type ScoreCard } from "../blind/score.ts";
import type { Series } from "../claim.ts";
import { plotSvg } from "./plot-svg.ts";
import { escapeHtml, numberText } from "./text.ts";

export function blindSection({ blind }: { readonly blind: ScoreCard | null }): string {
  if (blind === null)
    return `<h2 id="blind">The instrument, blind</h2><p>Not scored in this folder: <code>settle --blind</code>, then <code>settle score</code>.</p>`;
  const { nullP, calibration, falsePositives, falsePositivesAt, falsePositivesBy, planted, power, answersSha256, origins } = blind;
  return `<section id="blind"><h2>The instrument, blind</h2><p>Before an instrument may say that nothing is there, it has to be shown what it finds. ${blind.files} recordings (origin: ${origins.join(" and ")}), some with something planted, were answered without the key, at level ${blind.alpha}, and scored afterwards. ${blind.unanswered} were left without an answer. The file of answers that was scored has SHA-256 <code>${answersSha256.slice(0, 16)}</code>: who was given it before the keys were opened knows that they were not changed.</p>
<h3>False alarms</h3>
${rates(
  "level",
  falsePositivesAt.map((one) => [String(one.alpha) + (one.alpha === blind.alpha ? " (decides)" : ""), one]),
)}
${rates(
  "nulls of",
  falsePositivesBy.map((one) => [effectText(one), one]),
)}
<p>${falsePositives.found} of ${falsePositives.files} recordings with nothing in them were called planted. ${calibration === null ? "" : `Their p-values against uniform ones: Kolmogorov-Smirnov distance ${numberText(calibration.distance)}, p ${numberText(calibration.pValue)}.`}</p>
${plotSvg({
  title: "Calibration: p-values of recordings with nothing in them",
  x: "p",
  y: "share below",
  series: [
    { name: "nulls", style: "line", points: nullP.map((p, i) => [p, (i + 1) / nullP.length] as const) },
    {
      name: "uniform",
      style: "line",
      points: [
        [0, 0],
        [1, 1],
      ],
    },
  ],
})}
<h3>Power by strength</h3>
<p>${planted.found} of ${planted.files} recordings with something planted were found (95 %: ${numberText(planted.interval[0])} to ${numberText(planted.interval[1])}). Recordings of different lengths stand side by side: a weak effect in a long one may be found more often than a strong one in a short one.</p>
${pointsFound(power).map(plotSvg).join("\n")}
${rates(
  "planted",
  power.map((one) => [`${effectText(one)}, strength ${one.strength}`, one]),
)}</section>`;
}

function rates(what: string, rows: readonly (readonly [string, Rate])[]): string {
  const cells = rows.map(
    ([name, { found, files, interval }]) =>
      `<tr><td>${escapeHtml(name)}</td><td class="number">${found} of ${files}</td><td class="faint">${numberText(interval[0])} to ${numberText(interval[1])}</td></tr>`,
  );
  return `<table><tr><th>${what}</th><th>found</th><th>95 %</th></tr>${cells.join("")}</table>`;
}

/** Three effects a plot: as many colours as there are. Points and no lines, since recordings of different lengths have no curve in common; from none to all. */
function pointsFound(power: ScoreCard["power"]) {
  const series = new Map<string, [number, number][]>();
  for (const one of power) {
    const name = effectText(one);
    series.set(name, [...(series.get(name) ?? []), [one.strength, one.found / one.files]]);
  }
  const lines: Series[] = [...series]
    .filter(([, points]) => points.length > 1)
    .map(([name, points]) => ({ name, style: "points", points }));
  return Array.from({ length: Math.ceil(lines.length / 3) }, (_, i) => ({
    title: "Share found, by what was planted",
    x: "strength",
    y: "share found",
    series: lines.slice(3 * i, 3 * i + 3),
    marks: [
      { axis: "y" as const, at: 0, label: "" },
      { axis: "y" as const, at: 0.95, label: "0.95" },
    ],
  }));
}
