// Writes the reference in docs/configuration.md from the schema. `npm run -s docs:config`.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { configReference } from "../device/config/reference.ts";

const FILE = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs/configuration.md");
const HEADING = "## Reference\n";

/** The page: prose as it is, and after the heading what the schema says. */
export function configPage() {
  const text = readFileSync(FILE, "utf8");
  const at = text.indexOf(HEADING);
  if (at === -1) throw new Error(`${FILE} has no "${HEADING.trim()}"`);
  return `${text.slice(0, at)}${HEADING}
Generated from the schema by \`npm run -s docs:config\`. "live": a running daemon takes a changed value; "restart": it does not.

${configReference()}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(FILE, configPage());
