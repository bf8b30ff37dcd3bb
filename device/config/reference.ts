/** The reference part of docs/configuration.md, made from the schema. */
import { OWN_KEYS } from "./boards.ts";
import { variableOf } from "./environment.ts";
import { fileJsonSchema } from "./json-schema.ts";
import { expectedText, type JsonSchema, LEAVES, type Leaf } from "./leaf.ts";
import { getIn } from "./load.ts";
import { BOARD_DEFAULTS } from "./schema.ts";

const LIVE_WORDS = { always: "live", tighter: "live, tighter only" } as const;

export function configReference(): string {
  const sections = [...new Set(LEAVES.map(({ path }) => sectionOf(path)))];
  const parts = sections.flatMap((section) => {
    const part = [`### ${section}`, "", ...tableOf(section), ""];
    return section === "board" ? [...part, "### boards", "", ...boardsText(), ""] : part;
  });
  return parts.join("\n");
}

function boardsText(): string[] {
  const { boards } = fileJsonSchema().properties ?? {};
  const name = boards?.items?.oneOf?.[0]?.properties?.name;
  const own = OWN_KEYS.map((key) => `\`${key}\``).join(", ");
  return [
    `${boards?.description} (docs/rig.md). A list; no variable sets it.`,
    "",
    "| key of an entry | what may stand there | meaning |",
    "|---|---|---|",
    `| \`name\` | up to 15 small letters, digits and dashes; required | ${name?.description} |`,
    "| those of `board` | as there | What stands behind its ports |",
    `| ${own} | as in the file | This board's own |`,
  ];
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
