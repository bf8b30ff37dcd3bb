import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { TelemetryError } from "../../common/errors.ts";

export const DEFAULT_MQTT_PORT = 1883;
/** A subscriber that stops reading would block delivery to all others (specs/stack.md: set drainTimeout). */
const DRAIN_TIMEOUT_MS = 5000;
const MAX_CONNECTIONS = 64;
const USERNAME = "daemon";

export interface BrokerOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly drainTimeoutMs?: number;
}

/** One of the daemon's own clients. */
export interface OwnClient {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface Broker {
  readonly url: string;
  readonly port: number;
  /**
   * One more who may publish: nobody else may, so that a number on these topics is the daemon's. Below `commandsBelow` others may as well, though nothing
   * that is retained; absent: nowhere. `dismiss` ends both.
   */
  admit(commandsBelow?: string): OwnClient & { dismiss(): void };
  close(): Promise<void>;
}

/**
 * A broker inside the daemon, for when none is configured: anyone who can reach it may subscribe, only the daemon may publish (others commands, where enabled). Sessions end with
 * the connection, so that an absent subscriber costs no memory. Rejects with TelemetryError PORT_IN_USE or BROKER_FAILED.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { host = "127.0.0.1", port = DEFAULT_MQTT_PORT, drainTimeoutMs = DRAIN_TIMEOUT_MS } = options;
  const own = new Map<string, { readonly password: string; readonly commandsBelow: string | undefined }>();
  const aedes = await Aedes.createBroker({
    drainTimeout: drainTimeoutMs,
    preConnect(_client, packet, done) {
      packet.clean = true;
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const known = own.get(client.id);
      const isOwn = known !== undefined && username === USERNAME && password?.toString() === known.password;
      // Taking over the daemon's client id would cut it off.
      const impostor = known !== undefined || username !== undefined;
      done(null, isOwn || !impostor);
    },
    authorizePublish(client, packet, done) {
      const isCommand =
        !packet.retain &&
        [...own.values()].some(({ commandsBelow }) => commandsBelow !== undefined && packet.topic.startsWith(`${commandsBelow}/`));
      done(client === null || own.has(client.id) || isCommand ? null : new Error("only the daemon publishes here"));
    },
  });
  // Reasons a client was cut; the client notices, the daemon need not.
  aedes.on("clientError", () => undefined);
  aedes.on("connectionError", () => undefined);

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    aedes.handle(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const closeAedes = () => new Promise<void>((resolve) => aedes.close(resolve));
  try {
    await listen(server, host, port);
  } catch (error) {
    await closeAedes();
    throw listenError(error, host, port);
  }
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `mqtt://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    admit(commandsBelow) {
      const clientId = `asic-reservoir-${randomBytes(6).toString("hex")}`;
      const password = randomBytes(16).toString("hex");
      own.set(clientId, { password, commandsBelow });
      return { clientId, username: USERNAME, password, dismiss: () => void own.delete(clientId) };
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await closeAedes();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function listenError(error: unknown, host: string, port: number): TelemetryError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "EADDRINUSE") {
    const hint = `Another broker may run there: set mqtt.url to mqtt://${host}:${port} to use it, or choose another port.`;
    return new TelemetryError("PORT_IN_USE", `Port ${port} on ${host} is in use.`, hint, { host, port }, error);
  }
  return new TelemetryError(
    "BROKER_FAILED",
    `The embedded MQTT broker cannot listen on ${host}:${port} (${code}).`,
    "Choose another port.",
    { host, port },
    error,
  );
}
