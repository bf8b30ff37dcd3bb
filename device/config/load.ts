import { readFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { ConfigError } from "../../common/errors.ts";
import { type Config, configSchema, fileSchema } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** Reads and checks a configuration file. ConfigError lists everything that is wrong with it at once. */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError("CONFIG_MISSING", `Cannot read ${file}.`, "Check the path; examples/ has files to start from.", { file }, cause);
  }
  const config = parseConfig(text, file);
  const fromHere = (name: string) => path.resolve(path.dirname(file), name);
  const { board } = config;
  return {
    ...config,
    board: {
      ...board,
      data: fromHere(board.data),
      ...(board.control === undefined ? {} : { control: fromHere(board.control) }),
    } as Config["board"],
    store: { ...config.store, path: fromHere(config.store.path) },
  };
}

/** The same on text. `name` appears in messages. */
export function parseConfig(text: string, name: string): Config {
  const parsed = configSchema.safeParse(readYaml(text, name) ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap(describeIssue);
    throw new ConfigError("CONFIG_INVALID", `${name}: ${problems.join("; ")}.`, "`asic-reservoir check-config FILE` checks again.", {
      name,
      problems,
    });
  }
  return checkTogether(parsed.data, name);
}

function readYaml(text: string, name: string): unknown {
  const broken = (why: string) =>
    new ConfigError("CONFIG_SYNTAX", `${name} is not valid YAML: ${why.split("\n")[0]}`, "Mend that line and try again.", { name });
  const document = parseDocument(text);
  const [syntax] = document.errors;
  if (syntax) throw broken(syntax.message);
  try {
    // Aliases are resolved only here, so an unresolved one shows only here.
    return document.toJS();
  } catch (error) {
    throw broken((error as Error).message);
  }
}

/** What no single key can know. */
function checkTogether(config: Config, name: string): Config {
  const problems: string[] = [];
  if (config.origin === "hardware" && config.board.workScale !== 0) {
    problems.push("board.workScale must be 0 when origin is hardware: a real chip leaves no zero bits out");
  }
  if (config.board.control === config.board.data) problems.push("board.control and board.data name the same port: the bridge has two");
  if (config.board.kind === "s9-hashboard" && (config.board.control === undefined) === (config.board.i2c === undefined)) {
    problems.push("an s9-hashboard needs either board.control (a bridge) or board.i2c with board.reset (this host's own)");
  }
  if (config.board.kind === "s9-hashboard" && config.board.i2c !== undefined && config.board.reset === undefined) {
    problems.push("board.i2c needs board.reset: without it nobody can hold the chips in reset");
  }
  if (config.narma10.driveMinMv >= config.narma10.driveMaxMv) problems.push("narma10.driveMinMv must be below narma10.driveMaxMv");
  if (problems.length === 0) return config;
  throw new ConfigError("CONFIG_INVALID", `${name}: ${problems.join("; ")}.`, "`asic-reservoir check-config FILE` checks again.", {
    name,
    problems,
  });
}

function describeIssue(issue: Issue): string[] {
  const at = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = nearest(key, keysAt(issue.path));
      return `unknown key ${[...issue.path, key].join(".")}${near ? ` (did you mean ${near}?)` : ""}`;
    });
  }
  return [`${at || "the file"}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`];
}

/** The keys the schema knows at a path, for suggestions. */
function keysAt(at: readonly PropertyKey[]): string[] {
  let schemas: Inner[] = [fileSchema as unknown as Inner];
  for (const key of at)
    schemas = schemas
      .flatMap(objectsIn)
      .map((object) => object.shape?.[key])
      .filter((inner) => inner !== undefined);
  return schemas.flatMap(objectsIn).flatMap((object) => Object.keys(object.shape ?? {}));
}

/** What of a zod schema matters here: an object's shape, a union's options, the inside of a wrapper. */
interface Inner {
  shape?: Record<PropertyKey, Inner>;
  options?: readonly Inner[];
  unwrap?: () => Inner;
}

function objectsIn(schema: Inner): Inner[] {
  if (schema.shape) return [schema];
  if (schema.options) return schema.options.flatMap(objectsIn);
  return schema.unwrap ? objectsIn(schema.unwrap()) : [];
}

function nearest(word: string, among: readonly string[]): string | null {
  const ranked = among.map((key) => ({ key, distance: editDistance(word.toLowerCase(), key.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, word.length / 3) ? best.key : null;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
