// Writes docs/twin-physics.md: every parameter of the twin's physics with unit, value and source. `npm run -s docs:physics`.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SOURCE = "twin/parameters.ts";

/** Units are in the names: the longest ending that fits. */
const UNITS = [
  ["WPerMhzV2", "W/(MHz V²)"],
  ["PpmPerK3", "ppm/K³"],
  ["PpmPerK", "ppm/K"],
  ["VPerMhz", "V/MHz"],
  ["MvPerK", "mV/K"],
  ["VPerS", "V/s"],
  ["KPerW", "K/W"],
  ["WPerK", "W/K"],
  ["JPerK", "J/K"],
  ["ByMhz", "MHz, V"],
  ["DoublingK", "K"],
  ["Ppm", "ppm"],
  ["Rpm", "rpm"],
  ["Ohm", "Ω"],
  ["Days", "d"],
  ["Years", "a"],
  ["V", "V"],
  ["W", "W"],
  ["A", "A"],
  ["C", "°C"],
  ["K", "K"],
  ["S", "s"],
];

const unitOf = (name) => UNITS.find(([ending]) => name.endsWith(ending))?.[1] ?? "";

/** Every leaf of the parameter file: its table, its path, its value as written, and what stands above it. */
export function parameters() {
  const found = [];
  let table = "";
  let folders = [];
  let comment = "";
  const lines = readFileSync(path.join(ROOT, SOURCE), "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line.startsWith("/**")) {
      const from = i;
      while (!lines[i].includes("*/")) i++;
      comment = lines
        .slice(from, i + 1)
        .join(" ")
        .replaceAll(/\/\*\*|\*\/|\s\*\s/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim();
      continue;
    }
    const opened = /^export const (\w+) = {$/.exec(line);
    if (opened) {
      table = opened[1];
      found.push({ table, heading: comment });
    }
    const folder = /^(\w+): {$/.exec(line);
    if (folder) folders.push(folder[1]);
    if (line === "},") folders.pop();
    if (line === "} as const;") folders = [];
    const leaf = /^(\w+): (.+)$/.exec(line);
    if (!leaf || folder) continue;
    let value = leaf[2];
    while (!value.endsWith(",") || (value.startsWith("[") && !value.endsWith("],")) || value.split("[").length !== value.split("]").length)
      value += ` ${lines[++i].trim()}`;
    found.push({ table, path: [...folders, leaf[1]].join("."), value: value.slice(0, -1), comment });
    comment = "";
  }
  return found;
}

/** GUESS and CALIBRATED as the comment says; else it was measured, derived or stated where the comment says. */
const kindOf = (comment) =>
  /GUESS/.test(comment) ? "guess" : /CALIBRATED/.test(comment) ? "calibrated" : /A choice/.test(comment) ? "choice" : "source";

const cell = (text) => text.replaceAll("|", "\\|");

export function physicsTable() {
  const all = parameters();
  const leaves = all.filter(({ path: leaf }) => leaf !== undefined);
  const count = (kind) => leaves.filter(({ comment }) => kindOf(comment) === kind).length;
  return [
    "# The twin's physics",
    "",
    `Every number of it, generated from \`${SOURCE}\` by \`npm run -s docs:physics\`. S is the specification of the BM1387 and its board, B that of the`,
    "BM1366, with the section there. Of the",
    `${leaves.length} parameters ${count("source")} come from a source, ${count("calibrated")} are calibrated (chosen so that the model gives a measured figure, which is named), ${count("guess")} are guesses`,
    `(nobody has measured them, or the source itself guesses), and ${count("choice")} are choices of this project.`,
    ...all.map(({ path: leaf, heading, table, value, comment }) =>
      leaf === undefined
        ? `\n## ${table}\n\n${heading}\n\n| parameter | unit | value | kind | what it is, and whence |\n|---|---|---|---|---|`
        : `| \`${leaf}\` | ${unitOf(leaf)} | ${cell(value)} | ${kindOf(comment)} | ${cell(comment)} |`,
    ),
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(path.join(ROOT, "docs/twin-physics.md"), physicsTable());
