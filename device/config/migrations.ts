/** Older layouts of the file, brought up to the present one step by step. Comments and order stay: the steps work on the YAML document. */
import { type Document, isMap, isNode, isScalar } from "yaml";
import { ConfigError } from "../../common/errors.ts";
import { CONFIG_VERSION, carriesPassword } from "./schema.ts";

/** What a step takes out of the file: it becomes a file of its own that only its owner reads. */
export interface Extracted {
  /** The key that names the new file. */
  readonly path: readonly string[];
  readonly ending: string;
  readonly text: string;
}

interface Step {
  readonly from: number;
  readonly says: string;
  /** Changes the document; returns what belongs into files of their own. */
  apply(document: Document): Extracted[];
}

/** In order; each leads from its version to the next. */
const STEPS: readonly Step[] = [
  {
    from: 0,
    says: "the layout has a number; name and password of the broker leave its address",
    apply(document) {
      const url = document.getIn(["mqtt", "url"]);
      if (typeof url !== "string" || !carriesPassword(url) || !URL.canParse(url)) return [];
      const parsed = new URL(url);
      const { username, password } = parsed;
      parsed.username = parsed.password = "";
      document.setIn(["mqtt", "url"], parsed.href.replace(/\/$/, ""));
      if (username !== "") document.setIn(["mqtt", "username"], decodeURIComponent(username));
      return password === "" ? [] : [{ path: ["mqtt", "passwordFile"], ending: "mqtt-password", text: decodeURIComponent(password) }];
    },
  },
];

export interface Migrated {
  /** The version it was written in; null when that is the present one. */
  readonly from: number | null;
  /** What was done, step by step. */
  readonly steps: readonly string[];
  readonly extracted: readonly Extracted[];
}

/** Brings a document up to date in place. A file without a number is of version 0. ConfigError CONFIG_NEWER. */
export function migrateDocument(document: Document, name: string): Migrated {
  const none: Migrated = { from: null, steps: [], extracted: [] };
  // What is no set of keys, or has no number for its version, is the schema's to refuse.
  if (!isMap(document.contents)) return none;
  const written = document.get("version") ?? 0;
  if (typeof written !== "number" || !Number.isInteger(written) || written < 0 || written === CONFIG_VERSION) return none;
  if (written > CONFIG_VERSION) {
    const why = `${name} has layout ${written}; this program knows layouts up to ${CONFIG_VERSION}.`;
    throw new ConfigError("CONFIG_NEWER", why, "Use the newer asic-reservoir that wrote it, or the backup of its migration.", { written });
  }
  const steps = STEPS.filter(({ from }) => from >= written);
  const extracted = steps.flatMap((step) => step.apply(document));
  setVersion(document);
  return { from: written, steps: steps.map(({ from, says }) => `${from} to ${from + 1}: ${says}`), extracted };
}

/** A migration while loading writes nothing, so that what needs a file of its own has to be asked for. */
export function migrate(
  document: Document,
  name: string,
): { from: number | null; problems: { key: string; says: string; hint: string }[] } {
  const { from, extracted } = migrateDocument(document, name);
  const problems = extracted.map(({ path }) => ({
    key: path.join("."),
    says: "the address of the MQTT broker carries a password",
    hint: "`asic-reservoir config migrate FILE` moves it into a file of its own",
  }));
  return { from, problems };
}

function setVersion(document: Document): void {
  const { contents } = document;
  if (!isMap(contents)) return;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "version");
  if (pair) document.set("version", CONFIG_VERSION);
  else {
    const first = contents.items[0]?.key;
    const version = document.createPair(document.createNode("version"), CONFIG_VERSION);
    contents.items.unshift(version as (typeof contents.items)[number]);
    // What stands above the first key is about the file.
    if (!isNode(first)) return;
    version.key.commentBefore = first.commentBefore ?? null;
    first.commentBefore = null;
  }
}
