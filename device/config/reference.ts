/** The reference part of docs/configuration.md, made from the schema. */
import { variableOf } from "./environment.ts";
import { expectedText, type JsonSchema, LEAVES, type Leaf } from "./leaf.ts";
import { getIn } from "./load.ts";
import { BOARD_DEFAULTS } from "./schema.ts";

const LIVE_WORDS = { always: "live", tighter: "live, tighter only" } as const;

export function configReference(): string {
  const sections = [...new Set(LEAVES.map(({ path }) => sectionOf(path)))];
  return sections.flatMap((section) => [`### ${section}`, "", ...tableOf(section), ""]).join("\n");
}

function sectionOf(path: readonly string[]): string {
  return path.length === 1 ? "The file" : (path[0] as string);
}

function tableOf(section: string): string[] {
  const leaves = LEAVES.filter(({ path }) => sectionOf(path) === section);
  const keys = [...new Set(leaves.map(({ key }) => key))];
  return [
    "| key and variable | what may stand there | default | changes | meaning |",
    "|---|---|---|---|---|",
    ...keys.map((key) => rowOf(leaves.filter((leaf) => leaf.key === key))),
  ];
}

/** One key, of one kind of board or several. */
function rowOf(leaves: readonly Leaf[]): string {
  const [first] = leaves as [Leaf];
  const cells = [
    `\`${first.key}\`<br>\`${variableOf(first.path)}\``,
    byKind(leaves, ({ schema }) => expectedText(schema)),
    byKind(leaves, defaultText),
    first.live === null ? "restart" : LIVE_WORDS[first.live],
    byKind(leaves, ({ schema }) => (schema.description ?? "").replace(/\.$/, "")),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The same for all kinds once; else each with its kind. */
function byKind(leaves: readonly Leaf[], text: (leaf: Leaf) => string): string {
  const texts = leaves.map(text);
  const [first] = leaves as [Leaf];
  if (new Set(texts).size === 1) {
    const only = first.when !== null && text === defaultText ? `${first.when.is}: ` : "";
    return leaves.length === 1 ? only + texts[0] : (texts[0] as string);
  }
  return leaves.map((leaf, i) => `${leaf.when?.is}: ${texts[i]}`).join("; ");
}

function defaultText(leaf: Leaf): string {
  if (leaf.required) return "required";
  const { default: value } = leaf.schema as JsonSchema;
  if (value !== undefined) return code(value);
  const own = Object.entries(BOARD_DEFAULTS).map(([kind, values]) => ({ kind, value: getIn(values, leaf.path) }));
  if (own.every((each) => each.value !== undefined)) return own.map((each) => `${each.kind}: ${code(each.value)}`).join("; ");
  return leaf.path[0] === "limits" ? "the board's" : leaf.path[0] === "computes" ? `as \`narma10.${leaf.path[1]}\`` : "none";
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}
