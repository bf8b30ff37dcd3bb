/** A YAML text with the place of everything in it. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "../../common/errors.ts";

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  readonly document: Document;
  /** Where the value at a path begins; null when it is not there. */
  placeOf(path: readonly PropertyKey[]): Place | null;
  /** Where a key stands, whatever its value. */
  placeOfKey(path: readonly PropertyKey[]): Place | null;
}

/** ConfigError CONFIG_SYNTAX, with every place where the text is no YAML. */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number | undefined): Place | null => {
    if (offset === undefined) return null;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    throw notYaml(
      name,
      document.errors.map((error) => ({ place: placeAt(error.pos[0]), why: error.message })),
    );
  }
  return {
    document,
    placeOf(path) {
      const node = path.length === 0 ? document.contents : document.getIn(path, true);
      return isNode(node) ? placeAt(node.range?.[0]) : null;
    },
    placeOfKey(path) {
      const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
      if (!isMap(parent)) return null;
      const key = parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key;
      return isNode(key) ? placeAt(key.range?.[0]) : null;
    },
  };
}

/** The document as plain values. Aliases are resolved only here, so an unresolved one shows only here. */
export function valuesOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw notYaml(name, [{ place: null, why: (error as Error).message }]);
  }
}

function notYaml(name: string, errors: readonly { place: Place | null; why: string }[]): ConfigError {
  const where = errors.map(({ place, why }) => `${place ? `line ${place.line}, column ${place.column}: ` : ""}${why.split("\n")[0]}`);
  return new ConfigError("CONFIG_SYNTAX", `${name} is not valid YAML: ${where.join("; ")}`, "Mend that line and try again.", {
    name,
    problems: errors.map(({ place, why }) => ({ ...place, says: why })),
  });
}
