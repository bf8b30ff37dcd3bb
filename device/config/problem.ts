/** What is wrong with a configuration: where, what, and what would be right. */
import type { z } from "zod";
import { PREFIX, VARIABLES } from "./environment.ts";
import { expectedText, LEAVES, type Leaf, leafAt, schemaInside } from "./leaf.ts";
import { type Source, sourceText } from "./source.ts";
import { nearest } from "./suggest.ts";

export interface Problem {
  /** The key with dots; empty for the file as a whole. */
  readonly key: string;
  readonly from: Source;
  readonly says: string;
  readonly hint: string;
}

/** What the search for a place needs to know. */
export interface Origins {
  /** Where the value at a path came from. */
  valueAt(path: readonly PropertyKey[]): Source;
  /** Where a key stands. */
  keyAt(path: readonly PropertyKey[]): Source;
  /** The value as it was given. */
  given(path: readonly PropertyKey[]): unknown;
}

/** More than so many keys are no hint. */
const MOST_LISTED = 8;

/** One line for a person. */
export function problemText({ from, says, hint }: Problem, file: string): string {
  return `${sourceText(from, file)}: ${says}${hint === "" ? "" : ` (${hint})`}`;
}

export function problemsOf(issue: z.core.$ZodIssue, origins: Origins): Problem[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], origins));
  const key = path.join(".");
  const leaf = leafAt(path);
  const given = origins.given(path);
  if (given === undefined && path.length > 0) {
    const from = origins.keyAt(path.slice(0, -1));
    return [{ key, from, says: `${key} is missing`, hint: leaf ? hintOf(leaf) : "" }];
  }
  const from = origins.valueAt(path);
  // A rule of our own says what it wants; what zod says of types is said better by the leaf.
  if (issue.code === "custom" || (issue.code === "invalid_format" && !issue.message.startsWith("Invalid")))
    return [{ key, from, says: `${key}: ${issue.message}`, hint: leaf ? hintOf(leaf) : "" }];
  if (!leaf) return [{ key, from, says: `${key || "the file"}: expected keys with values, got ${shown(given)}`, hint: "" }];
  // Of several kinds with the same key, what this one's kind allows; the issue is of the kind that was chosen.
  const here = schemaHere(leaf, origins);
  const wanted = schemaInside(here, path.slice(leaf.path.length)) ?? here;
  const but = leaf.secret ? "something else" : shown(given);
  return [{ key, from, says: `${key}: expected ${expectedText(wanted)}, got ${but}`, hint: hintOf(leaf) }];
}

/** A variable of our prefix that no key goes by. */
export function unknownVariable(variable: string): Problem {
  const near = nearest(
    variable.slice(PREFIX.length),
    VARIABLES.map((name) => name.slice(PREFIX.length)),
  );
  const hint = near
    ? `did you mean ${PREFIX}${near}?`
    : "docs/configuration.md lists them; unset it when it is no business of this program";
  return { key: "", from: { kind: "environment", variable }, says: `no key goes by ${variable}`, hint };
}

function unknownKey(path: readonly PropertyKey[], origins: Origins): Problem {
  const siblings = keysAt(path.slice(0, -1), origins);
  const near = nearest(String(path.at(-1)), siblings);
  const all = siblings.length <= MOST_LISTED ? `there are ${siblings.join(", ")}` : "docs/configuration.md lists them all";
  const hint = near ? `did you mean ${near}?` : all;
  const key = path.join(".");
  return { key, from: origins.keyAt(path), says: `unknown key ${key}`, hint };
}

/** The keys that the schema knows below a path, of the kind that was chosen. */
function keysAt(at: readonly PropertyKey[], origins: Origins): string[] {
  const list = leafAt(at);
  if (list) return Object.keys(schemaInside(list.schema, at.slice(list.path.length))?.properties ?? {});
  const inside = LEAVES.filter(({ path }) => path.length > at.length && at.every((key, i) => path[i] === key));
  const chosen = inside.filter((leaf) => isChosen(leaf, origins));
  return [...new Set((chosen.length > 0 ? chosen : inside).map(({ path }) => path[at.length] as string))];
}

function isChosen({ when }: Leaf, origins: Origins): boolean {
  return when === null || origins.given(when.key.split(".")) === when.is;
}

function schemaHere(leaf: Leaf, origins: Origins): Leaf["schema"] {
  return (LEAVES.find((other) => other.key === leaf.key && isChosen(other, origins)) ?? leaf).schema;
}

function hintOf({ schema }: Leaf): string {
  return (schema.description ?? "").replace(/\.$/, "");
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
