/**
 * The one place that knows what is going on now: holds the Snapshot and hands every update to whoever listens (WebSocket,
 * MQTT). No I/O. Listeners run one after another on the publisher's stack and must only enqueue.
 */
import type { NonceBatch } from "../common/nonce-batch.ts";
import type { Snapshot, Topic, Updates } from "./messages.ts";

/** Older entries leave the snapshot; the database keeps them. */
export const MAX_EVENTS = 200;
export const MAX_SWEEP_POINTS = 2000;

export type HubUpdate = { [T in Topic]: { readonly seq: number; readonly topic: T; readonly value: Updates[T] } }[Topic];

export interface HubListener {
  update?(update: HubUpdate): void;
  /** `batchSeq` counts nonce batches of this hub from 0. */
  nonces?(batch: NonceBatch, batchSeq: number): void;
}

export interface Hub {
  /** Sequence number of the last update; 0 before the first. Nonce batches have their own count. */
  readonly seq: number;
  /** Values are shared, not copied: treat them as frozen. Lists are the reader's own. */
  snapshot(): Snapshot;
  publish<T extends Topic>(topic: T, value: Updates[T]): void;
  publishNonces(batch: NonceBatch): void;
  /** Returns the function that ends the subscription. A listener that throws is detached and an event says so. */
  subscribe(listener: HubListener): () => void;
}

type Initial = Pick<Snapshot, "rig" | "origin" | "software" | "startedWallMs"> & Partial<Snapshot>;

/** A hub with nothing known yet except what `initial` says. */
export function createHub(initial: Initial, wallMs: () => number = Date.now): Hub {
  const current: Snapshot = {
    state: "cold",
    stateReason: "not started",
    board: null,
    setPoint: null,
    readings: null,
    totals: { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 },
    run: null,
    activity: null,
    narma: null,
    report: null,
    safety: { action: "none", rule: "none", reason: "no decision yet", margins: [] },
    ...initial,
    sweep: bounded(initial.sweep ?? [], MAX_SWEEP_POINTS),
    events: bounded(initial.events ?? [], MAX_EVENTS),
  };
  const listeners = new Set<HubListener>();
  const waiting: ((listener: HubListener) => void)[] = [];
  let delivering = false;
  let seq = 0;
  let batches = 0;

  // A listener may publish (MQTT reports a lost broker as an event): its message waits, so that all listeners see one order.
  const deliver = (message: (listener: HubListener) => void) => {
    waiting.push(message);
    if (delivering) return;
    delivering = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const listener of [...listeners]) {
        try {
          next(listener);
        } catch (error) {
          listeners.delete(listener);
          const text = `a listener failed and was detached: ${error instanceof Error ? error.message : String(error)}`;
          publish("event", { wallMs: wallMs(), level: "error", source: "hub", text });
        }
      }
    }
    delivering = false;
  };

  const publish = <T extends Topic>(topic: T, value: Updates[T]) => {
    seq++;
    // The pair (topic, value) is one member of the union, which the compiler cannot see through the type parameter.
    const update = { seq, topic, value } as unknown as HubUpdate;
    apply(current, update);
    deliver((listener) => listener.update?.(update));
  };

  return {
    get seq() {
      return seq;
    },
    snapshot: () => ({ ...current, sweep: [...current.sweep], events: [...current.events] }),
    publish,
    publishNonces(batch) {
      const batchSeq = batches++;
      deliver((listener) => listener.nonces?.(batch, batchSeq));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

function apply(current: Snapshot, update: HubUpdate): void {
  switch (update.topic) {
    case "state":
      current.state = update.value.state;
      current.stateReason = update.value.stateReason;
      return;
    case "event":
      current.events = bounded([...current.events, update.value], MAX_EVENTS);
      return;
    case "sweepPoint": {
      // A point measured again (a sweep resumed after a crash) replaces the one before.
      const others = current.sweep.filter((point) => point.index !== update.value.index);
      current.sweep = bounded([...others, update.value], MAX_SWEEP_POINTS);
      return;
    }
    case "sweep":
      current.sweep = bounded(update.value, MAX_SWEEP_POINTS);
      return;
    default:
      Object.assign(current, { [update.topic]: update.value });
  }
}

function bounded<T>(list: readonly T[], max: number): T[] {
  return list.slice(Math.max(0, list.length - max));
}
