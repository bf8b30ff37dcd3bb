import { hostClock } from "../../common/clock.ts";
import { TelemetryError } from "../../common/errors.ts";
import { type Broker, type BrokerOptions, DEFAULT_MQTT_PORT, startBroker } from "./broker.ts";
import { COMMANDS } from "./command-request.ts";
import { type Publisher, type PublisherOptions, startPublisher } from "./publisher.ts";
import { topicRoot } from "./topics.ts";

export interface MqttOptions extends Omit<PublisherOptions, "url" | "backoff" | "connectTimeoutMs" | "keepaliveS" | "connect"> {
  /** null: a broker inside the daemon, on loopback. */
  readonly url: string | null;
  /** Of the broker inside; when it is taken any free port is used instead, and an event says so. 0 takes any free port. */
  readonly port?: number;
}

/** The publisher, with a broker of its own when none is configured; that one speaks 3.1.1 alone, without TLS. */
export async function startMqtt(options: MqttOptions): Promise<Publisher> {
  if (options.url !== null) return startPublisher({ ...options, url: options.url });
  const root = topicRoot(options.base, options.rig);
  const broker = await startOwnBroker(options, options.commands ? { commandsBelow: `${root}/${COMMANDS}` } : {});
  const publisher = startPublisher({ ...options, ...broker.publisher, url: broker.url, protocol: "3.1.1" });
  return {
    ...publisher,
    async close() {
      await publisher.close();
      await broker.close();
    },
  };
}

type Open = Pick<BrokerOptions, "commandsBelow">;

async function startOwnBroker({ hub, port = DEFAULT_MQTT_PORT, clock = hostClock() }: MqttOptions, open: Open): Promise<Broker> {
  try {
    return await startBroker({ ...open, port });
  } catch (error) {
    if (!(error instanceof TelemetryError) || error.code !== "PORT_IN_USE") throw error;
    const broker = await startBroker({ ...open, port: 0 });
    const text = `${error.message} The embedded MQTT broker is at ${broker.url} instead. ${error.hint}`;
    hub.publish("event", { wallMs: clock.wallMs(), level: "warning", source: "mqtt", text });
    return broker;
  }
}
