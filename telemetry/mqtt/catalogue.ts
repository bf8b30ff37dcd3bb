/** Every topic below <base>/<rig>/, declared once: publisher, pace, tests and docs/mqtt.md go by it. */

/**
 * What becomes of a message that cannot go at once, because the broker is away or does not read or the topic's rate is used up.
 * `latest`: it waits, and a newer one of its topic replaces it. `history`: it waits in a queue that all such topics share, whose oldest goes
 * when it is full. `drop`: it is gone.
 */
export type Shedding = "latest" | "history" | "drop";

export interface TopicRate {
  /** On average not more often than this, ms. */
  readonly everyMs: number;
  /** As many as this at once, after a pause. */
  readonly burst: number;
}

export interface TopicDeclaration {
  readonly qos: 0 | 1;
  readonly retained: boolean;
  /** null: as often as it changes, which is seldom. */
  readonly rate: TopicRate | null;
  readonly shedding: Shedding;
  readonly says: string;
}

const retained = (says: string): TopicDeclaration => ({ qos: 1, retained: true, rate: null, shedding: "latest", says });
const latest = (everyMs: number, says: string): TopicDeclaration => ({
  qos: 0,
  retained: false,
  rate: { everyMs, burst: 1 },
  shedding: "latest",
  says,
});
const history = (says: string): TopicDeclaration => ({
  qos: 0,
  retained: false,
  rate: { everyMs: 100, burst: 50 },
  shedding: "history",
  says,
});

/** Rates: for brokers on small machines and radio links; the record and the WebSocket have every value. */
export const TOPICS = {
  availability: retained("`online` or `offline`, plain text; `offline` is also the will"),
  state: retained("State of the device and why it is in it"),
  software: retained("What runs here, and since when"),
  board: retained("What board it is; an empty payload: not known"),
  run: retained("The run in progress or the last one; an empty payload: none"),
  report: retained("The last NARMA report; an empty payload: none"),
  readings: latest(1000, "Sensors and hash rate; null is unknown"),
  totals: latest(1000, "Nonces by what became of them, since the daemon started"),
  setpoint: latest(250, "Set-point in force; all null: none"),
  safety: latest(250, "The sentinel's last decision and how far away the limits are"),
  activity: latest(500, "What is going on and how far it has come; all null: nothing"),
  drive: latest(500, "The mode that drives the board, and what the host itself remembers by it; all null: nothing drives it"),
  clocks: latest(1000, "The chips' clocks by the host's clock; null where it says nothing"),
  narma: latest(1000, "Progress of the NARMA run"),
  sweep: history("One point of a sweep"),
  event: history("One line of the log"),
  nonces: {
    qos: 0,
    retained: false,
    rate: { everyMs: 50, burst: 20 },
    shedding: "drop",
    says: "A batch of nonces as a binary frame",
  },
} as const satisfies Record<string, TopicDeclaration>;

export type TopicName = keyof typeof TOPICS;

export function declarationOf(topic: string): TopicDeclaration | null {
  return Object.hasOwn(TOPICS, topic) ? TOPICS[topic as TopicName] : null;
}
