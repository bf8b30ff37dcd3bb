/** The report as one HTML file that needs nothing else: dark and light, one page a claim when printed. */
import type { Evidence, Quantity, Rehearsal, Settled } from "../claim.ts";
import { hoursText } from "../settle.ts";
import { blindSection } from "./blind-html.ts";
import { plotSvg } from "./plot-svg.ts";
import type { Method, SettleReport } from "./report.ts";
import { escapeHtml, numberText } from "./text.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #8a929c; --line: #d8dde3; --a: #0b62c4; --b: #c2410c; --c: #15803d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --faint: #8a929c; --line: #333a42; --a: #6cb2ff; --b: #ff9a62; --c: #69d28e; } }
@media print { :root { --ink: #000; --paper: #fff; --line: #bbb; --a: #0b62c4; --b: #c2410c; --c: #15803d; } section.claim { break-before: page; } nav { display: none; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td.number { font-variant-numeric: tabular-nums; white-space: nowrap; } .faint { color: var(--faint); font-size: .9em; } a { color: var(--a); }
.verdict { font-weight: 700; } .reproduced { color: var(--c); } .refuted { color: var(--b); } .trivially { color: var(--a); }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; } svg .grid { stroke: var(--line); } svg .mark { stroke: var(--faint); stroke-dasharray: 4 3; } svg text.mark { stroke: none; fill: var(--faint); }
path.s0 { stroke: var(--a); fill: none; stroke-width: 1.6; } path.s1 { stroke: var(--b); fill: none; stroke-width: 1.6; } path.s2 { stroke: var(--c); fill: none; stroke-width: 1.6; }
g.s0 { fill: var(--a); } g.s1 { fill: var(--b); } g.s2 { fill: var(--c); } span.s0 { color: var(--a); } span.s1 { color: var(--b); } span.s2 { color: var(--c); }
aside { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; margin: 1.5rem 0; } aside h3 small { font-weight: 400; color: var(--faint); }
code { font-size: .9em; overflow-wrap: anywhere; }`;

export function reportHtml(report: SettleReport): string {
  const methods = new Map(report.methods.map((method) => [method.name, method]));
  const counted = Object.entries(report.verdicts).map(([answer, count]) => `${count} ${answer}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The claims, settled</title><style>${STYLE}</style></head><body>
<h1>The claims, settled</h1>
<p>Each of ${report.claims.length} published claims, what was measured, against which controls, and what follows. ${counted.join(", ")}. A verdict without hardware settles what was published, not what a board could do: where only a board can tell, the page says what it takes.</p>
<p class="faint">${escapeHtml(report.software)}, seed ${report.seed}, plan <code>${escapeHtml(report.planHash)}</code></p>
${overview(report)}
${recordingsSection(report)}
${blindSection(report)}
${report.claims.map((claim) => claimSection(claim, methods.get(claim.name) ?? null)).join("\n")}
${methodsSection(report.methods)}
</body></html>
`;
}

function overview({ claims }: SettleReport): string {
  const rows = claims.map(
    ({ row, name, claim, published, origin, verdict }) =>
      `<tr><td>${row}</td><td><a href="#${name}">${escapeHtml(claim)}</a></td><td>${escapeHtml(published)}</td><td>${origin ?? "–"}</td><td>${verdictText(verdict)}</td></tr>`,
  );
  return `<nav><h2>Overview</h2></nav><table><tr><th></th><th>Claim</th><th>Published</th><th>Origin</th><th>Verdict</th></tr>${rows.join("")}</table>`;
}

function verdictText(verdict: string): string {
  return `<span class="verdict ${escapeHtml(verdict.split(" ")[0] as string)}">${escapeHtml(verdict)}</span>`;
}

function claimSection(claim: Settled, method: Method | null): string {
  const rig = method?.rig ?? null;
  return `<section class="claim" id="${claim.name}"><h2>${claim.row}. ${escapeHtml(claim.claim)}</h2>
<p>Published: ${escapeHtml(claim.published)} (${escapeHtml(claim.device)}). Verdict: ${verdictText(claim.verdict)}. ${claim.origin === null ? "Nothing could be measured." : `Origin: ${claim.origin}.`}</p>
<p>${escapeHtml(claim.because)}</p>
${method === null ? "" : `<p><b>What an answer takes.</b> ${escapeHtml(method.question)}</p>`}
${quantityTable("What was measured", claim.measured)}${quantityTable("Controls", claim.controls)}
${claim.plots.map(plotSvg).join("\n")}
<p><b>Sample.</b> ${escapeHtml(claim.sampleSize)}. <b>Power.</b> ${escapeHtml(claim.power)}.</p>
${rig === null ? "<p><b>On a rig.</b> Nothing that a rig could add.</p>" : `<p><b>On a rig.</b> ${escapeHtml(rig.rig)}: ${escapeHtml(rig.design)}; ${rig.arms} × ${rig.samples} ${escapeHtml(rig.unit)}, about ${hoursText(rig.hours)}. It would find ${escapeHtml(rig.detects)}.</p>`}
${claim.evidence.length === 0 ? "" : evidenceList(claim.name, claim.evidence)}
${claim.rehearsal === null ? "" : rehearsalBlock(claim.name, claim.rehearsal)}</section>`;
}

/** Set apart, so that nobody takes it for the claim's own evidence. */
function rehearsalBlock(name: string, { design, measured, controls, sampleSize, shows, evidence, plots }: Rehearsal): string {
  return `<aside><h3>Rehearsal on a twin <small>origin: twin, no part of the verdict</small></h3>
<p>${escapeHtml(shows)}</p>
<p><b>Design.</b> ${escapeHtml(design)}. <b>Sample.</b> ${escapeHtml(sampleSize)}.</p>
${quantityTable("What the twin did", measured)}${quantityTable("Controls", controls)}
${plots.map(plotSvg).join("\n")}
${evidenceList(name, evidence)}</aside>`;
}

function quantityTable(title: string, quantities: readonly Quantity[]): string {
  if (quantities.length === 0) return "";
  const rows = quantities.map(({ name, value, band, bandOf }) => {
    const within =
      band === undefined ? "" : `${numberText(band[0])} to ${numberText(band[1])}${bandOf === undefined ? "" : ` (${escapeHtml(bandOf)})`}`;
    const cell = typeof value === "number" ? `<td class="number">${numberText(value)}</td>` : `<td>${escapeHtml(value)}</td>`;
    return `<tr><td>${escapeHtml(name)}</td>${cell}<td class="faint">${within}</td></tr>`;
  });
  return `<table><tr><th>${title}</th><th></th><th></th></tr>${rows.join("")}</table>`;
}

function evidenceList(name: string, evidence: readonly Evidence[]): string {
  return `<p class="faint"><b>Evidence.</b> <code>asic-reservoir settle evidence ${name}</code> prints these rows:</p><ul class="faint">${evidence.map((one) => `<li>${evidenceText(one)}</li>`).join("")}</ul>`;
}

function evidenceText(evidence: Evidence): string {
  const hash = `<code>sha256 ${evidence.sha256}</code>`;
  switch (evidence.kind) {
    case "file":
      return `lines ${escapeHtml(evidence.rows)} of the recording ${escapeHtml(evidence.file)}, ${hash}`;
    case "table":
      return `lines ${escapeHtml(evidence.rows)} of <a href="${escapeHtml(evidence.file)}">${escapeHtml(evidence.file)}</a> (${escapeHtml(evidence.name)}, seed ${evidence.seed}, ${evidence.draws} draws), ${hash}`;
    case "rows":
      return `rows ${evidence.ids[0]} to ${evidence.ids[1]} of ${evidence.table}, run ${evidence.run} of ${escapeHtml(evidence.database)} (${evidence.count} rows), ${hash}`;
  }
}

function recordingsSection({ recordings }: SettleReport): string {
  if (recordings === null) return "<h2>The recordings</h2><p>None were given: rows that need them say so.</p>";
  const { capture, flawed } = recordings;
  const table =
    capture === null
      ? "<p>The folder has no capture.</p>"
      : `<table><tr><th>Quantity</th><th>Ours</th><th>Stated beside it</th></tr>${capture.rows.map(([name, ours, stated]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(ours)}</td><td>${escapeHtml(stated ?? "–")}</td></tr>`).join("")}</table><p class="faint">${evidenceText(capture.evidence)}</p>`;
  const refusals = flawed.map(
    ({ file, rows, refused }) =>
      `<tr><td>${escapeHtml(file)}</td><td>${rows}</td><td>${refused.length > 0 ? escapeHtml(`refused: ${refused.join("; ")}`) : "nothing to refuse"}</td></tr>`,
  );
  return `<h2>The recordings</h2>${table}<h3>Published sets with labels</h3><table><tr><th>Set</th><th>Rows</th><th>Guard</th></tr>${refusals.join("")}</table>`;
}

function methodsSection(methods: readonly Method[]): string {
  const rows = methods.map(
    ({ row, method, controls }) =>
      `<tr><td>${row}</td><td>${method === "" ? "Not run: it takes a rig." : escapeHtml(method)}</td><td>${escapeHtml(controls.join("; "))}</td></tr>`,
  );
  return `<section class="claim"><h2>Methods</h2><p>These texts are those of the registry whose code ran.</p><table><tr><th></th><th>Method</th><th>Controls</th></tr>${rows.join("")}</table></section>`;
}
