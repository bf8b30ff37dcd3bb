/** The topics as a page for people (docs/mqtt.md) and as JSON Schemas for programs (docs/mqtt-schemas.json). */
import { z } from "zod";
import { TOPICS, type TopicDeclaration, type TopicName } from "./catalogue.ts";
import { COMMAND_TABLE } from "./command-request.ts";
import { FRAME_COLUMNS, FRAME_HEAD, type FrameField, sizeOf, TYPE_BYTES } from "./frame-layout.ts";
import { answerSchema, commandSchema, type JsonTopic, type ObjectSchema, PLAIN_TOPICS, payloadSchema } from "./payloads.ts";

const NAMES = Object.keys(TOPICS) as TopicName[];
const JSON_TOPICS = NAMES.filter((name): name is JsonTopic => !(PLAIN_TOPICS as readonly string[]).includes(name));

export function mqttReference(): string {
  return [topicTable(), ...JSON_TOPICS.map(payloadSection), frameSection(), commandSection()].join("\n");
}

export function mqttSchemas() {
  return {
    topics: Object.fromEntries(JSON_TOPICS.map((topic) => [topic, payloadSchema(topic)])),
    command: commandSchema(),
    commandArgs: Object.fromEntries(Object.entries(COMMAND_TABLE).map(([name, { args }]) => [name, argsOf(args)])),
    answer: answerSchema(),
  };
}

const SHEDDING: Record<TopicDeclaration["shedding"], string> = { latest: "the latest", history: "the newest 256", drop: "nothing" };

function topicTable(): string {
  const rows = Object.entries(TOPICS as Record<string, TopicDeclaration>).map(([name, { qos, retained, rate, shedding, says }]) => {
    const often =
      rate === null ? "as it changes" : `${round(1000 / rate.everyMs)} a second${rate.burst > 1 ? `, ${rate.burst} at once` : ""}`;
    return `| \`${name}\` | ${says} | ${qos} | ${retained ? "yes" : "no"} | ${often} | ${SHEDDING[shedding]} |`;
  });
  return ["| topic | says | QoS | retained | at most | kept while the broker is away |", "|---|---|---|---|---|---|", ...rows, ""].join(
    "\n",
  );
}

function payloadSection(topic: JsonTopic): string {
  return [`### ${topic}`, "", `${TOPICS[topic].says}.`, "", ...fieldTable(payloadSchema(topic)), ""].join("\n");
}

function fieldTable({ properties, required = [] }: ObjectSchema): string[] {
  const rows = Object.entries(properties).map(([name, property]) => {
    const { description = "" } = property as { description?: string };
    return `| \`${name}\` | ${typeText(property)}${required.includes(name) ? "" : ", may be absent"} | ${description} |`;
  });
  return ["| field | type | what |", "|---|---|---|", ...rows];
}

interface Typed {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly object[];
  readonly items?: object;
}

function typeText(schema: object): string {
  const { type, enum: values, const: only, anyOf, items } = schema as Typed;
  if (anyOf) return [...new Set(anyOf.map(typeText))].join(" or ");
  if (only !== undefined) return `\`${String(only)}\``;
  if (values) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (type === "array") return items ? `list of ${typeText(items)}` : "list";
  const types = type === undefined ? ["anything"] : [type].flat();
  return types.map((one) => (one === "integer" ? "whole number" : one)).join(" or ");
}

function frameSection(): string {
  let at = 0;
  const head = FRAME_HEAD.map((field) => {
    const row = `| ${at} | ${field.type} | \`${field.name}\` | ${field.says} |`;
    at += TYPE_BYTES[field.type];
    return row;
  });
  const columns = FRAME_COLUMNS.map(({ name, type, says }: FrameField) => `| ${type} x n | \`${name}\` | ${says} |`);
  return [
    "### nonces",
    "",
    `Binary, little-endian: a head of ${sizeOf(FRAME_HEAD)} bytes, then columns of n values one after another, ${sizeOf(FRAME_COLUMNS)} bytes for each row.`,
    "",
    ...["| byte | type | field | what |", "|---|---|---|---|", ...head],
    "",
    ...["| column | field | what |", "|---|---|---|", ...columns],
    "",
  ].join("\n");
}

function commandSection(): string {
  const rows = Object.entries(COMMAND_TABLE).map(([name, { role, args, says }]) => {
    const fields = Object.entries(argsOf(args).properties ?? {}).map(([field, property]) => `\`${field}\`: ${typeText(property)}`);
    return `| \`command/${name}\` | ${role} | ${says} | ${fields.join(", ") || "none"} |`;
  });
  return [
    "## Commands",
    "",
    ...["| topic | `mqtt.commands` | what | args |", "|---|---|---|---|", ...rows],
    "",
    ...["A command:", "", ...fieldTable(commandSchema())],
    "",
    ...["Its answer:", "", ...fieldTable(answerSchema())],
    "",
  ].join("\n");
}

const argsOf = (args: z.ZodObject) => z.toJSONSchema(args) as { properties?: Record<string, object> };

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
