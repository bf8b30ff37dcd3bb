/** From a file, the environment and credentials to the configuration in force, with the source of every value. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { boardNames, chooseBoard, splitBoard } from "./boards.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { LEAVES, type Leaf } from "./leaf.ts";
import { migrate } from "./migrations.ts";
import { missingSecrets } from "./missing-secrets.ts";
import { type Origins, type Problem, problemsOf, problemText, unknownVariable } from "./problem.ts";
import { BOARD_DEFAULTS, type Config, configSchema } from "./schema.ts";
import type { Source } from "./source.ts";
import { togetherProblems } from "./together.ts";
import { readYaml, valuesOf, type YamlFile } from "./yaml-file.ts";

export interface EffectiveValue {
  readonly key: string;
  readonly value: unknown;
  readonly from: Source;
  readonly leaf: Leaf;
}

export interface Loaded {
  readonly config: Config;
  /** Every leaf that applies, in the order of the schema. */
  readonly values: readonly EffectiveValue[];
  /** Its name in a file with several boards; null in a file with one. */
  readonly board: string | null;
  /** Layout that the file is written in, when it is not the present one. */
  readonly migratedFrom: number | null;
  /** What a daemon with this configuration cannot do without, and this process has not. */
  readonly missingSecrets: readonly Problem[];
}

/** Reads and checks a configuration file. ConfigError CONFIG_MISSING, CONFIG_SYNTAX, CONFIG_NEWER, or CONFIG_INVALID with everything that is wrong. */
export function loadConfig(file: string, environment: Environment = process.env): Config {
  return loadWithSources(file, environment).config;
}

/** Every board of a file, each as if it were alone; of a file with one board that one. Errors as loadConfig, and those of boards.ts. */
export function loadBoards(given: string, environment: Environment = process.env): Loaded[] {
  const { file, board } = fileAndBoard(given);
  const names = board === null ? boardNames(readYaml(textOf(file), file).document, file) : [board];
  return names === null ? [loadWithSources(given, environment)] : names.map((name) => loadWithSources(`${file}#${name}`, environment));
}

/** The same of one board, with where each value came from: FILE, or FILE#NAME where it has several. Relative paths are resolved from the file's folder. */
export function loadWithSources(given: string, environment: Environment = process.env): Loaded {
  const { file, board: named } = fileAndBoard(given);
  const loaded = readConfig(textOf(file), file, environment, named);
  const fromHere = <T extends string | null | undefined>(name: T) =>
    typeof name === "string" ? path.resolve(path.dirname(file), name) : name;
  const { board, store, mqtt } = loaded.config;
  return {
    ...loaded,
    config: {
      ...loaded.config,
      board: {
        ...board,
        data: fromHere(board.data),
        ...(board.control === undefined ? {} : { control: fromHere(board.control) }),
      } as Config["board"],
      store: { ...store, path: fromHere(store.path) },
      mqtt: {
        ...mqtt,
        passwordFile: fromHere(mqtt.passwordFile),
        caFile: fromHere(mqtt.caFile),
        certFile: fromHere(mqtt.certFile),
        keyFile: fromHere(mqtt.keyFile),
      },
    },
  };
}

/** A file may have a # in its own name. */
export function fileAndBoard(given: string): ReturnType<typeof splitBoard> {
  return existsSync(given) ? { file: given, board: null } : splitBoard(given);
}

export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError("CONFIG_MISSING", `Cannot read ${file}.`, "Check the path; examples/ has files to start from.", { file }, cause);
  }
}

/** A text alone, without the environment. `name` appears in messages. */
export function parseConfig(text: string, name: string): Config {
  return readConfig(text, name, {}).config;
}

/** Environment before file before credential before default. */
export function readConfig(text: string, name: string, environment: Environment, board: string | null = null): Loaded {
  const yaml = readYaml(text, name);
  const { from: migratedFrom, problems: unmigrated } = migrate(yaml.document, name);
  chooseBoard(yaml.document, name, board);
  const written = valuesOf(yaml.document, name) ?? {};
  const { values: fromEnvironment, unknown } = readEnvironment(environment);
  const variables = new Map(fromEnvironment.map(({ path: at, variable }) => [at.join("."), variable]));
  const silent = ({ at }: Credential) => !variables.has(at.join(".")) && (getIn(written, at) ?? null) === null;
  const credentials = new Map(
    credentialsIn(environment)
      .filter(silent)
      .map((found) => [found.at.join("."), found]),
  );
  let merged: unknown = written;
  for (const { path: at, value } of fromEnvironment) merged = setIn(merged, at, value);
  for (const { at, file } of credentials.values()) merged = setIn(merged, at, file);

  const sourceAt = (at: readonly PropertyKey[], place: ReturnType<YamlFile["placeOf"]>): Source => {
    const key = at.join(".");
    const variable = [...variables].find(([leaf]) => key === leaf || key.startsWith(`${leaf}.`))?.[1];
    if (variable !== undefined) return { kind: "environment", variable };
    const credential = credentials.get(key);
    if (credential) return { kind: "credential", name: credential.name };
    return { kind: "file", line: place?.line ?? null, column: place?.column ?? null };
  };
  const origins: Origins = {
    valueAt: (at) => sourceAt(at, yaml.placeOf(at)),
    keyAt: (at) => sourceAt(at, yaml.placeOfKey(at) ?? yaml.placeOf(at)),
    given: (at) => getIn(merged, at),
  };

  const parsed = configSchema.safeParse(merged);
  const problems: Problem[] = [
    ...unmigrated.map((problem): Problem => ({ ...problem, from: origins.valueAt(problem.key.split(".")) })),
    ...(parsed.success ? togetherProblems(parsed.data, origins) : parsed.error.issues.flatMap((issue) => problemsOf(issue, origins))),
    ...unknown.map(unknownVariable),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(name, problems);
  return {
    config: parsed.data,
    values: effective(parsed.data, merged, origins),
    board,
    migratedFrom,
    missingSecrets: missingSecrets(parsed.data, origins),
  };
}

/** CONFIG_INVALID, with everything that is wrong. */
export function invalid(name: string, problems: readonly Problem[]): ConfigError {
  const texts = problems.map((problem) => problemText(problem, name));
  const says = texts.length === 1 ? `${texts[0]}.` : `${name}: ${texts.length} problems.\n${texts.map((text) => `  ${text}\n`).join("")}`;
  return new ConfigError("CONFIG_INVALID", says, "`asic-reservoir check-config FILE` checks again.", { name, problems });
}

function effective(config: Config, merged: unknown, origins: Origins): EffectiveValue[] {
  return LEAVES.filter(({ when }) => when === null || getIn(config, when.key.split(".")) === when.is).map((leaf) => {
    const given = getIn(merged, leaf.path) !== undefined;
    const fallback: Source = getIn(BOARD_DEFAULTS[config.board.kind], leaf.path) === undefined ? { kind: "default" } : { kind: "board" };
    return { key: leaf.key, value: getIn(config, leaf.path) ?? null, from: given ? origins.valueAt(leaf.path) : fallback, leaf };
  });
}

interface Credential {
  readonly at: readonly string[];
  readonly name: string;
  readonly file: string;
}

/** What systemd hands over in place of keys that are silent. */
function credentialsIn(environment: Environment): Credential[] {
  const folder = environment.CREDENTIALS_DIRECTORY;
  if (!folder) return [];
  return LEAVES.flatMap(({ path: at, credential: name }) => {
    const file = name === null ? null : path.join(folder, name);
    return name !== null && file !== null && existsSync(file) ? [{ at, name, file }] : [];
  });
}

export function getIn(value: unknown, at: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of at) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  return inner;
}

/** A copy with a value put in. Where the file has something else than keys, it stays, and the schema refuses it. */
function setIn(value: unknown, [key, ...rest]: readonly string[], inner: unknown): unknown {
  if (key === undefined) return inner;
  const object = value ?? {};
  if (typeof object !== "object" || Array.isArray(object)) return value;
  return { ...object, [key]: setIn((object as Record<string, unknown>)[key], rest, inner) };
}
