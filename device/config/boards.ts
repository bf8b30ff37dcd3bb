/** A file with several boards: `boards`, a list, in place of `board`. One of them at a time is read as if it were alone. docs/rig.md */
import { type Document, isMap, isPair, isScalar, isSeq, type Pair, YAMLMap } from "yaml";
import { ConfigError } from "../../common/errors.ts";

/** Keys of the file that a board may have for itself; all others but `name` say what stands behind its ports. */
export const OWN_KEYS: readonly string[] = ["setPoint", "limits", "plan", "sweep", "narma10", "computes"];
export const BOARD_NAME = /^[a-z0-9][a-z0-9-]{0,14}$/;

/** `FILE#NAME` names one board of a file. */
export function splitBoard(given: string): { readonly file: string; readonly board: string | null } {
  const [, file, board] = /^(.+)#([a-z0-9-]+)$/.exec(given) ?? [];
  return file === undefined || board === undefined ? { file: given, board: null } : { file, board };
}

/** In the order of the file; null for a file with one board. ConfigError BOARDS_INVALID. */
export function boardNames(document: Document, file: string): string[] | null {
  const found = entries(document, file);
  return found === null ? null : found.map(({ name }) => name);
}

/**
 * Makes of a document with `boards` the document of one of them: its wiring becomes `board`, what it has for itself replaces what the file says for
 * all, and the rig is called RIG-NAME. Places of values stay. ConfigError BOARDS_INVALID, BOARD_UNKNOWN, and BOARD_UNNAMED when none is named.
 */
export function chooseBoard(document: Document, file: string, wanted: string | null): void {
  const found = entries(document, file);
  if (found === null) {
    if (wanted === null) return;
    throw new ConfigError("BOARD_UNKNOWN", `${file} has one board, without a name.`, `Use ${file}.`, { file, wanted });
  }
  const names = found.map(({ name }) => name);
  if (wanted === null) {
    const hint = `Name one: ${file}#${names[0]}`;
    throw new ConfigError("BOARD_UNNAMED", `${file} has ${names.length} boards: ${names.join(", ")}.`, hint, { file, names });
  }
  const chosen = found.find(({ name }) => name === wanted);
  if (chosen === undefined)
    throw new ConfigError("BOARD_UNKNOWN", `${file} has no board ${wanted}.`, `There are ${names.join(", ")}.`, { file, wanted });
  document.delete("boards");
  const wiring = new YAMLMap(document.schema);
  wiring.range = chosen.map.range ?? null;
  for (const pair of chosen.map.items) {
    const key = keyOf(pair);
    if (key === "name") continue;
    if (OWN_KEYS.includes(key)) document.set(key, pair.value);
    else wiring.items.push(pair);
  }
  document.set("board", wiring);
  document.set("rig", `${document.get("rig") ?? "rig"}-${wanted}`);
}

interface Entry {
  readonly name: string;
  readonly map: YAMLMap;
}

function entries(document: Document, file: string): Entry[] | null {
  if (!isMap(document.contents) || !document.has("boards")) return null;
  const wrong = (says: string) =>
    new ConfigError("BOARDS_INVALID", `${file}: ${says}.`, "docs/rig.md has an example; `asic-reservoir check-config FILE` checks again.", {
      file,
    });
  if (document.has("board")) throw wrong("it has both board and boards");
  const list = document.get("boards");
  if (!isSeq(list) || list.items.length === 0) throw wrong("boards must be a list of boards");
  const found = list.items.map((item, at): Entry => {
    if (!isMap(item)) throw wrong(`boards.${at} must have keys with values`);
    const name = item.get("name");
    if (typeof name !== "string" || !BOARD_NAME.test(name))
      throw wrong(`boards.${at}.name must be a name of up to 15 small letters, digits and dashes`);
    return { name, map: item as YAMLMap };
  });
  requireDistinct(
    found.map(({ name }) => name),
    (name) => wrong(`two boards are called ${name}`),
  );
  requireDistinct(
    found.flatMap(({ map }) => ["control", "data", "i2c"].flatMap((key) => portOf(map, key))),
    (port) => wrong(`two boards have the port ${port}`),
  );
  return found;
}

function portOf(map: YAMLMap, key: string): string[] {
  const port = map.get(key);
  // One I2C bus has several boards on it, told apart by their PICs' addresses.
  if (typeof port !== "string") return [];
  return key === "i2c" ? [`${port} at ${String(map.get("picAddress") ?? "any address")}`] : [port];
}

function requireDistinct(values: readonly string[], wrong: (value: string) => ConfigError): void {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice !== undefined) throw wrong(twice);
}

function keyOf(pair: Pair): string {
  return isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : "";
}
