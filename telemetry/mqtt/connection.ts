import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Clock } from "../../common/clock.ts";
import { availability, type Message } from "./topics.ts";

export interface Endpoint {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** A broker that has not accepted by then is given up. */
  readonly connectTimeoutMs: number;
}

const KEEPALIVE_S = 15;

/**
 * One connection to a broker, used once: when it ends, whatever it had not delivered ends with it and nothing of it is sent on the next.
 * The will marks the rig offline should the daemon die.
 */
export interface BrokerConnection {
  /** Resolves with null when the broker accepted, else with the reason. */
  readonly connected: Promise<string | null>;
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<string>;
  /** Handed over and not yet taken by the network, or by the broker for QoS 1. */
  readonly unsentBytes: number;
  /** `sent` is called when the network (QoS 0) or the broker (QoS 1) has taken it; not after an error. */
  publish(message: Message, sent: () => void): void;
  /** Says goodbye, or just goes when the broker does not answer within `graceMs`. */
  end(graceMs: number): Promise<void>;
  destroy(): void;
}

export function connectToBroker(endpoint: Endpoint, root: string, clock: Clock): BrokerConnection {
  return new MqttConnection(endpoint, root, clock);
}

class MqttConnection implements BrokerConnection {
  readonly #client: MqttClient;
  readonly #root: string;
  readonly #clock: Clock;
  #unsentBytes = 0;
  readonly connected: Promise<string | null>;
  readonly closed: Promise<string>;
  #close: (reason: string) => void = () => undefined;

  constructor(endpoint: Endpoint, root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    const will = availability("offline");
    const options: IClientOptions = {
      clientId: endpoint.clientId,
      ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
      ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: endpoint.connectTimeoutMs,
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      will: { topic: `${root}/${will.topic}`, payload: Buffer.from("offline"), qos: will.qos, retain: will.retain },
    };
    this.#client = connect(endpoint.url, options);
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.#client.on("close", () => this.#close("the broker closed the connection"));
    this.#client.on("error", (error) => this.#close(reasonOf(error)));
    const accepted = new Promise<null>((resolve) => this.#client.once("connect", () => resolve(null)));
    this.connected = Promise.race([accepted, this.closed]);
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  publish(message: Message, sent: () => void): void {
    const { topic, payload, qos, retain } = message;
    const bytes = topic.length + payload.length;
    this.#unsentBytes += bytes;
    const body = typeof payload === "string" ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#client.publish(`${this.#root}/${topic}`, body, { qos, retain }, (error) => {
      this.#unsentBytes -= bytes;
      if (!error) sent();
    });
  }

  async end(graceMs: number): Promise<void> {
    if (this.#client.connected) {
      const parted = new AbortController();
      const patience = this.#clock.sleep(graceMs, parted.signal).catch(() => {});
      const goodbye = new Promise<void>((resolve) => this.publish(availability("offline"), resolve)).then(() => this.#client.endAsync());
      await Promise.race([goodbye, patience]);
      parted.abort();
    }
    this.destroy();
  }

  destroy(): void {
    this.#close("it was ended here");
    this.#client.end(true);
  }
}

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  // A name with several addresses fails with an AggregateError, whose message is empty.
  return error.message || code || error.name;
}
