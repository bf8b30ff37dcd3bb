/** What stands in each topic's JSON, as schemas for those who read it. */
import { z } from "zod";
import { NONCE_STATUSES } from "../../common/nonce-batch.ts";
import { ORIGINS } from "../../common/origin.ts";
import { interval, numberOrNull } from "../api/schemas/component.ts";
import { narmaProgress, narmaReport } from "../api/schemas/narma.ts";
import { runSummary } from "../api/schemas/run.ts";
import { logEvent, readings, safetyView } from "../api/schemas/snapshot.ts";
import { setPoint, sweepPoint } from "../api/schemas/sweep.ts";
import { type ChipClockView, DEVICE_STATES, type DriveView } from "../messages.ts";
import type { TopicName } from "./catalogue.ts";
import { commandEnvelope } from "./command-request.ts";
import type { CommandAnswer } from "./commands.ts";

/** Topics whose payload is no JSON. */
export const PLAIN_TOPICS = ["availability", "nonces"] as const satisfies readonly TopicName[];
export type JsonTopic = Exclude<TopicName, (typeof PLAIN_TOPICS)[number]>;

const wallMs = z.number().describe("ms since 1970");
const orNull = (schema: z.ZodType) => z.union([schema, allNull(schema)]);

/** The same object with nothing known. */
function allNull(schema: z.ZodType): z.ZodType {
  const { properties = {} } = z.toJSONSchema(schema);
  return z.strictObject(Object.fromEntries(Object.keys(properties).map((name) => [name, z.null()])));
}

const activity = z.strictObject({
  label: z.string().describe("In words"),
  done: z.number(),
  total: z.number(),
});

const chipClock: z.ZodType<ChipClockView> = z.strictObject({
  chip: z.int().min(0),
  nonces: z.int().min(0),
  ppm: numberOrNull.describe("Parts per million; positive runs fast"),
  ppmInterval: interval.nullable().describe("95 %"),
  jitterNs: z.number().describe("Robust standard deviation of what is left, ns"),
});

const drive: z.ZodType<DriveView> = z.strictObject({
  name: z.string(),
  words: z.string(),
  hostMemory: z
    .strictObject({ lag: z.number(), recursive: z.boolean(), words: z.string() })
    .describe("What of its score the host's own memory could explain"),
});

/** Without `origin`, which all of them have besides. */
const BODIES: Readonly<Record<JsonTopic, z.ZodType>> = {
  state: z.strictObject({ state: z.enum(DEVICE_STATES), stateReason: z.string().describe("Why the device is in this state, in words") }),
  software: z.strictObject({
    rig: z.string(),
    software: z.string(),
    version: z.string().describe("The software's version alone"),
    startedWallMs: wallMs,
  }),
  board: z.strictObject({
    model: z.string(),
    chips: z.int().min(0),
    chipId: z.string().describe("Hexadecimal; empty before the chips were asked"),
    regulator: z.string(),
  }),
  run: runSummary,
  report: narmaReport,
  readings,
  totals: z.strictObject(Object.fromEntries(NONCE_STATUSES.map((status) => [status, z.int().min(0)]))),
  setpoint: orNull(setPoint),
  safety: safetyView,
  activity: orNull(activity),
  drive: orNull(drive),
  clocks: z.strictObject({ chips: z.array(chipClock).nullable() }),
  narma: narmaProgress,
  sweep: sweepPoint,
  event: logEvent,
};

const commandAnswer: z.ZodType<CommandAnswer> = z.strictObject({
  id: z.string().nullable().describe("The command's; null when it could not be read"),
  command: z.string(),
  ok: z.boolean(),
  code: z.string().nullable().describe("Why not (docs/errors.md); null with ok"),
  message: z.string(),
  hint: z.string().nullable().describe("What can be done about it; null with ok"),
  wallMs: wallMs.describe("This host's clock, ms since 1970: for senders whose own is wrong"),
  origin: z.enum(ORIGINS),
});

export interface ObjectSchema {
  readonly [key: string]: unknown;
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

const ORIGIN = { type: "string", enum: [...ORIGINS], description: "Where the numbers come from" };

/** JSON Schema (2020-12) of a topic's payload. Readers should ignore properties that they do not know: later versions may add some. */
export function payloadSchema(topic: JsonTopic): ObjectSchema {
  const schema = z.toJSONSchema(BODIES[topic]) as { anyOf?: ObjectSchema[] } & Partial<ObjectSchema>;
  const [known, ...others] = (schema.anyOf ?? [schema]) as [ObjectSchema, ...ObjectSchema[]];
  const properties = Object.fromEntries(
    Object.entries(known.properties).map(([name, property]) => {
      const besides = others.map((other) => other.properties[name] as object);
      const { description } = property as { description?: string };
      const both = { ...(description === undefined ? {} : { description }), anyOf: [property, ...besides] };
      return [name, besides.length === 0 ? property : both];
    }),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { ...properties, origin: ORIGIN },
    required: [...new Set([...known.required, "origin"])],
  };
}

export function commandSchema(): ObjectSchema {
  return z.toJSONSchema(commandEnvelope, { io: "input" }) as unknown as ObjectSchema;
}

export function answerSchema(): ObjectSchema {
  return z.toJSONSchema(commandAnswer) as unknown as ObjectSchema;
}
