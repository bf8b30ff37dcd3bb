/** Real brokers on loopback, and subscribers that keep what they hear. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import { onTestFinished } from "vitest";
import { createHub, type Hub } from "../hub.ts";
import { type Publisher, type PublisherOptions, startPublisher } from "./publisher.ts";

export const MOSQUITTO = "/usr/sbin/mosquitto";

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

async function startMosquitto(port: number): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), "asic-mosquitto-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = spawn(MOSQUITTO, ["-c", config], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(stop);
  await untilListening(port);
  return { port, url: `mqtt://127.0.0.1:${port}`, stop };
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
  { name: "aedes", available: true, start: startAedes },
  { name: "mosquitto", available: existsSync(MOSQUITTO), start: startMosquitto },
];

export interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** Subscribed to everything; what is heard is kept in order. */
export async function listen(url: string, topic = "#"): Promise<{ heard: Heard[]; texts(topic: string): string[] }> {
  const client = await connectAsync(url, { reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  const heard: Heard[] = [];
  client.on("message", (topic, payload, packet) => heard.push({ topic, payload, retain: packet.retain }));
  client.on("error", () => undefined);
  await client.subscribeAsync(topic, { qos: 1 });
  return { heard, texts: (topic) => heard.filter((one) => one.topic === topic).map((one) => one.payload.toString()) };
}

/** A publisher of rig `bench` below `asic`, closed when the test ends. */
export function publishTo(url: string, options: Partial<PublisherOptions> = {}): { hub: Hub; publisher: Publisher } {
  const hub = createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 });
  const publisher = startPublisher({ hub, base: "asic", rig: "bench", url, backoff: { firstMs: 20, maxMs: 100 }, ...options });
  onTestFinished(() => publisher.close());
  return { hub, publisher };
}
