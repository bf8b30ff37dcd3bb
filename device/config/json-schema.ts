/** The file as JSON Schema, for editors and for programs that write one: with one board, or several (boards.ts). */
import { BOARD_NAME, OWN_KEYS } from "./boards.ts";
import { configJsonSchema, type JsonSchema } from "./leaf.ts";

interface FileJsonSchema extends JsonSchema {
  readonly $schema?: string;
  readonly oneOf: readonly JsonSchema[];
}

export function fileJsonSchema(): FileJsonSchema {
  const { properties = {}, required = [], ...rest } = configJsonSchema();
  const { board, ...others } = properties;
  return {
    ...rest,
    properties: { ...others, ...(board ? { board, boards: boardsSchema(board, others) } : {}) },
    required: required.filter((key) => key !== "board"),
    oneOf: [has("board", "object"), has("boards", "array")],
  };
}

function has(key: string, type: string): JsonSchema {
  return { type: "object", properties: { [key]: { type } }, required: [key] };
}

/** A list of boards: each as `board` is, with a name and what it may have for itself. */
function boardsSchema(board: JsonSchema, file: NonNullable<JsonSchema["properties"]>): JsonSchema {
  const name = { type: "string", pattern: BOARD_NAME.source, description: "Its name: the rig is then called RIG-NAME" };
  const own = Object.fromEntries(OWN_KEYS.flatMap((key) => (file[key] ? [[key, file[key]]] : [])));
  const kinds = (board.oneOf ?? board.anyOf ?? []).map((kind) => ({
    ...kind,
    properties: { name, ...kind.properties, ...own },
    required: ["name", ...(kind.required ?? [])],
  }));
  return {
    type: "array",
    minItems: 1,
    items: { oneOf: kinds },
    description: "Several boards, in place of `board`. What one has for itself replaces what the file says for all",
  };
}
