/** A run on one page: one HTML file that needs nothing else, and no script. */
import { ScienceError } from "../../common/errors.ts";
import type { NarmaReport } from "../../telemetry/messages.ts";
import type { StoredResult } from "../../telemetry/store/store.ts";
import { PLOT_KINDS, type PlotKind, plot } from "./kinds.ts";
import { aboutRun, type RunMaterial } from "./material.ts";
import { escaped } from "./svg.ts";

/** Of a result as JSON, characters; the record has all of it. */
const MOST_JSON = 20_000;

/** Figures keep their light ground, with the colours that were chosen for it; on a phone they are scrolled, for their words would be too small to read. */
const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --ground: #fff; --rule: #d8dde3; --code: #f4f6f8; --faint: #5b636d }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaee; --ground: #14181d; --rule: #37414c; --code: #1e252c; --faint: #9aa5b1 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem } section { overflow-x: auto; margin-bottom: 1.5rem } img { max-width: 100%; height: auto; display: block; background: #fff; border-radius: .4rem }
.origin { display: inline-block; font-weight: 700; padding: .2rem .7rem; border-radius: .3rem; background: #e69f00; color: #1b1f24 }
.origin.hardware { background: #00694c; color: #fff }
th + td { overflow-wrap: anywhere } table { border-collapse: collapse } td, th { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--rule); vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums } pre { overflow: auto; background: var(--code); padding: .8rem; font-size: 12px }
.origin-bar { position: sticky; top: 0; background: var(--ground); padding: .5rem 0; z-index: 1 } .missing { color: var(--faint) }
@media (max-width: 640px) { img { max-width: none; width: 44rem } }
@media print { details { display: none } .origin-bar { position: static } img { max-width: 100%; width: auto } }`;

export interface Report {
  readonly html: string;
  readonly plots: readonly PlotKind[];
}

export function reportOf(material: RunMaterial): Report {
  const { run, results } = material;
  const figures = PLOT_KINDS.map((kind) => ({ kind, ...figureOf(kind, material) }));
  const title = `Run ${run.id}: ${run.kind} (origin: ${run.origin})`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>
<div class="origin-bar"><span class="origin ${run.origin}">origin: ${run.origin}</span></div>
<h1>Run ${run.id}: ${escaped(run.kind)}</h1>
<p>${escaped(aboutRun(material).run)}</p>
<p>${escaped(run.note)}</p>
${factsOf(material)}
${results
  .filter(({ kind }) => kind === "narma10-report")
  .map(narmaOf)
  .join("\n")}
<h2>Figures</h2>
${figures.map(({ kind, html: figure }) => `<section id="${kind}" tabindex="0" aria-label="Figure: ${kind}">${figure}</section>`).join("\n")}
<h2>Results</h2>
${results.length === 0 ? "<p>None.</p>" : results.map(resultOf).join("\n")}
<h2>How it was made</h2>
<details><summary>Plan, seeds, configuration, software</summary><pre>${escaped(JSON.stringify(run.provenance, null, 2))}</pre></details>
</main></body></html>
`;
  return { html, plots: figures.filter(({ shown }) => shown).map(({ kind }) => kind) };
}

function figureOf(kind: PlotKind, material: RunMaterial): { html: string; shown: boolean } {
  try {
    const svg = Buffer.from(plot(kind, material)).toString("base64");
    const alt = `${kind} of run ${material.run.id}, origin ${material.run.origin}`;
    return { html: `<img alt="${escaped(alt)}" src="data:image/svg+xml;base64,${svg}">`, shown: true };
  } catch (error) {
    if (!(error instanceof ScienceError)) throw error;
    return { html: `<p class="missing">${escaped(`No figure "${kind}": ${error.hint}`)}</p>`, shown: false };
  }
}

function factsOf({ run, cut }: RunMaterial): string {
  const rows: [string, string][] = [
    ["origin", run.origin],
    ["status", run.status],
    ["started", new Date(run.startedWallMs).toISOString()],
    ["ended", run.endedWallMs === null ? "it goes on" : new Date(run.endedWallMs).toISOString()],
    ["record", `${run.nonces} nonces, ${run.jobs} jobs, ${run.setPoints} set-points, ${run.samples} samples`],
    ["software", run.software ?? "unknown"],
    ["configuration", run.configSha256 === null ? "unknown" : `SHA-256 ${run.configSha256}`],
    ...run.dropped.map(({ what, count, reason }): [string, string] => ["dropped", `${count} ${what}: ${reason}`]),
    ...(run.imported === null ? [] : [["imported", new Date(run.imported.wallMs).toISOString()] satisfies [string, string]]),
    ...(cut === "" ? [] : [["figures", cut] satisfies [string, string]]),
  ];
  return `<table>${rows.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join("")}</table>`;
}

function narmaOf({ value }: StoredResult): string {
  const report = value as NarmaReport;
  const rows = [report.substrate, ...report.controls].map(
    ({ name, description, nrmse, features }) =>
      `<tr><td>${escaped(name)}</td><td class="number">${nrmse.toFixed(4)}</td><td class="number">${features}</td><td>${escaped(description)}</td></tr>`,
  );
  const head = "<tr><th>name</th><th>NRMSE</th><th>features</th><th>what it is</th></tr>";
  return `<h2>NARMA-10 (origin: ${escaped(report.origin)})</h2><p><strong>${escaped(report.verdict)}</strong></p><table>${head}${rows.join("")}</table>`;
}

function resultOf({ kind, origin, wallMs, value }: StoredResult): string {
  const json = JSON.stringify(value, null, 2);
  const shown = json.length > MOST_JSON ? `${json.slice(0, MOST_JSON)}\n… (${json.length} characters; the record has all of it)` : json;
  const when = new Date(wallMs).toISOString();
  return `<details><summary>${escaped(kind)} (origin: ${origin}), ${when}</summary><pre>${escaped(shown)}</pre></details>`;
}
