/** Every leaf of the configuration by environment: `setPoint.coreVoltageMv` is ASICR_SET_POINT_CORE_VOLTAGE_MV. */
import { parseDocument } from "yaml";
import { LEAVES, type Leaf, typesOf } from "./leaf.ts";

export const PREFIX = "ASICR_";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Capitals, with an underscore where a key ends and where a word of it begins. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase());
  return PREFIX + words.join("_");
}

const BY_VARIABLE = new Map<string, Leaf[]>();
for (const leaf of LEAVES) BY_VARIABLE.set(variableOf(leaf.path), [...(BY_VARIABLE.get(variableOf(leaf.path)) ?? []), leaf]);

export const VARIABLES: readonly string[] = [...BY_VARIABLE.keys()];

export interface FromEnvironment {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The configuration's variables that are set, and those of our prefix that no key goes by. An empty one counts as not set. */
export function readEnvironment(environment: Environment): { values: FromEnvironment[]; unknown: string[] } {
  const set = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text !== undefined && text !== "");
  const values: FromEnvironment[] = [];
  const unknown: string[] = [];
  for (const [variable, text] of set.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const leaves = BY_VARIABLE.get(variable);
    if (leaves?.[0]) values.push({ variable, path: leaves[0].path, value: configuredValue(text as string, leaves) });
    else unknown.push(variable);
  }
  return { values, unknown };
}

/** Text as the file would have it: words where words are wanted, otherwise YAML; a list may also be written a,b,c. What is no such thing stays text, for the schema to refuse. */
function configuredValue(text: string, leaves: readonly Leaf[]): unknown {
  const types = new Set(leaves.flatMap(({ schema }) => [...typesOf(schema)]));
  if (types.has("string")) return text === "null" && types.has("null") ? null : text;
  const value = yamlOf(text);
  if (!types.has("array") || Array.isArray(value)) return value;
  return text.split(",").map((item) => yamlOf(item.trim()));
}

function yamlOf(text: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  try {
    return document.toJS();
  } catch {
    return text;
  }
}
