// Writes docs/fault-matrix.md from docs/fault-matrix.jsonl. `npm run -s docs:fault-matrix`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readResults } from "../device/simulation/matrix/results-file.ts";
import { matrixSummary, matrixTables } from "../device/simulation/matrix/table.ts";

const DOCS = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs");
const HEAD = `# Fault matrix

Every fault of the twins (\`./asic-reservoir twin faults\`) in every state, each cell a run of the whole daemon in virtual time
(docs/simulation.md; origin: twin). The page is written by \`npm run -s docs:fault-matrix\` from \`docs/fault-matrix.jsonl\`, which
\`./asic-reservoir fault-matrix docs/fault-matrix.jsonl\` fills: cells that are in the file are not run again, so a run that is cut off goes on.

A cell is red when a rule of docs/simulation.md is broken: outputs safe within 4 s of a fault that the daemon can act on (an S9's
supply within 12 s where only its PIC can), no output without the sentinel's word, no committed row lost or changed, every stored nonce
verified again. Beyond them: the fault has a code and words, and what a person must look at is in the control store.

The fault strikes when the state has been entered: at once in \`cold\` (before anything is opened) and \`identified\`, 0.3 s after \`armed\`, 2 s after
\`energised\` and \`running\`, 0.1 s after \`cooling\`. It holds for the time that stands beside its name; then the daemon has 4 s to notice.
\`limits-verified\` has no column: the board is armed at the same moment.

| entry | meaning |
|---|---|
| 1.2 s CODE | the daemon went into fault with CODE; no chip ran and the supply was off 1.2 s after the strike (or after the supply came on, where that was later) |
| chips 0.1 s, supply on CODE | chips in reset after 0.1 s; the supply could not be switched off as long as the fault held and 4 s more |
| 6.9 s | switched off as it was told to, without a fault |
| 6.9 s off, up again | off, and on again at the end: the daemon that was started afterwards brought it up |
| 9.3 s, noticed | off without a fault, as when a board's own watchdog cuts the supply; the daemon warned (not counted in \`cooling\`) |
| stays off CODE | the board never had supply |
| stays off | the same, and the daemon had no reason to complain: it was already ending, or the fault was over when it began |
| on CODE | the daemon went into fault and the board was on to the end, beyond its reach |
| goes on | the board is on, or comes up; docs/twin.md has what the fault shows |
| goes on, noticed | the same, and the daemon warned of something |
| not reached CODE | a fault in \`cold\` or before kept the state from being entered |

Times are to the first look, 20 ms apart. There is no guard process in virtual time: \`killed\` is the daemon alone, started again 10 s later
(with a guard: docs/safety.md). A cable that is out for 15 s is one of which a Bitaxe knows nothing: it runs on until the daemon can reach it.

`;

/** Which program the cells were run on, the most cells first: `head` is the commit, noted since this page says so. */
function programs(results) {
  const counts = new Map();
  for (const { head } of results.values()) counts.set(head ?? null, (counts.get(head ?? null) ?? 0) + 1);
  const named = [...counts].filter(([head]) => head !== null).sort((a, b) => b[1] - a[1]);
  if (named.length === 0) return "";
  const earlier = counts.get(null) ?? 0;
  const said = named.map(([head, cells]) => `${cells} cells with the program of commit ${head}`);
  return `Last run: ${said.join(", ")}${earlier === 0 ? "" : `, ${earlier} with earlier ones`}.\n\n`;
}

export function matrixPage() {
  const results = readResults(path.join(DOCS, "fault-matrix.jsonl"));
  return `${HEAD}${matrixSummary(results)}\n\n${programs(results)}${matrixTables(results)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(path.join(DOCS, "fault-matrix.md"), matrixPage());
