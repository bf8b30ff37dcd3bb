/** MQTT as the configuration wants it at present: it can be changed while the daemon runs. */

import type { Hub } from "../telemetry/hub.ts";
import type { CommandActions } from "../telemetry/mqtt/commands.ts";
import type { Publisher, PublisherCounters } from "../telemetry/mqtt/publisher.ts";
import type { TlsFiles } from "../telemetry/mqtt/tls.ts";
import type { Config } from "./config/schema.ts";
import { readSecret } from "./config/secret.ts";
import type { Host } from "./host.ts";

type Sums = Pick<PublisherCounters, "connections" | "droppedMessages" | "replacedMessages" | "droppedNonceFrames">;

function sumOf(a: Sums, b: Sums): Sums {
  return {
    connections: a.connections + b.connections,
    droppedMessages: a.droppedMessages + b.droppedMessages,
    replacedMessages: a.replacedMessages + b.replacedMessages,
    droppedNonceFrames: a.droppedNonceFrames + b.droppedNonceFrames,
  };
}

export class MqttTelemetry {
  readonly #host: Pick<Host, "clock" | "random" | "startMqtt">;
  readonly #hub: Hub;
  readonly #actions: CommandActions;
  #publisher: Pick<Publisher, "url" | "close" | "counters"> | null = null;
  /** Of publishers that were left. */
  #before: Sums = { connections: 0, droppedMessages: 0, replacedMessages: 0, droppedNonceFrames: 0 };
  #running: Config | null = null;
  #closed = false;

  constructor(host: Pick<Host, "clock" | "random" | "startMqtt">, hub: Hub, actions: CommandActions) {
    this.#host = host;
    this.#hub = hub;
    this.#actions = actions;
  }

  /** The broker's address; null when nothing is published. */
  get url(): string | null {
    return this.#publisher?.url ?? null;
  }

  /** Of all publishers so far, as if they were one; null when nothing is published. */
  counters(): PublisherCounters | null {
    const now = this.#publisher?.counters() ?? null;
    return now === null ? null : { ...now, ...sumOf(this.#before, now) };
  }

  /** Publishes as this configuration says. What was published to is left first: its port may be the one wanted. When the new one is no good, the old one is taken up again. */
  async apply(config: Config): Promise<void> {
    const options = this.#optionsOf(config);
    await this.#leave();
    try {
      await this.#start(options);
      this.#running = config;
    } catch (error) {
      if (this.#running !== null) await this.#start(this.#optionsOf(this.#running));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#leave();
  }

  async #start(options: Parameters<Host["startMqtt"]>[0] | null): Promise<void> {
    if (options === null || this.#closed) return;
    this.#publisher = await this.#host.startMqtt(options);
    // Nothing outlives a daemon that ended meanwhile.
    if (this.#closed) await this.#leave();
  }

  async #leave(): Promise<void> {
    const leaving = this.#publisher;
    this.#publisher = null;
    await leaving?.close();
    if (leaving !== null) this.#before = sumOf(this.#before, leaving.counters());
  }

  /** ConfigError SECRET_MISSING or SECRET_EMPTY. */
  #optionsOf({ mqtt, rig }: Config): Parameters<Host["startMqtt"]>[0] | null {
    if (!mqtt.enabled) return null;
    const {
      base,
      url,
      port,
      protocol,
      clientId,
      username,
      passwordFile,
      commands,
      homeAssistant: mode,
      homeAssistantPrefix: prefix,
    } = mqtt;
    const { clock, random } = this.#host;
    // The embedded broker knows no names, and a credential may be there for another one's sake.
    const named = url !== null && username !== null;
    const file = named && passwordFile !== null ? { key: "mqtt.passwordFile", file: passwordFile } : null;
    return {
      hub: this.#hub,
      clock,
      random,
      base,
      rig,
      url,
      port,
      protocol,
      ...(commands === "off" ? {} : { commands: { role: commands, actions: this.#actions } }),
      ...(mode === "off" ? {} : { homeAssistant: { mode, prefix } }),
      ...(clientId === null ? {} : { clientId }),
      ...(url === null ? {} : { tls: tlsFilesOf(mqtt) }),
      ...(named ? { username } : {}),
      ...(file === null ? {} : { password: readSecret(file) }),
    };
  }
}

/** A key that came as a credential may be there for another one's sake: it counts with a certificate alone. */
function tlsFilesOf({ caFile, certFile, keyFile }: Config["mqtt"]): TlsFiles {
  return {
    ...(caFile === null ? {} : { caFile }),
    ...(certFile === null || keyFile === null ? {} : { certFile, keyFile }),
  };
}
