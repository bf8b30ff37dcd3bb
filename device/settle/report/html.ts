/** The report as one HTML file that needs nothing else: dark and light, one page a claim when printed. */
import type { Answer } from "../../../reservoir/verdict/gate/conclusion.ts";
import type { Evidence, Quantity, Rehearsal, Settled } from "../claim.ts";
import { hoursText } from "../settle.ts";
import { blindSection } from "./blind-html.ts";
import { plotSvg } from "./plot-svg.ts";
import type { Method, SettleReport } from "./report.ts";
import { STYLE } from "./style.ts";
import { escapeHtml, numberText } from "./text.ts";

export function reportHtml(report: SettleReport): string {
  const methods = new Map(report.methods.map((method) => [method.name, method]));
  const counted = Object.entries(report.verdicts).map(([answer, count]) => `${count} ${answer}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>The claims, settled</title><style>${STYLE}</style></head><body>
<h1>The claims, settled</h1>
<p>Each of ${report.claims.length} published claims, what was measured, against which controls, and what follows. ${counted.join(", ")}. A verdict without hardware settles what was published, not what a board could do: where only a board can tell, the page says what it takes.</p>
<p class="faint">${escapeHtml(report.software)}, seed ${report.seed}, plan <code>${escapeHtml(report.planHash)}</code></p>
${verdictsTable()}
${overview(report)}
${recordingsSection(report)}
${blindSection(report)}
${report.claims.map((claim) => claimSection(claim, methods.get(claim.name) ?? null)).join("\n")}
${methodsSection(report.methods)}
</body></html>
`;
}

/** docs/settle.md has the same words. */
const MEANINGS: Readonly<Record<Answer, string>> = {
  reproduced: "what was claimed was measured, and the controls do not do it",
  refuted: "the measurement could have shown it, and shows that it is not so",
  "trivially true": "the number comes out, and comes out without what is claimed: from a constant, from chance, from the definition",
  "not testable with these data": "neither; the claim's page says what is missing",
};

function verdictsTable(): string {
  const rows = Object.entries(MEANINGS).map(([verdict, meaning]) => `<tr><td>${verdictText(verdict)}</td><td>${meaning}</td></tr>`);
  return `<h2>What the verdicts mean</h2><table>${rows.join("")}</table>`;
}

function overview({ claims }: SettleReport): string {
  const rows = claims.map(
    ({ row, name, claim, published, origin, verdict, rehearsal }) =>
      `<tr><td>${row}</td><td><a href="#${name}">${escapeHtml(claim)}</a></td><td data-of="published">${escapeHtml(published)}</td><td data-of="measured on">${origin ?? "–"}</td><td data-of="rehearsed">${rehearsal === null ? "–" : "on a twin"}</td><td>${verdictText(verdict)}</td></tr>`,
  );
  return `<h2 id="overview">Overview</h2><table class="overview"><tr><th></th><th>Claim</th><th>Published</th><th>Measured on</th><th>Rehearsed</th><th>Verdict</th></tr>${rows.join("")}</table>`;
}

function verdictText(verdict: string): string {
  return `<span class="verdict ${escapeHtml(verdict.split(" ")[0] as string)}">${escapeHtml(verdict)}</span>`;
}

function claimSection(claim: Settled, method: Method | null): string {
  const rig = method?.rig ?? null;
  return `<section class="claim" id="${claim.name}"><h2>${claim.row}. ${escapeHtml(claim.claim)}</h2>
<p class="facts"><span>Verdict: ${verdictText(claim.verdict)}</span><span>Published: ${escapeHtml(claim.published)}</span><span>Device: ${escapeHtml(claim.device)}</span><span>${claim.origin === null ? "Nothing could be measured" : `Origin of what was measured: ${claim.origin}`}</span></p>
<p class="lead">${escapeHtml(claim.because)}</p>
${method === null ? "" : `<p><b>What an answer takes.</b> ${escapeHtml(method.question)}</p>${howKnown(claim, method)}`}
${quantityTable("What was measured", claim.measured)}${quantityTable("Controls", claim.controls)}
${claim.plots.map(plotSvg).join("\n")}
<p><b>Sample.</b> ${escapeHtml(claim.origin === null ? "none" : claim.sampleSize)}. <b>Power.</b> ${escapeHtml(claim.power)}.</p>
${rig === null ? "<p><b>On a rig.</b> Nothing that a rig could add.</p>" : `<p><b>On a rig.</b> ${escapeHtml(rig.rig)}: ${escapeHtml(rig.design)}; ${rig.arms === 1 ? "" : `${rig.arms} × `}${rig.samples} ${escapeHtml(rig.unit)}, about ${hoursText(rig.hours)}. It would find ${escapeHtml(rig.detects)}.</p>`}
${claim.evidence.length === 0 ? "" : evidenceList(claim.name, claim.evidence)}
${claim.rehearsal === null ? "" : rehearsalBlock(claim.name, claim.rehearsal)}
<p class="up faint"><a href="#overview">Overview</a></p></section>`;
}

/** Of a row that nothing was measured for, what it would be held against. */
function howKnown({ origin }: Settled, { method, controls }: Method): string {
  const held = escapeHtml(controls.join("; "));
  if (origin === null)
    return `<p><b>How do you know?</b> Nobody does yet: nothing was measured.${held === "" ? "" : ` A measurement would be held against: ${held}.`}</p>`;
  return `<p><b>How do you know?</b> ${escapeHtml(method)}${held === "" ? "" : ` Controls that it takes: ${held}; those that could be run here stand below.`}</p>`;
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
  return `<table class="numbers"><tr><th>${title}</th><th></th><th></th></tr>${rows.join("")}</table>`;
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
