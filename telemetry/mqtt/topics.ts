/** What goes to which MQTT topic. Listed for users in docs/mqtt.md. */
import { TelemetryError } from "../../common/errors.ts";
import type { HubUpdate } from "../hub.ts";
import type { Snapshot } from "../messages.ts";
import { TOPICS, type TopicName } from "./catalogue.ts";

export interface Message {
  /** Below <base>/<rig>/ unless `isAbsolute`. */
  readonly topic: string;
  readonly isAbsolute?: true;
  /** Empty on a retained topic: nothing is retained any more (MQTT 3.1.1, 3.3.1.3). */
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5 only: whose answer this is. */
  readonly correlation?: Uint8Array;
  /** MQTT 5 only: nobody wants it later than this. */
  readonly expiryS?: number;
}

export const AVAILABILITY = "availability";
export const NONCES = "nonces";

export function availability(value: "online" | "offline"): Message {
  return { topic: AVAILABILITY, payload: value, qos: 1, retain: true };
}

/** <base>/<rig>, safe to put before a topic. Throws TelemetryError TOPIC_INVALID when the base has wildcards or empty parts. */
export function topicRoot(base: string, rig: string): string {
  if (!/^[^+#/\0]+(\/[^+#/\0]+)*$/.test(base) || base.startsWith("$")) {
    const hint = "Use words with single slashes between them and without + and #, such as asic-reservoir or lab/asic.";
    throw new TelemetryError("TOPIC_INVALID", `${JSON.stringify(base)} cannot begin an MQTT topic.`, hint, { base });
  }
  return `${base}/${rig.replace(/[^\w.-]+/g, "-") || "rig"}`;
}

/** The update as an MQTT message, or null when MQTT has no topic for it. */
export function messageOf(update: HubUpdate, origin: Snapshot["origin"]): Message | null {
  switch (update.topic) {
    case "state":
    case "board":
    case "run":
    case "report":
    case "readings":
    case "totals":
    case "event":
    case "safety":
      return json(update.topic, update.value, origin);
    case "setPoint":
      return json("setpoint", update.value ?? { coreVoltageMv: null, frequencyMhz: null, ticketDifficulty: null }, origin);
    case "activity":
      return json("activity", update.value ?? { label: null, done: null, total: null }, origin);
    case "clocks":
      return json("clocks", { chips: update.value }, origin);
    case "drive":
      return json("drive", update.value ?? { name: null, words: null, hostMemory: null }, origin);
    case "sweepPoint":
      return json("sweep", update.value, origin);
    case "narma":
      return update.value === null ? null : json("narma", update.value, origin);
    case "sweep":
      return null;
  }
}

function json(topic: TopicName, value: object | null, origin: Snapshot["origin"]): Message {
  const { qos, retained } = TOPICS[topic];
  return { topic, payload: value === null ? "" : JSON.stringify({ ...value, origin }), qos, retain: retained };
}

/** What a broker must hold after every connect, also one that restarted and forgot. */
export function retainedMessages(snapshot: Snapshot): Message[] {
  const { rig, software, startedWallMs, state, stateReason, board, run, report, origin } = snapshot;
  return [
    availability("online"),
    json("state", { state, stateReason }, origin),
    json("software", { rig, software, version: versionOf(software), startedWallMs }, origin),
    json("board", board, origin),
    json("run", run, origin),
    json("report", report, origin),
  ];
}

/** "asic-reservoir 0.1.0" is version 0.1.0. */
export function versionOf(software: string): string {
  return software.slice(software.lastIndexOf(" ") + 1);
}
