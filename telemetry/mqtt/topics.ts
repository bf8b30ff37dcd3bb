/** What goes to which MQTT topic. Listed for users in README.md beside this file. */
import { TelemetryError } from "../../common/errors.ts";
import type { HubUpdate } from "../hub.ts";
import type { Snapshot, Updates } from "../messages.ts";

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
  const telemetry = (topic: string, value: object): Message => ({
    topic,
    payload: JSON.stringify({ ...value, origin }),
    qos: 0,
    retain: false,
  });
  switch (update.topic) {
    case "state":
    case "board":
    case "run":
    case "report":
      return retained(update.topic, update.value, origin);
    case "setPoint":
      return telemetry("setpoint", update.value ?? { coreVoltageMv: null, frequencyMhz: null, ticketDifficulty: null });
    case "activity":
      return telemetry("activity", update.value ?? { label: null, done: null, total: null });
    case "sweepPoint":
      return telemetry("sweep", update.value);
    case "readings":
    case "totals":
    case "event":
    case "safety":
      return telemetry(update.topic, update.value);
    case "narma":
      return update.value === null ? null : telemetry("narma", update.value);
    case "sweep":
      return null;
  }
}

type Retained = "state" | "board" | "run" | "report";

function retained<T extends Retained>(topic: T, value: Updates[T], origin: Snapshot["origin"]): Message {
  return { topic, payload: value === null ? "" : JSON.stringify({ ...value, origin }), qos: 1, retain: true };
}

/** What a broker must hold after every connect, also one that restarted and forgot. */
export function retainedMessages(snapshot: Snapshot): Message[] {
  const { state, stateReason, board, run, report, origin } = snapshot;
  return [
    availability("online"),
    retained("state", { state, stateReason }, origin),
    retained("board", board, origin),
    retained("run", run, origin),
    retained("report", report, origin),
  ];
}
