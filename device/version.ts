import { createRequire } from "node:module";

/** From package.json, which stands one folder up from the sources and two up from the compiled program. */
function readVersion(): string {
  const require = createRequire(import.meta.url);
  const manifest = require(import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json") as { version: string };
  return manifest.version;
}

export const SOFTWARE = `asic-reservoir ${readVersion()}`;
