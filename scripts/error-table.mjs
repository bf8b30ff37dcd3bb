// Writes docs/errors.md: every coded error that the sources can throw, with its message and hint. `npm run -s docs:errors`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ["common", "drivers", "twin", "reservoir", "telemetry", "firmware-images", "device"];
// The code stands as a literal, or in a local constant that chooses between literals; `make` is what two files call their constructor.
const THROWN = /(?:new \w+Error|\bmake)\(\s*(?:"([A-Z0-9_]+)"|([a-z]\w*)),/g;

/** The source text of the next argument from `at`, and where it ends: strings, templates and brackets are walked over whole. */
function argumentAt(text, at) {
  let depth = 0;
  let quote = "";
  for (let i = at; i < text.length; i++) {
    const c = text[i];
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
      else if (quote === "`" && c === "$" && text[i + 1] === "{") i = closing(text, i + 1);
    } else if (c === '"' || c === "'" || c === "`") quote = c;
    else if ("([{".includes(c)) depth++;
    else if (")]}".includes(c) && depth-- === 0) return { source: text.slice(at, i).trim(), end: i, last: true };
    else if (c === "," && depth === 0) return { source: text.slice(at, i).trim(), end: i + 1, last: false };
  }
  return { source: "", end: text.length, last: true };
}

function closing(text, from) {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  return text.length;
}

/** The first string or template in an expression, without its quotes; "" when there is none. */
function firstLiteral(source) {
  const from = source.search(/["`]/);
  if (from === -1) return "";
  for (let i = from + 1; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[from] === "`" && source[i] === "$" && source[i + 1] === "{") i = closing(source, i + 1);
    else if (source[i] === source[from]) return source.slice(from + 1, i);
  }
  return "";
}

const codesIn = (source) => [...source.matchAll(/"([A-Z][A-Z0-9_]+)"/g)].map((found) => found[1]);

/** What a local constant of that name was last set to before; null when the source is no such name. */
function initialiserOf(source, before) {
  if (!/^[a-z]\w*$/.test(source)) return null;
  const at = before.lastIndexOf(`const ${source} =`);
  return at === -1 ? null : before.slice(at, before.indexOf(";\n", at) === -1 ? undefined : before.indexOf(";\n", at));
}

/** What a person would read: the text with the parts that are filled in shown as dots; a dash where it is put together elsewhere. */
function readable(source) {
  const text = firstLiteral(source);
  if (text === "") return "–";
  let out = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "$" && text[i + 1] === "{") {
      out += "…";
      i = closing(text, i + 1);
    } else out += text[i];
  }
  return out.replaceAll("|", "\\|").replace(/\s+/g, " ").trim();
}

function sources(folder) {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "testing" ? [] : sources(inner);
    return entry.name.endsWith(".ts") && !/\.(test|test-support)\.ts$/.test(entry.name) ? [inner] : [];
  });
}

export function errorTable() {
  const rows = new Map();
  for (const file of FOLDERS.flatMap(sources).sort()) {
    const text = readFileSync(path.join(ROOT, file), "utf8");
    for (const match of text.matchAll(THROWN)) {
      const message = argumentAt(text, match.index + match[0].length);
      const hint = message.last ? { source: "" } : argumentAt(text, message.end);
      for (const argument of [message, hint])
        argument.source = initialiserOf(argument.source, text.slice(0, match.index)) ?? argument.source;
      for (const code of match[1] ? [match[1]] : codesIn(initialiserOf(match[2], text.slice(0, match.index)) ?? "")) {
        const row = `| \`${code}\` | ${readable(message.source)} | ${readable(hint.source)} | ${path.dirname(file)} |`;
        rows.set(`${code} ${row}`, row);
      }
    }
  }
  return [
    "# Errors",
    "",
    "Every coded error, generated from the sources by `npm run -s docs:errors`. Dots stand for what is filled in; a dash for a text that is put",
    "together elsewhere. Codes are stable: search for them.",
    "",
    "| code | says | what to do | where |",
    "|---|---|---|---|",
    ...[...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(path.join(ROOT, "docs/errors.md"), errorTable());
