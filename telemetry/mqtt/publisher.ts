import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import { TelemetryError } from "../../common/errors.ts";
import { hostRandom, type Random } from "../../common/random.ts";
import type { Hub } from "../hub.ts";
import type { LogEvent } from "../messages.ts";
import { encodeNonceFrame } from "../nonce-frame.ts";
import { type Broker, DEFAULT_MQTT_PORT, startBroker } from "./broker.ts";
import { type BrokerConnection, connectToBroker, type Endpoint } from "./connection.ts";
import { Outbox } from "./outbox.ts";
import { type Message, messageOf, NONCES, retainedMessages, topicRoot } from "./topics.ts";

/** Above this the broker is taken as not reading, and messages wait in the outbox. */
const MAX_UNSENT_BYTES = 256 * 1024;
const MAX_HISTORY = 256;
const CLOSE_GRACE_MS = 1000;

export interface PublisherOptions {
  readonly hub: Hub;
  readonly base: string;
  readonly rig: string;
  readonly url: string;
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  /** First and longest pause between attempts to connect, ms. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How a connection is made; over the network unless told. */
  readonly connect?: (endpoint: Endpoint, root: string, clock: Clock) => BrokerConnection;
}

export interface PublisherCounters {
  readonly connected: boolean;
  readonly connections: number;
  readonly waiting: number;
  /** Handed to the network and not yet taken. */
  readonly unsentBytes: number;
  readonly droppedMessages: number;
  readonly replacedMessages: number;
  /** Nonce frames never wait: the database has them. */
  readonly droppedNonceFrames: number;
}

export interface Publisher {
  /** The broker's address, without a password. */
  readonly url: string;
  counters(): PublisherCounters;
  /** Marks the rig offline and disconnects; takes a second at most. */
  close(): Promise<void>;
}

const SCHEMES = ["mqtt:", "mqtts:", "tcp:", "ssl:", "ws:", "wss:"];

/** Half the doubled pause is fixed and half random, so that many rigs do not return to a restarted broker at once. */
export function backoffMs(attempt: number, limits: { readonly firstMs: number; readonly maxMs: number }, random: number): number {
  const pauseMs = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30));
  return pauseMs * (0.5 + 0.5 * random);
}

/**
 * Publishes what the hub says until closed. Returns at once: a broker that is absent is an event in the hub, not an error, and is tried again.
 * Throws TelemetryError BROKER_URL_INVALID or TOPIC_INVALID.
 */
export function startPublisher(options: PublisherOptions): Publisher {
  const { hub, clock = hostClock(), random = hostRandom, connect = connectToBroker, backoff = { firstMs: 500, maxMs: 30_000 } } = options;
  const root = topicRoot(options.base, options.rig);
  const shownUrl = checkUrl(options.url);
  const endpoint: Endpoint = {
    url: options.url,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    clientId:
      options.clientId ??
      `asic-reservoir-${Math.floor(random.next() * 2 ** 48)
        .toString(16)
        .padStart(12, "0")}`,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
  };
  const outbox = new Outbox(MAX_HISTORY);
  const stopping = new AbortController();
  let live: BrokerConnection | null = null;
  let draining = false;
  let connections = 0;
  let droppedNonceFrames = 0;

  const isFree = () => live !== null && live.unsentBytes <= MAX_UNSENT_BYTES;
  const drain = () => {
    // A message the network takes at once calls back at once: the loop goes on, it does not nest.
    if (draining) return;
    draining = true;
    while (live !== null && isFree()) {
      const next = outbox.take();
      if (next === undefined) break;
      live.publish(next, drain);
    }
    draining = false;
  };
  const send = (message: Message | null) => {
    if (message === null) return;
    outbox.put(message);
    drain();
  };
  const unsubscribe = hub.subscribe({
    update: (update) => send(messageOf(update, hub.snapshot().origin)),
    nonces(batch, batchSeq) {
      if (live === null || !isFree()) {
        droppedNonceFrames++;
        return;
      }
      const { origin, run } = hub.snapshot();
      const payload = encodeNonceFrame(batch, { origin, batch: batchSeq, runId: run?.id ?? null });
      live.publish({ topic: NONCES, payload, qos: 0, retain: false }, drain);
    },
  });
  const tell = (level: LogEvent["level"], text: string) => {
    hub.publish("event", { wallMs: clock.wallMs(), level, source: "mqtt", text });
  };

  const keepConnected = async () => {
    let attempt = 0;
    let inOutage = false;
    while (!stopping.signal.aborted) {
      const connection = connect(endpoint, root, clock);
      const onStop = () => void connection.end(CLOSE_GRACE_MS);
      stopping.signal.addEventListener("abort", onStop, { once: true });
      const refusal = await connection.connected;
      const sinceNs = clock.nowNs();
      if (refusal === null && !stopping.signal.aborted) {
        connections++;
        for (const message of retainedMessages(hub.snapshot())) {
          connection.publish(message, drain);
          outbox.forget(message.topic);
        }
        live = connection;
        if (inOutage) tell("info", `connected to the MQTT broker at ${shownUrl}; dropped so far: ${outbox.dropped} messages`);
        inOutage = false;
        drain();
      }
      const reason = refusal ?? (await connection.closed);
      live = null;
      stopping.signal.removeEventListener("abort", onStop);
      connection.destroy();
      if (stopping.signal.aborted) return;
      if (!inOutage)
        tell("warning", `no connection to the MQTT broker at ${shownUrl} (${reason}); trying again, nothing else waits for it`);
      inOutage = true;
      // A broker that accepts and hangs up at once must not be called twice a second for ever.
      if (refusal === null && elapsedMs(clock, sinceNs) > backoff.maxMs) attempt = 0;
      await clock.sleep(backoffMs(attempt++, backoff, random.next()), stopping.signal).catch(() => undefined);
    }
  };
  const kept = keepConnected();

  return {
    url: shownUrl,
    counters: () => ({
      connected: live !== null,
      connections,
      waiting: outbox.size,
      unsentBytes: live?.unsentBytes ?? 0,
      droppedMessages: outbox.dropped,
      replacedMessages: outbox.replaced,
      droppedNonceFrames,
    }),
    async close() {
      unsubscribe();
      stopping.abort();
      await kept;
    },
  };
}

export interface MqttOptions extends Pick<PublisherOptions, "hub" | "base" | "rig" | "clock" | "random" | "username" | "password"> {
  /** null: a broker inside the daemon, on loopback. */
  readonly url: string | null;
  /** Of the broker inside; when it is taken any free port is used instead, and an event says so. 0 takes any free port. */
  readonly port?: number;
}

/** The publisher, with a broker of its own when none is configured. */
export async function startMqtt(options: MqttOptions): Promise<Publisher> {
  if (options.url !== null) return startPublisher({ ...options, url: options.url });
  topicRoot(options.base, options.rig);
  const broker = await startOwnBroker(options);
  const publisher = startPublisher({ ...options, ...broker.publisher, url: broker.url });
  return {
    ...publisher,
    async close() {
      await publisher.close();
      await broker.close();
    },
  };
}

async function startOwnBroker({ hub, port = DEFAULT_MQTT_PORT, clock = hostClock() }: MqttOptions): Promise<Broker> {
  try {
    return await startBroker({ port });
  } catch (error) {
    if (!(error instanceof TelemetryError) || error.code !== "PORT_IN_USE") throw error;
    const broker = await startBroker({ port: 0 });
    const text = `${error.message} The embedded MQTT broker is at ${broker.url} instead. ${error.hint}`;
    hub.publish("event", { wallMs: clock.wallMs(), level: "warning", source: "mqtt", text });
    return broker;
  }
}

/** The address fit for people; a password in it stays out of events and logs. */
function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !SCHEMES.includes(parsed.protocol) || parsed.hostname === "") {
    const hint = "Write it as mqtt://host:1883 (or mqtts, ws, wss).";
    throw new TelemetryError("BROKER_URL_INVALID", "The MQTT broker's address cannot be used.", hint, { scheme: parsed?.protocol ?? null });
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === "/" ? "" : parsed.pathname}`;
}
