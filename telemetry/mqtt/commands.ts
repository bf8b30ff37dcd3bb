/** Commands from the broker: passed or refused, done, and answered. */
import { AsicError, TelemetryError } from "../../common/errors.ts";
import type { Hub } from "../hub.ts";
import type { LogEvent, SetPoint } from "../messages.ts";
import { CommandGate } from "./command-gate.ts";
import {
  COMMAND_TABLE,
  COMMANDS,
  type CommandArgs,
  type CommandName,
  type CommandRequest,
  type CommandRole,
  commandName,
  idIn,
  type ReplyAddress,
  readRequest,
  replyAddress,
} from "./command-request.ts";
import type { HeardPacket, Inbox } from "./connection.ts";
import { Pace } from "./pace.ts";
import type { Message } from "./topics.ts";

/** What the device does upon a command; rejects with an AsicError that says why it cannot. */
export interface CommandActions {
  emergencyOff(): Promise<void>;
  /** Resolves with whether there was one in progress. */
  stopPlan(): Promise<boolean>;
  /** Resolves with what is in force now. */
  applySetPoint(wanted: SetPoint): Promise<SetPoint>;
}

export interface CommandSettings {
  readonly role: CommandRole;
  readonly actions: CommandActions;
}

export interface CommandAnswer {
  /** null: the command's could not be read. */
  readonly id: string | null;
  readonly command: string;
  readonly ok: boolean;
  /** Of docs/errors.md; null with ok. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: string | null;
  /** This host's clock, for senders whose own is wrong. */
  readonly wallMs: number;
  readonly origin: string;
}

const ANSWER_EXPIRY_S = 60;
/** Answers to what is refused, and lines of the log about it: a flood gets no flood back. */
const REFUSAL_RATE = { everyMs: 200, burst: 50 };
const LOG_RATE = { everyMs: 5000, burst: 10 };

export interface CommandSurroundings {
  readonly settings: CommandSettings;
  readonly root: string;
  /** Where no answer may go. */
  readonly forbiddenPrefix: string;
  readonly hub: Hub;
  wallMs(): number;
  /** Never goes back. */
  nowMs(): number;
  answer(message: Message): void;
  tell(level: LogEvent["level"], text: string): void;
}

/** Listens for commands. Ids passed are remembered as long as the returned inbox is used, over all its connections. */
export function commandInbox(around: CommandSurroundings): Inbox {
  const { settings, root, hub, wallMs, nowMs, tell } = around;
  const gate = new CommandGate(settings.role, wallMs());
  const pace = new Pace((topic) => (topic === "log" ? LOG_RATE : REFUSAL_RATE));
  const underWay = new Map<CommandName, Promise<string>>();

  const answer = (to: ReplyAddress, body: Omit<CommandAnswer, "wallMs" | "origin">) => {
    const payload = JSON.stringify({ ...body, wallMs: wallMs(), origin: hub.snapshot().origin } satisfies CommandAnswer);
    around.answer({
      topic: to.topic,
      ...(to.isAbsolute ? { isAbsolute: true } : {}),
      payload,
      qos: 1,
      retain: false,
      expiryS: ANSWER_EXPIRY_S,
      ...(to.correlation === null ? {} : { correlation: to.correlation }),
    });
  };
  const note = (level: LogEvent["level"], text: string) => {
    if (pace.waitMs("log", nowMs()) > 0) return;
    pace.sent("log", nowMs());
    tell(level, text);
  };
  const refuse = (to: ReplyAddress, command: string, id: string | null, error: unknown) => {
    if (pace.waitMs("refusal", nowMs()) > 0) return;
    pace.sent("refusal", nowMs());
    const { code, message, hint } =
      error instanceof AsicError
        ? error
        : { code: "COMMAND_FAILED", message: error instanceof Error ? error.message : String(error), hint: "" };
    note("warning", `command ${JSON.stringify(command)} (id ${id ?? "unknown"}) refused: ${code}: ${message}`);
    answer(to, { id, command, ok: false, code, message, hint });
  };
  const perform = async (request: CommandRequest): Promise<string> => {
    const { name, id } = request;
    const going = underWay.get(name);
    if (going !== undefined) {
      // What only ends something has one outcome, whoever asked for it.
      if (COMMAND_TABLE[name].role === "safe") return going;
      const hint = "Wait for the answer to the one before.";
      throw new TelemetryError("COMMAND_UNDER_WAY", `A command ${name} is still being done.`, hint, { name, id });
    }
    const done = carryOut(request, settings.actions).finally(() => underWay.delete(name));
    underWay.set(name, done);
    return done;
  };

  return {
    filter: `${root}/${COMMANDS}/+`,
    heard(packet: HeardPacket) {
      const name = commandName(packet.topic, root);
      // An empty payload is how a retained command is cleared.
      if (name === null || packet.payload.length === 0) return;
      const command = name.slice(0, 64);
      const to = replyAddress(packet, root, around.forbiddenPrefix);
      let request: CommandRequest;
      try {
        request = readRequest(packet, name);
        gate.pass(request, packet.retained, { wallMs: wallMs(), nowMs: nowMs() });
      } catch (error) {
        refuse(to, command, idIn(packet), error);
        return;
      }
      note("warning", `command ${command} (id ${request.id}) is being done`);
      perform(request).then(
        (message) => answer(to, { id: request.id, command, ok: true, code: null, message, hint: null }),
        (error: unknown) => refuse(to, command, request.id, error),
      );
    },
    refused: (reason) =>
      tell("error", `the MQTT broker does not let this rig listen to ${root}/${COMMANDS}/+ (${reason}): no command arrives`),
  };
}

async function carryOut({ name, args }: CommandRequest, actions: CommandActions): Promise<string> {
  switch (name) {
    case "emergency-off":
      await actions.emergencyOff();
      return "Core power is off.";
    case "stop-plan":
      return (await actions.stopPlan()) ? "The plan was told to end." : "No plan is in progress.";
    case "set-point": {
      const now = await actions.applySetPoint(args as CommandArgs<"set-point">);
      return `In force: ${now.coreVoltageMv} mV, ${now.frequencyMhz} MHz, difficulty ${now.ticketDifficulty}.`;
    }
  }
}
