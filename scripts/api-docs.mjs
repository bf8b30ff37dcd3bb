// Writes the reference in docs/api.md from the declared routes. `npm run -s docs:api`.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { apiReference } from "../telemetry/api/reference.ts";
import { ROUTES } from "../telemetry/api/routes.ts";

const FILE = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs/api.md");
const HEADING = "## Addresses\n";

/** The page: prose as it is, and after the heading what the routes declare. */
export function apiPage() {
  const text = readFileSync(FILE, "utf8");
  const at = text.indexOf(HEADING);
  if (at === -1) throw new Error(`${FILE} has no "${HEADING.trim()}"`);
  return `${text.slice(0, at)}${HEADING}
Generated from the declared routes by \`npm run -s docs:api\`.

${apiReference(ROUTES)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(FILE, apiPage());
