import { boardProblems } from "../config/board-problems.ts";
import { invalid, loadWithSources } from "../config/load.ts";
import { CONFIG_VERSION } from "../config/schema.ts";
import { readSecret, secretFilesOf, secretWarnings } from "../config/secret.ts";
import { sourceText } from "../config/source.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Everything that is wrong is a ConfigError, thrown; what is said here is a good configuration: each value in force and where it came from. */
export function checkConfigCommand(file: string, options: { json?: boolean }): number {
  const loaded = loadWithSources(file);
  const { config, values, migratedFrom } = loaded;
  const problems = boardProblems(loaded);
  if (problems.length > 0) throw invalid(file, problems);
  const secrets = secretFilesOf(config);
  for (const secret of secrets) readSecret(secret);
  const warnings = secretWarnings(secrets);
  if (migratedFrom !== null)
    warnings.push(`its layout is ${migratedFrom}, the present one ${CONFIG_VERSION}: asic-reservoir config migrate ${file}`);
  const shown = values.map(({ key, value, from, leaf }) => ({ key, value, from, source: sourceText(from, file), live: leaf.live }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ file, good: true, warnings, config, values: shown })}\n`);
    return EXIT.good;
  }
  const rows = shown.map(({ key, value, source }) => [key, JSON.stringify(value), source]);
  const { board, origin } = config;
  const ports = [board.control, board.data].filter((port) => port !== undefined).join(" and ");
  const lines = [
    table(["key", "value", "from"], rows),
    "",
    ...warnings.map((warning) => `warning: ${warning}`),
    `${file} is good: ${origin} ${board.kind} on ${ports}.`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return EXIT.good;
}
