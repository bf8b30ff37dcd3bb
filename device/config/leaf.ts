/** The keys of the configuration that hold a value, as the schema declares them: what reference, environment and errors are made from. */
import { z } from "zod";
import { fileSchema } from "./schema.ts";

/** What of JSON Schema 2020-12 the configuration uses, with our own keywords. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly "x-live"?: LiveChange;
  readonly "x-secret"?: boolean;
  readonly "x-credential"?: string;
}

/** Whether a running daemon takes a changed value. */
export type LiveChange = "always" | "tighter";

export interface Leaf {
  readonly path: readonly string[];
  /** The path with dots: `board.chips`. */
  readonly key: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  /** Only where another key has this value, such as `board.kind: s9-hashboard`. */
  readonly when: { readonly key: string; readonly is: string } | null;
  /** null: only with a restart. */
  readonly live: LiveChange | null;
  /** Its value is shown to nobody. */
  readonly secret: boolean;
  /** Name of the systemd credential that stands in for it. */
  readonly credential: string | null;
}

/** The whole file as JSON Schema: for editors, and for everything here. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(fileSchema, { io: "input" }) as JsonSchema;
}

/** All leaves in the order of the schema; a key of several kinds of board comes once for each. */
export const LEAVES: readonly Leaf[] = leavesOf(configJsonSchema(), [], true, null);

/** The leaf that a path leads to or into; of several kinds the first. */
export function leafAt(path: readonly PropertyKey[]): Leaf | null {
  return LEAVES.find((leaf) => leaf.path.every((key, i) => path[i] === key)) ?? null;
}

function leavesOf(schema: JsonSchema, path: readonly string[], required: boolean, when: Leaf["when"]): Leaf[] {
  const kinds = (schema.oneOf ?? schema.anyOf ?? []).filter((option) => option.properties);
  if (kinds.length > 0) return kindsOf(schema, kinds, path);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([key, inner]) =>
      leavesOf(inner, [...path, key], schema.required?.includes(key) ?? false, when),
    );
  }
  const { "x-live": live = null, "x-secret": secret = false, "x-credential": credential = null } = schema;
  return [{ path, key: path.join("."), schema, required, when, live, secret, credential }];
}

/** A union of objects that one key tells apart: that key once, then each kind's own. */
function kindsOf(union: JsonSchema, kinds: readonly JsonSchema[], path: readonly string[]): Leaf[] {
  const named = kinds.map((kind) => {
    const tag = Object.entries(kind.properties ?? {}).find(([, inner]) => typeof inner.const === "string");
    if (!tag) throw new Error(`the kinds of ${path.join(".")} have no key that tells them apart`);
    return { kind, tag: tag[0], name: tag[1].const as string, description: tag[1].description };
  });
  const [{ tag, description = union.description }] = named as [(typeof named)[0]];
  const fallback = (union.default as Record<string, unknown> | undefined)?.[tag];
  const choice: JsonSchema = {
    type: "string",
    enum: named.map(({ name }) => name),
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  const isTag = (at: readonly string[]) => at.length === path.length + 1 && at.at(-1) === tag;
  return [
    ...leavesOf(choice, [...path, tag], fallback === undefined, null),
    ...named.flatMap(({ kind, name }) =>
      leavesOf(kind, path, true, { key: [...path, tag].join("."), is: name }).filter(({ path: at }) => !isTag(at)),
    ),
  ];
}

/** What a schema says of something inside it: an item of a list, a key of an item; null when it knows none. */
export function schemaInside(schema: JsonSchema, [key, ...rest]: readonly PropertyKey[]): JsonSchema | null {
  if (key === undefined) return schema;
  const inner = typeof key === "number" ? schema.items : schema.properties?.[String(key)];
  return inner ? schemaInside(inner, rest) : null;
}

/** What may stand there, in words: "a whole number from 1 to 63". */
export function expectedText(schema: JsonSchema): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return choice(options.flatMap((option) => alternatives(option)));
  return choice(alternatives(schema));
}

function alternatives(schema: JsonSchema): string[] {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap(alternatives);
  if (schema.const !== undefined) return [String(schema.const)];
  if (schema.enum) return schema.enum.map(String);
  if (Array.isArray(schema.type)) return schema.type.flatMap((type: string) => alternatives({ ...schema, type }));
  switch (schema.type) {
    case "null":
      return ["null"];
    case "boolean":
      return ["true", "false"];
    case "integer":
    case "number":
      return [`a ${schema.type === "integer" ? "whole number" : "number"}${range(schema)}`];
    case "array":
      return [`a list, each ${schema.items ? expectedText(schema.items) : "anything"}`];
    case "object":
      return [`{ ${Object.keys(schema.properties ?? {}).join(", ")} }`];
    default:
      return ["text"];
  }
}

/** zod gives integers the bounds of what a double can hold: those are no news. */
function range({ minimum = -Infinity, maximum = Infinity, exclusiveMinimum: above, exclusiveMaximum: below }: JsonSchema): string {
  const from = minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const to = maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (from !== null && to !== null) return ` from ${from} to ${to}`;
  const bounds = [
    above === undefined ? (from === null ? "" : `${from} or more`) : `above ${above}`,
    below === undefined ? (to === null ? "" : `${to} or less`) : `below ${below}`,
  ].filter((bound) => bound !== "");
  return bounds.length === 0 ? "" : `, ${bounds.join(" and ")}`;
}

function choice(words: readonly string[]): string {
  const all = [...new Set(words)];
  return all.length < 2 ? (all[0] ?? "") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

/** Types a value may have, in JSON Schema's words. */
export function typesOf(schema: JsonSchema): ReadonlySet<string> {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return new Set(options.flatMap((option) => [...typesOf(option)]));
  return new Set(schema.type === undefined ? [] : [schema.type].flat());
}
