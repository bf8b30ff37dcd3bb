/** An MQTT broker in memory, as a publisher's connection meets it. */
import type { Random } from "../../common/random.ts";
import type { BrokerConnection, Inbox } from "../../telemetry/mqtt/connection.ts";
import type { Message } from "../../telemetry/mqtt/topics.ts";
import { digest, type EventLog } from "./event-log.ts";
import type { VirtualProcess } from "./virtual-process.ts";

/** On one network segment. */
const ROUND_TRIP_NS = { least: 300_000, spread: 4_000_000 };
/** A client that hears nothing gives up after one and a half keep-alives (MQTT 3.1.1, 3.1.2.10; telemetry/mqtt/connection.ts). */
const KEEPALIVE_NS = 22.5e9;

export class VirtualBroker {
  readonly #log: EventLog;
  readonly #random: Random;
  #reachable = true;
  /** Takes bytes and says nothing, like a peer that is gone without a word. */
  #mute = false;
  readonly #connections = new Set<Connection>();
  /** Whether a process may open a socket. */
  maySocket: () => boolean = () => true;
  /** What a late subscriber would be told of each topic. */
  readonly retained = new Map<string, string>();

  constructor(log: EventLog, random: Random) {
    this.#log = log;
    this.#random = random;
  }

  /** An inbox hears what others publish below the connection's root. */
  connectFrom(process: VirtualProcess, root: string, inbox: Inbox | null = null): BrokerConnection {
    const connection: Connection = new Connection(process, {
      hear: (topic, payload) => {
        if (!topic.startsWith(`${root}/`)) return;
        inbox?.heard({ topic, payload, retained: false, responseTopic: null, correlation: null });
      },
      roundTripNs: () => ROUND_TRIP_NS.least + ROUND_TRIP_NS.spread * this.#random.next(),
      refusal: () => (this.maySocket() ? (this.#reachable ? null : "ECONNREFUSED") : "EMFILE"),
      isMute: () => this.#mute,
      take: (message) => this.#take(root, message),
      gone: (clean) => {
        this.#connections.delete(connection);
        if (!clean) this.#take(root, { topic: "availability", payload: "offline", qos: 1, retain: true });
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Somebody else publishes: it reaches whoever is connected, unless the broker is away. */
  publish(topic: string, payload: Uint8Array): void {
    if (!this.works) return;
    for (const connection of this.#connections) connection.hear(topic, payload);
  }

  /** It takes connections and answers. */
  get works(): boolean {
    return this.#reachable && !this.#mute;
  }

  setReachable(reachable: boolean): void {
    this.#log.add("broker", reachable ? "back" : "gone");
    this.#reachable = reachable;
    if (!reachable) for (const connection of [...this.#connections]) connection.lose("the broker closed the connection");
  }

  setMute(mute: boolean): void {
    this.#log.add("broker", mute ? "mute" : "answers again");
    this.#mute = mute;
  }

  #take(root: string, { topic, payload, retain }: Message): void {
    this.#log.add("mqtt", `${root}/${topic} ${payload.length} ${digest(payload)}`);
    if (retain) this.retained.set(`${root}/${topic}`, typeof payload === "string" ? payload : `${payload.length} bytes`);
  }
}

interface BrokerSide {
  hear(topic: string, payload: Uint8Array): void;
  roundTripNs(): number;
  refusal(): string | null;
  isMute(): boolean;
  take(message: Message): void;
  gone(clean: boolean): void;
}

class Connection implements BrokerConnection {
  readonly connected: Promise<string | null>;
  readonly closed: Promise<string>;
  unsentBytes = 0;
  readonly #process: VirtualProcess;
  readonly #broker: BrokerSide;
  #close: (reason: string) => void = () => {};
  #over = false;
  #accepted = false;
  #watchingSilence = false;

  constructor(process: VirtualProcess, broker: BrokerSide) {
    this.#process = process;
    this.#broker = broker;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    const answered = new Promise<string | null>((resolve) => {
      process.soon("io", broker.roundTripNs(), () => {
        const refusal = broker.refusal();
        if (refusal !== null) this.#end(refusal, true);
        else this.#accepted = true;
        resolve(refusal);
      });
    });
    this.connected = Promise.race([answered, this.closed]);
    void this.closed.then(process.onEnd(() => this.#end("its process ended", false)));
  }

  publish(message: Message, sent: () => void): void {
    if (this.#over) return;
    const bytes = message.topic.length + message.payload.length;
    this.unsentBytes += bytes;
    if (this.#broker.isMute()) {
      this.#watchSilence();
      return;
    }
    this.#broker.take(message);
    this.#process.soon("io", this.#broker.roundTripNs(), () => {
      this.unsentBytes -= bytes;
      if (!this.#over) sent();
    });
  }

  hear(topic: string, payload: Uint8Array): void {
    this.#process.soon("io", this.#broker.roundTripNs(), () => {
      if (this.#accepted && !this.#over) this.#broker.hear(topic, payload);
    });
  }

  async end(graceMs: number): Promise<void> {
    if (this.#accepted && !this.#over) {
      const parted = new AbortController();
      const patience = this.#process.sleep(graceMs, parted.signal).catch(() => {});
      await Promise.race([
        new Promise<void>((resolve) => this.publish({ topic: "availability", payload: "offline", qos: 1, retain: true }, resolve)),
        patience,
      ]);
      parted.abort();
    }
    this.destroy();
  }

  destroy(): void {
    this.#end("it was ended here", true);
  }

  lose(reason: string): void {
    this.#process.soon("io", this.#broker.roundTripNs(), () => this.#end(reason, false));
  }

  #watchSilence(): void {
    if (this.#watchingSilence) return;
    this.#watchingSilence = true;
    this.#process.soon("timer", KEEPALIVE_NS, () => this.#end("keep-alive timed out", false));
  }

  #end(reason: string, clean: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#broker.gone(clean || !this.#accepted);
    this.#close(reason);
  }
}
