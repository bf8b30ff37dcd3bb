/** From the hub to one broker: what is true now, what happened, and nonces; whatever the broker does, nothing waits for it. */
import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import { TelemetryError } from "../../common/errors.ts";
import { hostRandom, type Random } from "../../common/random.ts";
import type { Hub } from "../hub.ts";
import type { LogEvent } from "../messages.ts";
import { encodeNonceFrame } from "../nonce-frame.ts";
import type { Backoff } from "./backoff.ts";
import { type CommandSettings, commandInbox } from "./commands.ts";
import { type BrokerConnection, connectToBroker, type Endpoint, type Protocol } from "./connection.ts";
import { discoveryMessage, type HomeAssistant } from "./home-assistant.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { keepConnected } from "./reconnect.ts";
import { readTls, type TlsFiles } from "./tls.ts";
import { type Message, messageOf, NONCES, retainedMessages, topicRoot } from "./topics.ts";

/** Above this the broker is taken as not reading, and messages wait in the outbox. */
const MAX_UNSENT_BYTES = 256 * 1024;
const MAX_HISTORY = 256;
const KEEPALIVE_S = 15;

export interface PublisherOptions {
  readonly hub: Hub;
  readonly base: string;
  readonly rig: string;
  readonly url: string;
  /** "auto" unless told: MQTT 5, and 3.1.1 with a broker that refuses that. */
  readonly protocol?: Protocol | "auto";
  /** A random one unless told, another each time. */
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsFiles;
  /** Absent: Home Assistant's topics are not touched. */
  readonly homeAssistant?: HomeAssistant;
  /** Absent: nothing is listened to. */
  readonly commands?: CommandSettings;
  readonly backoff?: Backoff;
  readonly connectTimeoutMs?: number;
  readonly keepaliveS?: number;
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

/**
 * Publishes what the hub says until closed. Returns at once: a broker that is absent is an event in the hub, not an error, and is tried again.
 * Throws TelemetryError BROKER_URL_INVALID, TOPIC_INVALID, or what readTls says of the certificates.
 */
export function startPublisher(options: PublisherOptions): Publisher {
  const { hub, clock = hostClock(), random = hostRandom, connect = connectToBroker, backoff = { firstMs: 500, maxMs: 30_000 } } = options;
  const root = topicRoot(options.base, options.rig);
  const address = checkUrl(options.url);
  const shownUrl = shown(address);
  const tls = () => readTls(options.tls ?? {}, address);
  tls();
  const endpoint: Omit<Endpoint, "protocol" | "tls" | "inbox"> = {
    url: options.url,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    keepaliveS: options.keepaliveS ?? KEEPALIVE_S,
    clientId: options.clientId ?? randomClientId(random),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
  };
  const device = () =>
    options.homeAssistant ? discoveryMessage(options.homeAssistant, root, hub.snapshot(), options.commands !== undefined) : null;
  const outbox = new Outbox(MAX_HISTORY);
  const stopping = new AbortController();
  let live: BrokerConnection | null = null;
  let draining = false;
  let connections = 0;
  let droppedNonceFrames = 0;

  const pace = new Pace();
  const startNs = clock.nowNs();
  const nowMs = () => elapsedMs(clock, startNs);
  const isFree = () => live !== null && live.unsentBytes <= MAX_UNSENT_BYTES;
  const drain = () => {
    // A message the network takes at once calls back at once: the loop goes on, it does not nest.
    if (draining) return;
    draining = true;
    while (live !== null && isFree()) {
      const next = outbox.take((topic) => pace.waitMs(topic, nowMs()));
      if (next === null) break;
      if (typeof next === "number") {
        wakeIn(next);
        break;
      }
      pace.sent(next.topic, nowMs());
      live.publish(next, drain);
    }
    draining = false;
  };
  let waking = false;
  const wakeIn = (ms: number) => {
    if (waking) return;
    waking = true;
    void clock.sleep(ms, stopping.signal).then(
      () => {
        waking = false;
        drain();
      },
      () => undefined,
    );
  };
  const send = (message: Message | null) => {
    if (message === null) return;
    outbox.put(message);
    drain();
  };
  const unsubscribe = hub.subscribe({
    update(update) {
      send(messageOf(update, hub.snapshot().origin));
      if (update.topic === "board") send(device());
    },
    nonces(batch, batchSeq) {
      if (live === null || !isFree() || pace.waitMs(NONCES, nowMs()) > 0) {
        droppedNonceFrames++;
        return;
      }
      pace.sent(NONCES, nowMs());
      const { origin, run } = hub.snapshot();
      const payload = encodeNonceFrame(batch, { origin, batch: batchSeq, runId: run?.id ?? null });
      live.publish({ topic: NONCES, payload, qos: 0, retain: false }, drain);
    },
  });
  const tell = (level: LogEvent["level"], text: string) => {
    hub.publish("event", { wallMs: clock.wallMs(), level, source: "mqtt", text });
  };

  const inbox = options.commands
    ? commandInbox({
        settings: options.commands,
        root,
        forbiddenPrefix: options.homeAssistant?.prefix ?? "homeassistant",
        hub,
        wallMs: () => clock.wallMs(),
        nowMs,
        // An answer is for who asked on this connection: it does not wait for the next.
        answer: (message) => live?.publish(message, drain),
        tell,
      })
    : null;
  const kept = keepConnected({
    shownUrl,
    clientId: endpoint.clientId,
    protocol: options.protocol ?? "auto",
    clock,
    random,
    backoff,
    signal: stopping.signal,
    connect: (protocol) => connect({ ...endpoint, protocol, tls: tls(), inbox }, root, clock),
    online(connection) {
      connections++;
      for (const message of [...retainedMessages(hub.snapshot()), device()]) {
        if (message === null) continue;
        connection.publish(message, drain);
        outbox.forget(message.topic);
      }
      live = connection;
      drain();
    },
    offline() {
      live = null;
    },
    tell,
    losses: () => `dropped so far: ${outbox.dropped} messages`,
  });

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

function randomClientId(random: Random): string {
  const digits = Math.floor(random.next() * 2 ** 48).toString(16);
  return `asic-reservoir-${digits.padStart(12, "0")}`;
}

function checkUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !SCHEMES.includes(parsed.protocol) || parsed.hostname === "") {
    const hint = "Write it as mqtt://host:1883 (or mqtts, ws, wss).";
    throw new TelemetryError("BROKER_URL_INVALID", "The MQTT broker's address cannot be used.", hint, { scheme: parsed?.protocol ?? null });
  }
  return parsed;
}

/** The address fit for people; a password in it stays out of events and logs. */
function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
