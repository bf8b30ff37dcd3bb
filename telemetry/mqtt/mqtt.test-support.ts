/** Real brokers on loopback, and subscribers that keep what they hear. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { connectAsync, type IClientOptions } from "mqtt";
import { expect, onTestFinished } from "vitest";
import { createHub, type Hub } from "../hub.ts";
import { type Publisher, type PublisherOptions, startPublisher } from "./publisher.ts";

export const MOSQUITTO = "/usr/sbin/mosquitto";

/** Until it is so: a busy host takes its time, and no test here is about time. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 });

export interface TestBroker {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startAedes(port: number): Promise<TestBroker> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  let stopped: Promise<void> | null = null;
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  };
  const broker = { port, url: `mqtt://127.0.0.1:${port}`, stop: () => (stopped ??= stop()) };
  onTestFinished(broker.stop);
  return broker;
}

export interface Mosquitto extends TestBroker {
  /** Stops it in its tracks: its sockets stay open and silent. */
  freeze(): void;
  thaw(): void;
}

/** `security`: lines of its configuration instead of letting everybody in. */
export async function startMosquitto(port: number, security = "allow_anonymous true"): Promise<Mosquitto> {
  const config = join(scratchFolder(), "mosquitto.conf");
  writeFileSync(config, `listener ${port} 127.0.0.1\npersistence false\n${security}\n`);
  const child = spawn(MOSQUITTO, ["-c", config], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(stop);
  await untilListening(port);
  const signal = (name: NodeJS.Signals) => () => void child.kill(name);
  return { port, url: `mqtt://127.0.0.1:${port}`, stop, freeze: signal("SIGSTOP"), thaw: signal("SIGCONT") };
}

/** Gone when the test ends. Mosquitto, which may give up root, must be able to read in it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "asic-mqtt-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that behaves as `each` says to every connection. */
export async function fakeBroker(each: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    each(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A cable between a client and a broker that can be cut without either being told: whatever is open stays open, and nothing passes. */
export async function halfOpenLine(broker: TestBroker): Promise<{ readonly url: string; cut(): void; mend(): void }> {
  const ends = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    const far = connectSocket(broker.port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on("error", () => undefined);
      from.on("data", (bytes) => void (whole && to.write(bytes)));
      // Of an end that is gone the other hears nothing while the line is cut.
      from.on("close", () => void (whole && to.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  const set = (is: boolean) => () => {
    whole = is;
  };
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, cut: set(false), mend: set(true) };
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connectSocket(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Brokers that forget everything when they stop. */
export const BROKERS = [
  { name: "aedes", protocol: "3.1.1", available: true, start: startAedes },
  { name: "mosquitto", protocol: "5", available: existsSync(MOSQUITTO), start: startMosquitto },
  { name: "mosquitto", protocol: "3.1.1", available: existsSync(MOSQUITTO), start: startMosquitto },
] as const;

export interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

export interface Listener {
  readonly heard: Heard[];
  texts(topic: string): string[];
  /** Resolves with the next message. */
  next(): Promise<void>;
}

/** Subscribed to everything; what is heard is kept in order. */
export async function listen(url: string, topic = "#", options: IClientOptions = {}): Promise<Listener> {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  const heard: Heard[] = [];
  let awaited: (() => void)[] = [];
  client.on("message", (topic, payload, packet) => {
    heard.push({ topic, payload, retain: packet.retain });
    for (const resolve of awaited) resolve();
    awaited = [];
  });
  client.on("error", () => undefined);
  await client.subscribeAsync(topic, { qos: 1 });
  return {
    heard,
    texts: (topic) => heard.filter((one) => one.topic === topic).map((one) => one.payload.toString()),
    next: () => new Promise<void>((resolve) => void awaited.push(resolve)),
  };
}

/** A publisher of rig `bench` below `asic`, closed when the test ends. */
export function publishTo(url: string, options: Partial<PublisherOptions> = {}): { hub: Hub; publisher: Publisher } {
  const hub = createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 });
  const publisher = startPublisher({ hub, base: "asic", rig: "bench", url, backoff: { firstMs: 20, maxMs: 100 }, ...options });
  onTestFinished(() => publisher.close());
  return { hub, publisher };
}
