/**
 * What a client that lags did not get, as far as it still counts: of each topic the latest value, of those whose values add up (log, points of a sweep)
 * the values themselves. Bounded as the hub's snapshot is; values are shared with it, not copied.
 */
import { type HubUpdate, MAX_EVENTS, MAX_SWEEP_POINTS } from "../hub.ts";

type Update = { [T in HubUpdate["topic"]]: Pick<Extract<HubUpdate, { topic: T }>, "topic" | "value"> }[HubUpdate["topic"]];

export class MissedUpdates {
  readonly #latest = new Map<HubUpdate["topic"], Update>();
  /** By their index: a point that was measured again counts once. */
  readonly #points = new Map<number, Update>();
  #events: Update[] = [];

  add({ topic, value }: HubUpdate): void {
    // The pair is one member of the union, which the compiler cannot see once it is taken apart.
    const update = { topic, value } as Update;
    switch (update.topic) {
      case "event":
        this.#events.push(update);
        if (this.#events.length > 2 * MAX_EVENTS) this.#events = this.#events.slice(-MAX_EVENTS);
        return;
      case "sweepPoint":
        put(this.#points, update.value.index, update);
        if (this.#points.size > MAX_SWEEP_POINTS) this.#points.delete(this.#points.keys().next().value as number);
        return;
      case "sweep":
        this.#points.clear();
        put(this.#latest, topic, update);
        return;
      default:
        put(this.#latest, topic, update);
    }
  }

  /** In an order in which they can be applied one after the other. Empty afterwards. */
  take(): readonly Update[] {
    const all = [...this.#latest.values(), ...this.#points.values(), ...this.#events.slice(-MAX_EVENTS)];
    this.#latest.clear();
    this.#points.clear();
    this.#events = [];
    return all;
  }
}

/** The newest is the last. */
function put<K>(into: Map<K, Update>, key: K, update: Update): void {
  into.delete(key);
  into.set(key, update);
}
