import { hostClock } from "../../common/clock.ts";
import { TelemetryError } from "../../common/errors.ts";
import { type Broker, DEFAULT_MQTT_PORT, startBroker } from "./broker.ts";
import { COMMANDS } from "./command-request.ts";
import { type Publisher, type PublisherOptions, startPublisher } from "./publisher.ts";
import { topicRoot } from "./topics.ts";

export interface MqttOptions extends Omit<PublisherOptions, "url" | "backoff" | "connectTimeoutMs" | "keepaliveS" | "connect"> {
  /** null: a broker inside the daemon, on loopback. */
  readonly url: string | null;
  /** Of the broker inside; when it is taken any free port is used instead, and an event says so. 0 takes any free port. */
  readonly port?: number;
}

/** The brokers inside one daemon: boards that want one at the same port share it. */
export class EmbeddedBrokers {
  readonly #at = new Map<number, { readonly broker: Promise<Broker>; users: number }>();

  /** The broker for a port, which may have another where that one is taken; the last to leave closes it. Rejects as startBroker does. */
  async join(port: number): Promise<{ readonly broker: Broker; leave(): Promise<void> }> {
    const there = this.#at.get(port) ?? { broker: startOwnBroker(port), users: 0 };
    this.#at.set(port, there);
    there.users++;
    const leave = async () => {
      if (--there.users > 0) return;
      this.#at.delete(port);
      await (await there.broker).close();
    };
    try {
      return { broker: await there.broker, leave };
    } catch (error) {
      this.#at.delete(port);
      throw error;
    }
  }
}

/** The publisher, with a broker of the daemon's own when none is configured; that one speaks 3.1.1 alone, without TLS. */
export async function startMqtt(options: MqttOptions, brokers: EmbeddedBrokers): Promise<Publisher> {
  if (options.url !== null) return startPublisher({ ...options, url: options.url });
  const { hub, port = DEFAULT_MQTT_PORT, clock = hostClock() } = options;
  const { broker, leave } = await brokers.join(port);
  if (port !== 0 && broker.port !== port) {
    const text = `Port ${port} on 127.0.0.1 is in use. The embedded MQTT broker is at ${broker.url} instead. Another broker may run there: set mqtt.url to mqtt://127.0.0.1:${port} to use it, or choose another port.`;
    hub.publish("event", { wallMs: clock.wallMs(), level: "warning", source: "mqtt", text });
  }
  const { dismiss, ...client } = broker.admit(options.commands ? `${topicRoot(options.base, options.rig)}/${COMMANDS}` : undefined);
  const publisher = startPublisher({ ...options, ...client, url: broker.url, protocol: "3.1.1" });
  let left: Promise<void> | null = null;
  const close = async () => {
    await publisher.close();
    dismiss();
    await leave();
  };
  return { ...publisher, close: () => (left ??= close()) };
}

async function startOwnBroker(port: number): Promise<Broker> {
  try {
    return await startBroker({ port });
  } catch (error) {
    if (!(error instanceof TelemetryError) || error.code !== "PORT_IN_USE") throw error;
    return await startBroker({ port: 0 });
  }
}
