import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock } from "../../common/clock.ts";
import { CLOSED_BY_BROKER, endingByBroker, endingOf } from "./ending.ts";
import type { TlsMaterial } from "./tls.ts";
import { availability, type Message } from "./topics.ts";

export const PROTOCOLS = ["5", "3.1.1"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Endpoint {
  readonly url: string;
  readonly clientId: string;
  readonly protocol: Protocol;
  readonly username?: string;
  readonly password?: string;
  readonly tls: TlsMaterial;
  /** A broker that has not accepted by then is given up. */
  readonly connectTimeoutMs: number;
  /** Silence for one and a half of it ends the connection, on either side. */
  readonly keepaliveS: number;
  /** What to listen to on every connection; null: nothing. */
  readonly inbox: Inbox | null;
}

export interface Inbox {
  readonly filter: string;
  heard(packet: HeardPacket): void;
  /** The broker would not have it. */
  refused(reason: string): void;
}

export interface HeardPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Kept by the broker, so of unknown age; in 3.1.1 only what was sent before this connection shows it. */
  readonly retained: boolean;
  /** MQTT 5 only. */
  readonly responseTopic: string | null;
  readonly correlation: Uint8Array | null;
}

/**
 * One connection to a broker, used once: when it ends, whatever it had not delivered ends with it and nothing of it is sent on the next.
 * The will marks the rig offline should the daemon die.
 */
export interface BrokerConnection {
  /** Resolves with null when the broker accepted, else with the reason (ending.ts). */
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
  readonly #isVersion5: boolean;
  #unsentBytes = 0;
  readonly connected: Promise<string | null>;
  readonly closed: Promise<string>;
  #close: (reason: string) => void = () => undefined;

  constructor(endpoint: Endpoint, root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    this.#isVersion5 = endpoint.protocol === "5";
    this.#client = connect(endpoint.url, clientOptions(endpoint, root));
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.#client.on("disconnect", ({ reasonCode, properties }) => this.#close(endingByBroker(reasonCode, properties?.reasonString)));
    this.#client.on("close", () => this.#close(CLOSED_BY_BROKER));
    this.#client.on("error", (error) => this.#close(endingOf(error)));
    if (endpoint.inbox !== null) this.#listen(endpoint.inbox);
    const accepted = new Promise<null>((resolve) => this.#client.once("connect", () => resolve(null)));
    this.connected = Promise.race([accepted, this.closed]);
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  publish(message: Message, sent: () => void): void {
    const { payload, qos, retain, correlation, expiryS } = message;
    const topic = message.isAbsolute === true ? message.topic : `${this.#root}/${message.topic}`;
    const bytes = topic.length + payload.length;
    this.#unsentBytes += bytes;
    const body = typeof payload === "string" ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const properties = {
      ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
      ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }),
    };
    this.#client.publish(topic, body, { qos, retain, ...(this.#isVersion5 ? { properties } : {}) }, (error) => {
      this.#unsentBytes -= bytes;
      // What the broker alone refused (its rules for topics) it has taken all the same.
      if (!error || (this.#client.connected && "code" in error)) sent();
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

  #listen(inbox: Inbox): void {
    this.#client.on("message", (_topic, _payload, packet) => inbox.heard(heardOf(packet)));
    this.#client.once("connect", () => {
      // Version 5 can leave out what is retained, and shows that flag of all else.
      const options = this.#isVersion5 ? ({ qos: 1, rh: 2, rap: true } as const) : ({ qos: 1 } as const);
      this.#client.subscribe(inbox.filter, options, (error, granted) => {
        // 3.1.1 says no with a granted QoS of 0x80.
        const refusal = error?.message ?? (granted?.some(({ qos }) => qos >= 0x80) ? "not authorized" : null);
        if (refusal !== null && this.#client.connected) inbox.refused(refusal);
      });
    });
  }
}

function clientOptions(endpoint: Endpoint, root: string): IClientOptions {
  const will = availability("offline");
  return {
    ...endpoint.tls,
    clientId: endpoint.clientId,
    ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
    ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
    protocolVersion: endpoint.protocol === "5" ? 5 : 4,
    clean: true,
    keepalive: endpoint.keepaliveS,
    connectTimeout: endpoint.connectTimeoutMs,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    will: { topic: `${root}/${will.topic}`, payload: Buffer.from("offline"), qos: will.qos, retain: will.retain },
  };
}

function heardOf({ topic, payload, retain, properties }: IPublishPacket): HeardPacket {
  return {
    topic,
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
    retained: retain,
    responseTopic: properties?.responseTopic ?? null,
    correlation: properties?.correlationData ?? null,
  };
}
