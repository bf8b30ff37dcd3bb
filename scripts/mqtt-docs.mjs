// Writes the reference in docs/mqtt.md and docs/mqtt-schemas.json from the declared topics. `npm run -s docs:mqtt`.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { mqttReference, mqttSchemas } from "../telemetry/mqtt/reference.ts";

const DOCS = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs");
const PAGE = path.join(DOCS, "mqtt.md");
const HEADING = "## Topics\n";

/** The page: prose as it is, and after the heading what is declared. */
export function mqttPage() {
  const text = readFileSync(PAGE, "utf8");
  const at = text.indexOf(HEADING);
  if (at === -1) throw new Error(`${PAGE} has no "${HEADING.trim()}"`);
  return `${text.slice(0, at)}${HEADING}
Generated from the declared topics by \`npm run -s docs:mqtt\`; [mqtt-schemas.json](mqtt-schemas.json) has the payloads as JSON Schema. All topics
lie below \`<base>/<rig>/\`.

${mqttReference()}`;
}

export function mqttSchemasFile() {
  return `${JSON.stringify(mqttSchemas(), null, 1)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(PAGE, mqttPage());
  writeFileSync(path.join(DOCS, "mqtt-schemas.json"), mqttSchemasFile());
}
