import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostClock } from "../common/clock.ts";
import { hostRandom } from "../common/random.ts";
import { createHub } from "../telemetry/hub.ts";
import type { CommandActions } from "../telemetry/mqtt/commands.ts";
import type { MqttOptions } from "../telemetry/mqtt/start.ts";
import { parseConfig } from "./config/load.ts";
import { MqttTelemetry } from "./mqtt-telemetry.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mqtt-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hub = createHub({ rig: "test", origin: "twin", software: "0", startedWallMs: 0 });
const configWith = (mqtt: string) => parseConfig(`origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\nmqtt: ${mqtt}\n`, "x");

const ACTIONS: CommandActions = {
  emergencyOff: async () => {},
  stopPlan: async () => false,
  applySetPoint: async (wanted) => wanted,
};

const COUNTERS = { connected: true, waiting: 0, unsentBytes: 0, droppedMessages: 3, replacedMessages: 2, droppedNonceFrames: 1 };

function stage(refusedBase = "") {
  const done: string[] = [];
  const asked: MqttOptions[] = [];
  const mqtt = new MqttTelemetry(
    {
      clock: hostClock(),
      random: hostRandom,
      async startMqtt(options) {
        asked.push(options);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (options.base === refusedBase) throw new Error("no");
        done.push(`start ${options.base}`);
        const counters = () => ({ ...COUNTERS, connections: done.length });
        return { url: `mqtt://${options.base}`, counters, close: async () => void done.push(`close ${options.base}`) };
      },
    },
    hub,
    ACTIONS,
  );
  return { mqtt, done, asked };
}

describe("MQTT while the daemon runs", () => {
  it("moves to another broker, the old one left first", async () => {
    const { mqtt, done } = stage();
    await mqtt.apply(configWith("{ base: one }"));
    await mqtt.apply(configWith("{ base: two }"));
    expect(mqtt.url).toBe("mqtt://two");
    await mqtt.apply(configWith("{ enabled: false }"));
    expect(mqtt.url).toBeNull();
    expect(done).toEqual(["start one", "close one", "start two", "close two"]);
  });

  it("counts on across brokers, and nothing where nothing is published", async () => {
    const { mqtt } = stage();
    expect(mqtt.counters()).toBeNull();
    await mqtt.apply(configWith("{ base: one }"));
    expect(mqtt.counters()).toEqual({ ...COUNTERS, connections: 1 });
    await mqtt.apply(configWith("{ base: two }"));
    // Two of the first, at its end, and three of the second.
    expect(mqtt.counters()).toEqual({ ...COUNTERS, connections: 5, droppedMessages: 6, replacedMessages: 4, droppedNonceFrames: 2 });
  });

  it("goes back to the former one when the new one is no good", async () => {
    const { mqtt, done } = stage("bad");
    await mqtt.apply(configWith("{ base: one }"));
    await expect(mqtt.apply(configWith("{ base: bad }"))).rejects.toThrow("no");
    expect(done).toEqual(["start one", "close one", "start one"]);
    expect(mqtt.url).toBe("mqtt://one");
  });

  it("reads the password when it connects, and leaves the former connection alone when there is none", async () => {
    const { mqtt, asked, done } = stage();
    const passwordFile = path.join(folder, "password");
    writeFileSync(passwordFile, "hunter2\n");
    await mqtt.apply(configWith(`{ url: "mqtt://b", username: bob, passwordFile: ${passwordFile} }`));
    expect(asked[0]).toMatchObject({ url: "mqtt://b", username: "bob", password: "hunter2" });
    const gone = configWith('{ url: "mqtt://b", username: bob, passwordFile: /no/such }');
    await expect(mqtt.apply(gone)).rejects.toMatchObject({ code: "SECRET_MISSING" });
    expect(done).toEqual(["start asic-reservoir"]);
  });

  it("passes on version, client id and certificates; a key that came without a certificate stays out of it", async () => {
    const { mqtt, asked } = stage();
    const files = { caFile: "ca", certFile: "cert", keyFile: "key" };
    await mqtt.apply(configWith('{ url: "mqtts://b", protocol: "5", clientId: bench-1, caFile: ca, certFile: cert, keyFile: key }'));
    expect(asked[0]).toMatchObject({ protocol: "5", clientId: "bench-1", tls: files });
    const other = configWith('{ url: "mqtt://b" }');
    await mqtt.apply({ ...other, mqtt: { ...other.mqtt, keyFile: "another's" } });
    expect(asked[1]).toMatchObject({ tls: {} });
    expect(asked[1]?.tls).not.toHaveProperty("keyFile");
  });

  it("takes no commands and tells Home Assistant nothing unless the configuration says so", async () => {
    const { mqtt, asked } = stage();
    await mqtt.apply(configWith("{}"));
    expect(asked[0]).not.toHaveProperty("commands");
    expect(asked[0]).not.toHaveProperty("homeAssistant");
    await mqtt.apply(configWith("{ commands: safe, homeAssistant: on, homeAssistantPrefix: ha }"));
    expect(asked[1]).toMatchObject({ commands: { role: "safe", actions: ACTIONS }, homeAssistant: { mode: "on", prefix: "ha" } });
  });

  it("that is closed while it connects leaves again", async () => {
    const { mqtt, done, asked } = stage();
    const start = mqtt.apply(configWith("{ base: one }"));
    while (asked.length === 0) await Promise.resolve();
    await mqtt.close();
    await start;
    expect(mqtt.url).toBeNull();
    expect(done).toEqual(["start one", "close one"]);
  });

  it("that was closed is not started again by a change under way", async () => {
    const { mqtt, done } = stage();
    await mqtt.apply(configWith("{ base: one }"));
    const change = mqtt.apply(configWith("{ base: two }"));
    await mqtt.close();
    await change;
    expect(mqtt.url).toBeNull();
    expect(done.filter((what) => what.startsWith("start")).length).toBe(done.filter((what) => what.startsWith("close")).length);
  });
});
