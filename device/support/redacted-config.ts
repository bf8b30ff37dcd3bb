/** A configuration file fit for strangers: only what the schema knows, without comments. */
import { parseDocument, stringify } from "yaml";
import { BOARD_NAME, OWN_KEYS } from "../config/boards.ts";
import { type JsonSchema, LEAVES, type Leaf, typesOf } from "../config/leaf.ts";
import { carriesPassword } from "../config/schema.ts";

const UNKNOWN_KEY = "(removed: no such key)";
const PASSWORD = "(removed: an address with a password)";
const WRONG_VALUE = "(removed: not what may stand there)";

/** A text that is no YAML yields nothing of it. */
export function redactedConfig(text: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return "# no YAML\n";
  let values: unknown;
  try {
    values = document.toJS();
  } catch {
    return "# no YAML\n";
  }
  return stringify(kept(values, []));
}

/** An entry of `boards`: what it has for itself stands where the file has it for all, the rest is a board. */
function keptBoard(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return WRONG_VALUE;
  return keptEntries(value, (key, inner) => {
    if (key === "name") return typeof inner === "string" && BOARD_NAME.test(inner) ? inner : WRONG_VALUE;
    return kept(inner, OWN_KEYS.includes(key) ? [key] : ["board", key]);
  });
}

function keptEntries(value: object, of: (key: string, inner: unknown) => unknown): Record<string, unknown> {
  const known = Object.entries(value).map(([key, inner]) => [key, of(key, inner)] as const);
  // A key that nobody knows may be a secret itself.
  return Object.fromEntries(known.map(([key, inner], i) => (inner === UNKNOWN_KEY ? [`unknown${i}`, inner] : [key, inner])));
}

function kept(value: unknown, path: readonly string[]): unknown {
  if (path.join(".") === "boards") return Array.isArray(value) ? value.map(keptBoard) : WRONG_VALUE;
  const leaves = LEAVES.filter((leaf) => leaf.key === path.join("."));
  if (leaves.length > 0) return leaves.some((leaf) => fits(value, leaf.schema)) ? shown(value, leaves) : WRONG_VALUE;
  if (!LEAVES.some((leaf) => path.every((key, i) => leaf.path[i] === key))) return UNKNOWN_KEY;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return WRONG_VALUE;
  return keptEntries(value, (key, inner) => kept(inner, [...path, key]));
}

function shown(value: unknown, leaves: readonly Leaf[]): unknown {
  if (typeof value !== "string" || !leaves.some(({ secret }) => secret)) return value;
  return carriesPassword(value) ? PASSWORD : value;
}

function fits(value: unknown, schema: JsonSchema): boolean {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.some((option) => fits(value, option));
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value);
  const types = typesOf(schema);
  if (value === null) return types.has("null");
  if (Array.isArray(value)) return types.has("array") && value.every((item) => schema.items !== undefined && fits(item, schema.items));
  if (typeof value === "object")
    return (
      types.has("object") &&
      Object.entries(value).every(([key, inner]) => schema.properties?.[key] !== undefined && fits(inner, schema.properties[key]))
    );
  return types.has(typeof value) || (typeof value === "number" && types.has("integer"));
}
