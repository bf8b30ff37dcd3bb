/** What comes in on a command topic, taken apart and checked for form; nothing here is done. */
import { z } from "zod";
import { TelemetryError } from "../../common/errors.ts";
import type { HeardPacket } from "./connection.ts";

export const COMMANDS = "command";
export const ANSWER = "answer";
/** More is no command. */
const MAX_BYTES = 4096;

/** `view` is everybody's; a command needs one of these. */
export const COMMAND_ROLES = ["safe", "operate"] as const;
export type CommandRole = (typeof COMMAND_ROLES)[number];

const nothing = z.strictObject({});

/** `safe`: can only end what goes on, and does no harm twice. */
export const COMMAND_TABLE = {
  "emergency-off": { role: "safe", args: nothing, says: "Core power off at once, without a ramp; the rig stays in `fault`" },
  "stop-plan": { role: "safe", args: nothing, says: "Ends the sweep or experiment in progress; the rig goes on mining at its set-point" },
  "set-point": {
    role: "operate",
    args: z.strictObject({
      coreVoltageMv: z.number().positive().describe("Core voltage (on an S9: of the whole chain), mV"),
      frequencyMhz: z.number().positive().describe("Core clock, MHz"),
      ticketDifficulty: z.number().min(1).describe("Difficulty from which a chip reports a nonce"),
    }),
    says: "Moves a rig that is mining to another set-point, within its limits; not while a plan is in progress",
  },
} as const satisfies Record<string, { readonly role: CommandRole; readonly args: z.ZodObject; readonly says: string }>;

export type CommandName = keyof typeof COMMAND_TABLE;
export type CommandArgs<Name extends CommandName> = z.infer<(typeof COMMAND_TABLE)[Name]["args"]>;

export const commandEnvelope = z.strictObject({
  id: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .describe("The sender's name for this one command; never used again"),
  expiresAt: z.int().min(0).describe("Not to be done from then on, ms since 1970; at most a minute ahead"),
  replyTo: z.string().min(1).max(256).optional().describe("Topic for the answer; MQTT 5 can name it as response topic instead"),
  args: z.record(z.string(), z.unknown()).default({}),
});

export interface CommandRequest {
  readonly name: CommandName;
  readonly id: string;
  readonly expiresAtMs: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Where the answer goes, and whose it is; known even of a command that cannot be read. */
export interface ReplyAddress {
  readonly topic: string;
  readonly isAbsolute: boolean;
  readonly correlation: Uint8Array | null;
}

/** The command's name on its topic, or null for a topic that is none. */
export function commandName(topic: string, root: string): string | null {
  const before = `${root}/${COMMANDS}/`;
  return topic.startsWith(before) ? topic.slice(before.length) : null;
}

/** JSON of a packet, undefined when it is none. */
function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}

/** TelemetryError COMMAND_UNKNOWN, COMMAND_MALFORMED. */
export function readRequest({ payload }: HeardPacket, name: string): CommandRequest {
  if (!Object.hasOwn(COMMAND_TABLE, name)) {
    const hint = `There are ${Object.keys(COMMAND_TABLE).join(", ")}.`;
    throw new TelemetryError("COMMAND_UNKNOWN", `There is no command ${JSON.stringify(name.slice(0, 64))}.`, hint, {});
  }
  const known = name as CommandName;
  if (payload.length > MAX_BYTES) throw malformed(known, `it has ${payload.length} bytes, ${MAX_BYTES} are allowed`);
  const envelope = commandEnvelope.safeParse(jsonOf(payload));
  if (!envelope.success) throw malformed(known, problemIn(envelope.error));
  const args = COMMAND_TABLE[known].args.safeParse(envelope.data.args);
  if (!args.success) throw malformed(known, `args: ${problemIn(args.error)}`);
  return { name: known, id: envelope.data.id, expiresAtMs: envelope.data.expiresAt, args: args.data };
}

function problemIn({ issues: [first] }: z.ZodError): string {
  return first === undefined ? "" : `${first.path.join(".")}${first.path.length > 0 ? ": " : ""}${first.message}`;
}

function malformed(name: string, why: string): TelemetryError {
  const hint = 'Send JSON such as {"id": "a1", "expiresAt": 1700000000000}; docs/mqtt.md has the schema.';
  return new TelemetryError("COMMAND_MALFORMED", `The command ${name} cannot be read: ${why}.`, hint, { name });
}

/** The id, also of a command that is wrong otherwise, so that its sender knows which one was refused. */
export function idIn({ payload }: HeardPacket): string | null {
  if (payload.length > MAX_BYTES) return null;
  const read = commandEnvelope.pick({ id: true }).strip().safeParse(jsonOf(payload));
  return read.success ? read.data.id : null;
}

/**
 * The response topic of MQTT 5, else `replyTo`, else `<root>/answer`. A sender cannot have the rig speak where others believe it: below its own root
 * (but for `answer`), below `$`, or in a topic of Home Assistant's. Such an answer goes to `<root>/answer`.
 */
export function replyAddress(packet: HeardPacket, root: string, forbiddenPrefix: string): ReplyAddress {
  const inJson =
    packet.payload.length > MAX_BYTES ? undefined : (jsonOf(packet.payload) as { replyTo?: unknown } | null | undefined)?.replyTo;
  const wanted = packet.responseTopic ?? (typeof inJson === "string" ? inJson : null);
  const { correlation } = packet;
  if (wanted === null || !mayAnswerAt(wanted, root, forbiddenPrefix)) return { topic: ANSWER, isAbsolute: false, correlation };
  return { topic: wanted, isAbsolute: true, correlation };
}

function mayAnswerAt(topic: string, root: string, forbiddenPrefix: string): boolean {
  if (topic === "" || topic.length > 256 || /[+#\0]/.test(topic) || topic.startsWith("$")) return false;
  const isBelow = (prefix: string) => topic === prefix || topic.startsWith(`${prefix}/`);
  if (isBelow(`${root}/${ANSWER}`)) return true;
  return !isBelow(root) && !isBelow(forbiddenPrefix);
}
