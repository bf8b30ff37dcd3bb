/** What the page knows, and how each message changes it. Pure: the socket, the clock and the screen are elsewhere. */
import { PROTOCOL_VERSION, type ServerMessage, type Snapshot } from "../../../messages.ts";

type Hello = Extract<ServerMessage, { type: "hello" }>;
type CaughtUp = Extract<ServerMessage, { type: "caught-up" }>;
type Update = CaughtUp["updates"][number];

export interface Model {
  hello: Hello | null;
  snapshot: Snapshot | null;
  /** Sequence number of the last message applied; null before the snapshot. */
  seq: number | null;
}

export const EMPTY: Model = { hello: null, snapshot: null, seq: null };
/** Events kept on the page; the database has all of them. */
export const EVENTS_KEPT = 300;

/** What a new connection at a socket's address asks to go on from (docs/api.md); the address itself when there is nothing to go on from. */
export function resumeAt(address: string, { hello, seq }: Model): string {
  if (hello?.instance === undefined || seq === null) return address;
  const url = new URL(address);
  url.searchParams.set("instance", hello.instance);
  url.searchParams.set("seq", String(seq));
  return url.href;
}

export type Outcome =
  | { kind: "applied"; model: Model }
  /** A message went missing (or came before the snapshot): only a new connection brings a true picture again. */
  | { kind: "gap"; expected: number | null; got: number }
  /** The daemon speaks another version: the page must be loaded again. */
  | { kind: "protocol"; theirs: number };

/** The message in a text frame, or null when it is not one of ours. */
export function parseMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("type" in value)) return null;
    if (value.type === "hello" && "protocol" in value) return value as ServerMessage;
    if (value.type === "snapshot" && "seq" in value && "snapshot" in value) return value as ServerMessage;
    if (value.type === "caught-up" && "seq" in value && "updates" in value) return value as ServerMessage;
    if (value.type === "update" && "seq" in value && "topic" in value && "value" in value) return value as ServerMessage;
    return null;
  } catch {
    return null;
  }
}

export function apply(model: Model, message: ServerMessage): Outcome {
  switch (message.type) {
    case "hello":
      if (message.protocol !== PROTOCOL_VERSION) return { kind: "protocol", theirs: message.protocol };
      // Resumed: what was missed follows, and the count goes on. Otherwise nothing counts before the snapshot.
      return { kind: "applied", model: { ...model, hello: message, seq: message.resumed ? model.seq : null } };
    case "snapshot":
      return { kind: "applied", model: { ...model, snapshot: keepEqualParts(model.snapshot, message.snapshot), seq: message.seq } };
    case "caught-up":
      if (model.snapshot === null) return { kind: "gap", expected: null, got: message.seq };
      return { kind: "applied", model: { ...model, snapshot: message.updates.reduce(applyUpdate, model.snapshot), seq: message.seq } };
    case "update": {
      const expected = model.seq === null ? null : model.seq + 1;
      if (model.snapshot === null || message.seq !== expected) return { kind: "gap", expected, got: message.seq };
      return { kind: "applied", model: { ...model, snapshot: applyUpdate(model.snapshot, message), seq: message.seq } };
    }
  }
}

/**
 * The new snapshot with those parts of the old one that say the same. A daemon with nothing to say repeats its snapshot every few seconds
 * (telemetry/api/viewers.ts): panels must not start over, nor a zoomed chart jump back, because of that.
 */
function keepEqualParts(old: Snapshot | null, next: Snapshot): Snapshot {
  if (old === null) return next;
  const same = (Object.keys(next) as (keyof Snapshot)[]).filter((key) => JSON.stringify(old[key]) === JSON.stringify(next[key]));
  return { ...next, ...Object.fromEntries(same.map((key) => [key, old[key]])) };
}

function applyUpdate(snapshot: Snapshot, update: Update): Snapshot {
  switch (update.topic) {
    case "state":
      return { ...snapshot, ...update.value };
    case "event":
      return { ...snapshot, events: [...snapshot.events, update.value].slice(-EVENTS_KEPT) };
    case "sweepPoint": {
      const point = update.value;
      return { ...snapshot, sweep: [...snapshot.sweep.filter((known) => known.index !== point.index), point] };
    }
    default:
      return { ...snapshot, [update.topic]: update.value };
  }
}
