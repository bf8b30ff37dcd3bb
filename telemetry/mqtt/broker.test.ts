import { connect as connectSocket } from "node:net";
import { connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Broker, type BrokerOptions, startBroker } from "./broker.ts";
import { eventually, listen } from "./mqtt.test-support.ts";

/** MQTT 3.1.1 on the wire: CONNECT with a clean session, no keep-alive and client id "fz"; SUBSCRIBE 1 to "asic/#" with QoS 0. */
const CONNECT = Uint8Array.of(0x10, 14, 0, 4, ...Buffer.from("MQTT"), 4, 0x02, 0, 0, 0, 2, ...Buffer.from("fz"));
const SUBSCRIBE = Uint8Array.of(0x82, 11, 0, 1, 0, 6, ...Buffer.from("asic/#"), 0);

async function run(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ port: 0, ...options });
  onTestFinished(() => broker.close());
  return broker;
}

async function daemon(broker: Broker) {
  const { dismiss: _, ...own } = broker.admit();
  const client = await connectAsync(broker.url, { ...own, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  client.on("error", () => undefined);
  return client;
}

describe("the broker inside", () => {
  test("passes on what the daemon publishes and nothing that others do, their wills included", async () => {
    const broker = await run();
    const witness = await listen(broker.url, "asic/#");
    const will = { topic: "asic/bench/state", payload: Buffer.from("forged will"), qos: 0, retain: false } as const;
    const forger = await connectAsync(broker.url, { reconnectPeriod: 0, will });
    forger.on("error", () => undefined);
    const cut = new Promise<void>((resolve) => forger.once("close", () => resolve()));
    forger.publish("asic/bench/state", "forged");
    await cut;
    const client = await daemon(broker);
    await client.publishAsync("asic/bench/state", "true", { qos: 1 });
    await eventually(() => witness.texts("asic/bench/state")).toEqual(["true"]);
  });

  test("nobody takes the daemon's place: not with its client id, not with a guessed password", async () => {
    const broker = await run();
    const { clientId, username, password, dismiss } = broker.admit();
    const client = await connectAsync(broker.url, { clientId, username, password, reconnectPeriod: 0 });
    onTestFinished(() => void client.end(true));
    client.on("error", () => undefined);
    await expect(connectAsync(broker.url, { clientId, reconnectPeriod: 0 })).rejects.toThrow(/authorized/i);
    await expect(connectAsync(broker.url, { username, password: "guess", reconnectPeriod: 0 })).rejects.toThrow(/authorized/i);
    const other = broker.admit();
    await expect(connectAsync(broker.url, { clientId: other.clientId, username, password, reconnectPeriod: 0 })).rejects.toThrow(
      /authorized/i,
    );
    expect(client.connected).toBe(true);
    dismiss();
    await expect(connectAsync(broker.url, { clientId, username, password, reconnectPeriod: 0 })).rejects.toThrow(/authorized/i);
  });

  test("a subscriber that stops reading is cut, and the others go on hearing", async () => {
    const broker = await run({ drainTimeoutMs: 200 });
    const witness = await listen(broker.url, "asic/#");
    const frozen = connectSocket(broker.port, "127.0.0.1");
    onTestFinished(() => void frozen.destroy());
    const gone = new Promise((resolve) => frozen.once("close", resolve));
    frozen.on("error", () => undefined);
    frozen.write(CONNECT);
    await new Promise((resolve) => frozen.once("data", resolve));
    frozen.write(SUBSCRIBE);
    await new Promise((resolve) => frozen.once("data", resolve));
    frozen.pause();
    const client = await daemon(broker);
    const bulk = Buffer.alloc(100_000);
    // More than the kernel keeps for a socket. One at a time: a witness that is only slow, on a busy host, must never be the one that is cut.
    for (let i = 1; i <= 200; i++) {
      await client.publishAsync("asic/bench/nonces", bulk, { qos: 0 });
      while (witness.heard.length < i) await witness.next();
    }
    frozen.resume();
    await gone;
    await client.publishAsync("asic/bench/state", "last", { qos: 1 });
    while (witness.texts("asic/bench/state").length === 0) await witness.next();
    expect(witness.heard).toHaveLength(201);
  }, 30_000);

  test("a port in use is PORT_IN_USE and names the way to use the broker that is there", async () => {
    const { port } = await run();
    const hint = expect.stringContaining(`mqtt://127.0.0.1:${port}`);
    await expect(startBroker({ port })).rejects.toThrow(expect.objectContaining({ code: "PORT_IN_USE", hint }));
  });
});
