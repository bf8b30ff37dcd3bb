import { boardProblems } from "../config/board-problems.ts";
import { invalid, type Loaded, loadBoards } from "../config/load.ts";
import { problemText } from "../config/problem.ts";
import { CONFIG_VERSION } from "../config/schema.ts";
import { readSecret, secretFilesOf, secretWarnings } from "../config/secret.ts";
import { sourceText } from "../config/source.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Everything that is wrong is a ConfigError, thrown; what is said here is a good configuration: each value in force and where it came from. */
export function checkConfigCommand(file: string, options: { json?: boolean }): number {
  const boards = loadBoards(file);
  const [first] = boards;
  if (boards.length === 1 && first !== undefined) return checkOne(file, first, options);
  // As much as of one board would be too much: each is asked for by name.
  for (const board of boards) requireGood(file, board);
  const shown = boards.map(({ config: { rig, origin, board } }) => ({
    rig,
    origin,
    kind: board.kind,
    control: board.control ?? null,
    data: board.data,
  }));
  if (options.json) process.stdout.write(`${JSON.stringify({ file, good: true, boards: shown })}\n`);
  else {
    const rows = shown.map(({ rig, kind, control, data }) => [rig, kind, control ?? "-", data]);
    const each = `${file}#NAME shows the values of one board.`;
    process.stdout.write(`${table(["rig", "kind", "control", "data"], rows)}\n\n${each}\n${file} is good: ${boards.length} boards.\n`);
  }
  return EXIT.good;
}

function requireGood(file: string, loaded: Loaded): void {
  const problems = boardProblems(loaded);
  if (problems.length > 0) throw invalid(file, problems);
  for (const secret of secretFilesOf(loaded.config)) readSecret(secret);
}

function checkOne(file: string, loaded: Loaded, options: { json?: boolean }): number {
  requireGood(file, loaded);
  const { config, values, migratedFrom, missingSecrets } = loaded;
  const secrets = secretFilesOf(config);
  const warnings = [
    ...secretWarnings(secrets),
    ...missingSecrets.map((problem) => `unless a credential brings it: ${problemText(problem, file)}`),
  ];
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
