import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { createHub } from "../hub.ts";
import { decodeNonceFrame } from "../nonce-frame.ts";
import { numberedNonces } from "../store/rows.test-support.ts";
import { BROKERS, eventually, fakeBroker, freePort, listen, publishTo } from "./mqtt.test-support.ts";
import { startPublisher } from "./publisher.ts";
import { EmbeddedBrokers, startMqtt } from "./start.ts";

const VICTIM = fileURLToPath(new URL("./publish-until-killed.test-support.ts", import.meta.url));
const readings = (hashRateGhs: number) => ({
  ...{ wallMs: 1, coreVoltageMv: null, inputVoltageMv: null, inputCurrentMa: null, powerW: 10, chipTempC: 50, boardTempC: null },
  ...{ regulatorTempC: null, fanRpm: null, fanPercent: null, expectedGhs: null, hashRateGhs },
});
const event = (text: string) => ({ wallMs: 1, level: "info", source: "t", text }) as const;

describe.each(BROKERS)("MQTT $protocol with $name as broker", ({ available, protocol, start }) => {
  test.skipIf(!available)(
    "what the hub publishes arrives with its origin, nonces as frames; a later subscriber finds what is retained",
    async () => {
      const broker = await start(await freePort());
      const early = await listen(broker.url);
      const { hub, publisher } = publishTo(broker.url, { protocol });
      await eventually(() => publisher.counters().connected).toBe(true);
      hub.publish("state", { state: "running", stateReason: "mining" });
      hub.publish("readings", readings(431.5));
      hub.publishNonces(numberedNonces(0, 7));
      await eventually(() => early.heard.some((one) => one.topic === "asic/bench/nonces")).toBe(true);
      expect(early.texts("asic/bench/readings").map((text) => JSON.parse(text))).toEqual([{ ...readings(431.5), origin: "twin" }]);
      const frame = early.heard.find((one) => one.topic === "asic/bench/nonces");
      expect(decodeNonceFrame(new Uint8Array(frame?.payload ?? []))).toMatchObject({ length: 7, origin: "twin" });

      const late = await listen(broker.url);
      await eventually(() => late.texts("asic/bench/state")).toHaveLength(1);
      expect(JSON.parse(late.texts("asic/bench/state")[0] ?? "")).toEqual({ state: "running", stateReason: "mining", origin: "twin" });
      expect(late.texts("asic/bench/availability")).toEqual(["online"]);
      expect(late.heard.every((one) => one.retain)).toBe(true);

      await publisher.close();
      await eventually(() => late.texts("asic/bench/availability")).toEqual(["online", "offline"]);
    },
  );

  test.skipIf(!available)("a daemon killed with -9 is marked offline by its will, and stays so for later subscribers", async () => {
    const broker = await start(await freePort());
    const witness = await listen(broker.url);
    const child = spawn(process.execPath, ["--import", "tsx", VICTIM, broker.url], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await eventually(() => witness.texts("asic/bench/availability")).toEqual(["online"]);
    child.kill("SIGKILL");
    await eventually(() => witness.texts("asic/bench/availability")).toEqual(["online", "offline"]);
    const late = await listen(broker.url);
    await eventually(() => late.texts("asic/bench/availability")).toEqual(["offline"]);
  });

  test.skipIf(!available)("a broker that restarts and forgot everything is told again, and hears the events of the outage", async () => {
    const port = await freePort();
    const first = await start(port);
    const { hub, publisher } = publishTo(first.url, { protocol });
    await eventually(() => publisher.counters().connected).toBe(true);
    hub.publish("board", { model: "bitaxe-ultra", chips: 1, chipId: "1366", regulator: "DS4432U" });
    await first.stop();
    await eventually(() => publisher.counters().connected).toBe(false);
    hub.publish("state", { state: "fault", stateReason: "over-temperature" });
    hub.publish("event", event("while away"));
    hub.publishNonces(numberedNonces(0, 3));
    const second = await start(port);
    const witness = await listen(second.url);
    await eventually(() => witness.texts("asic/bench/availability")).toContain("online");
    const retained = () => witness.texts("asic/bench/state").map((text) => (JSON.parse(text) as { stateReason: string }).stateReason);
    await eventually(retained).toContain("over-temperature");
    expect(witness.texts("asic/bench/board").at(-1)).toContain("bitaxe-ultra");
    expect(publisher.counters()).toMatchObject({ connections: 2, droppedNonceFrames: 1, waiting: 0 });
    const told = hub.snapshot().events.map((one) => `${one.level} ${one.source}`);
    expect(told).toEqual(["warning mqtt", "info t", "info mqtt"]);
  });
});

describe("when the broker misbehaves", () => {
  test("absent at the start: a warning, once, and a connection as soon as it is there", async () => {
    const port = await freePort();
    const { hub, publisher } = publishTo(`mqtt://127.0.0.1:${port}`);
    await eventually(() => hub.snapshot().events).toHaveLength(1);
    expect(hub.snapshot().events[0]).toMatchObject({ level: "warning", source: "mqtt", text: expect.stringContaining("ECONNREFUSED") });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(hub.snapshot().events).toHaveLength(1);
    hub.publish("event", event("before the broker"));
    const broker = await BROKERS[0]?.start(port);
    const witness = await listen(broker?.url ?? "");
    await eventually(() => publisher.counters().connected).toBe(true);
    await eventually(() => witness.texts("asic/bench/availability")).toEqual(["online"]);
  });

  const accepted = Uint8Array.of(0x20, 0x02, 0x00, 0x00);

  test("accepts and then reads nothing: memory stays bounded, the newest history is kept, the rest is counted", async () => {
    const url = await fakeBroker((socket) => {
      socket.once("data", () => {
        socket.write(accepted);
        socket.pause();
      });
    });
    const { hub, publisher } = publishTo(url);
    await eventually(() => publisher.counters().connected).toBe(true);
    let highest = 0;
    const text = "x".repeat(20_000);
    for (let i = 0; i < 1500; i++) {
      hub.publish("event", event(`${i} ${text}`));
      hub.publish("readings", readings(i));
      hub.publishNonces(numberedNonces(0, 100));
      if (i % 20 === 0) await new Promise(setImmediate);
      highest = Math.max(highest, publisher.counters().unsentBytes);
    }
    const counters = publisher.counters();
    expect(highest).toBeLessThan(256 * 1024 + 2 * text.length);
    expect(counters.droppedMessages).toBeGreaterThan(0);
    expect(counters.replacedMessages).toBeGreaterThan(0);
    expect(counters.droppedNonceFrames).toBeGreaterThan(0);
    expect(counters.waiting).toBeLessThanOrEqual(256 + 20);
    await publisher.close();
  });

  test("answers garbage, or refuses, or hangs up at once: tried again, never thrown", async () => {
    let connections = 0;
    const url = await fakeBroker((socket) => {
      connections++;
      if (connections % 3 === 0) socket.destroy();
      else if (connections % 3 === 1) socket.write(Uint8Array.from({ length: 64 }, (_, i) => (i * 97 + 13) % 256));
      else socket.write(Uint8Array.of(0x20, 0x02, 0x00, 0x05));
    });
    const { hub, publisher } = publishTo(url, { connectTimeoutMs: 100 });
    await eventually(() => connections).toBeGreaterThan(5);
    expect(publisher.counters()).toMatchObject({ connected: false });
    expect(hub.snapshot().events.every((one) => one.source === "mqtt")).toBe(true);
    await publisher.close();
    const atClose = connections;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(connections).toBe(atClose);
  });

  test("reads on, but a topic has its rate: of a hundred values at once the first goes, then the last; events wait their turn, all of them", async () => {
    const broker = await BROKERS[0].start(await freePort());
    const witness = await listen(broker.url);
    // Time stands still while they are published, on however busy a host.
    let atNs: bigint | null = 0n;
    const clock = hostClock(() => atNs ?? process.hrtime.bigint());
    const { hub, publisher } = publishTo(broker.url, { protocol: "3.1.1", clock });
    await eventually(() => publisher.counters().connected).toBe(true);
    for (let i = 0; i < 100; i++) {
      hub.publish("readings", readings(i));
      hub.publish("event", event(String(i)));
      hub.publishNonces(numberedNonces(0, 1));
    }
    expect(publisher.counters()).toMatchObject({ droppedNonceFrames: 80, replacedMessages: 98 });
    atNs = null;
    const rates = () => witness.texts("asic/bench/readings").map((text) => (JSON.parse(text) as { hashRateGhs: number }).hashRateGhs);
    const lines = () => witness.texts("asic/bench/event").map((text) => (JSON.parse(text) as { text: string }).text);
    await eventually(() => lines().length).toBe(100);
    expect(rates()).toEqual([0, 99]);
    expect(lines()).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
    expect(publisher.counters().droppedMessages).toBe(0);
  });

  test("an address that is none is refused at once, and a password in one stays out of sight", async () => {
    const hub = createHub({ rig: "bench", origin: "twin", software: "", startedWallMs: 1 });
    for (const url of ["", "localhost:1883", "http://localhost", "mqtt://"]) {
      expect(() => startPublisher({ hub, base: "asic", rig: "r", url }), url).toThrow(
        expect.objectContaining({ code: "BROKER_URL_INVALID" }),
      );
    }
    const secret = publishTo(`mqtt://me:hush@127.0.0.1:${await freePort()}`);
    await eventually(() => secret.hub.snapshot().events).toHaveLength(1);
    expect(JSON.stringify(secret.hub.snapshot())).not.toContain("hush");
    expect(secret.publisher.url).not.toContain("hush");
  });
});

describe("with a broker of its own", () => {
  const start = async (port: number, brokers = new EmbeddedBrokers(), rig = "bench") => {
    const hub = createHub({ rig, origin: "twin", software: "", startedWallMs: 1 });
    const mqtt = await startMqtt({ hub, base: "asic", rig, url: null, port }, brokers);
    onTestFinished(() => mqtt.close());
    return { hub, mqtt };
  };

  test("anyone may listen", async () => {
    const { hub, mqtt } = await start(0);
    const witness = await listen(mqtt.url);
    // What is retained may come after what is new.
    await eventually(() => witness.texts(`asic/${hub.snapshot().rig}/state`)).toHaveLength(1);
    hub.publish("state", { state: "running", stateReason: "mining" });
    await eventually(() => witness.texts("asic/bench/state").at(-1)).toContain("mining");
    await mqtt.close();
    await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("offline");
  });

  test("which all boards of a daemon share, and which lasts as long as the last of them", async () => {
    const brokers = new EmbeddedBrokers();
    const port = await freePort();
    const [left, right] = [await start(port, brokers, "left"), await start(port, brokers, "right")];
    expect([left.mqtt.url, right.mqtt.url]).toEqual(Array(2).fill(`mqtt://127.0.0.1:${port}`));
    const witness = await listen(left.mqtt.url);
    const last = (rig: string) => witness.texts(`asic/${rig}/availability`).at(-1);
    await eventually(() => [last("left"), last("right")]).toEqual(["online", "online"]);
    await Promise.all([left.mqtt.close(), left.mqtt.close()]);
    await eventually(() => last("left")).toBe("offline");
    right.hub.publish("state", { state: "running", stateReason: "alone" });
    await eventually(() => witness.texts("asic/right/state").at(-1)).toContain("alone");
    await right.mqtt.close();
    const again = await start(port, brokers, "left");
    expect(again.mqtt.url).toBe(`mqtt://127.0.0.1:${port}`);
  });

  test("a taken port is a warning and another port, not the end of the daemon", async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const { hub, mqtt } = await start(port);
    expect(mqtt.url).not.toContain(`:${port}`);
    expect(hub.snapshot().events[0]).toMatchObject({ level: "warning", text: expect.stringContaining(String(port)) });
    await eventually(() => mqtt.counters().connected).toBe(true);
  });
});
