/** How the page looks: light or dark as its reader's system is, one claim a page in print, narrow tables as lists on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #66707b; --line: #d8dde3; --tint: #f4f6f9; --a: #0b62c4; --b: #c2410c; --c: #15803d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --faint: #98a1ab; --line: #333a42; --tint: #1b2026; --a: #6cb2ff; --b: #ff9a62; --c: #69d28e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; } section.claim { border-top: 2px solid var(--line); margin-top: 3rem; } section.claim > h2 { margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); }
table.numbers td:first-child, table.numbers th:first-child { width: 52%; } table.numbers td:nth-child(2) { width: 8rem; } th { font-weight: 600; } td.number { font-variant-numeric: tabular-nums; white-space: nowrap; } .faint { color: var(--faint); font-size: .9em; } a { color: var(--a); }
.lead { font-size: 1.1em; } .facts { margin: 0 0 1rem; } .facts span { display: inline-block; margin-right: 1.5rem; }
.verdict { font-weight: 700; } .reproduced { color: var(--c); } .refuted { color: var(--b); } .trivially { color: var(--a); }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; } svg .grid { stroke: var(--line); } svg .mark { stroke: var(--faint); stroke-dasharray: 4 3; } svg text.mark { stroke: none; fill: var(--faint); }
path.s0 { stroke: var(--a); fill: none; stroke-width: 1.6; } path.s1 { stroke: var(--b); fill: none; stroke-width: 1.6; } path.s2 { stroke: var(--c); fill: none; stroke-width: 1.6; }
g.s0 { fill: var(--a); } g.s1 { fill: var(--b); } g.s2 { fill: var(--c); } span.s0 { color: var(--a); } span.s1 { color: var(--b); } span.s2 { color: var(--c); }
figcaption span { white-space: nowrap; } code { font-size: .9em; overflow-wrap: anywhere; } ul { padding-left: 1.2rem; }
aside { border-left: 4px solid var(--line); background: var(--tint); padding: .1rem 1rem; margin: 1.5rem 0; } aside h3 small { font-weight: 400; color: var(--faint); }
@media (max-width: 40rem) { svg text { font-size: 17px; } table.overview tr, table.numbers tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; } table.overview th, table.numbers th:empty { display: none; }
  table.overview td, table.numbers td, table.numbers th { display: block; border: 0; padding: 0; width: auto !important; } table.overview td[data-of]::before { content: attr(data-of) ": "; color: var(--faint); } table.numbers td.number { font-weight: 600; } table.numbers td:empty { display: none; } }
@media print { :root { --ink: #000; --paper: #fff; --faint: #444; --line: #bbb; --tint: #fff; --a: #0b62c4; --b: #c2410c; --c: #15803d; } body { max-width: none; margin: 0; font-size: 11pt; } a { color: inherit; text-decoration: none; } section.claim { break-before: page; border: 0; margin: 0; } figure, tr, li { break-inside: avoid; } figure { max-width: 14cm; } nav, .up { display: none; } }`;
