import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createHub } from "../hub.ts";
import { deviceId, discoveryMessage, type HomeAssistant } from "./home-assistant.ts";
import { BROKERS, eventually, freePort, listen, MOSQUITTO, publishTo, startMosquitto } from "./mqtt.test-support.ts";
import { messageOf, retainedMessages } from "./topics.ts";

const ON: HomeAssistant = { mode: "on", prefix: "homeassistant" };
const TOPIC = "homeassistant/device/asic_bench/config";

interface Discovery {
  readonly device: { readonly identifiers: string[]; readonly name: string; readonly model?: string };
  readonly origin: { readonly name: string };
  readonly availability: { readonly topic: string }[];
  readonly components: Record<string, Record<string, string>>;
}
const hubOf = (origin: "hardware" | "twin") => createHub({ rig: "bench", origin, software: "asic-reservoir 1.2.3", startedWallMs: 1 });
const told = (origin: "hardware" | "twin", withButtons = false) =>
  JSON.parse(String(discoveryMessage(ON, "asic/bench", hubOf(origin).snapshot(), withButtons).payload)) as Discovery;

describe("Home Assistant", () => {
  test("is told one device, with what its schema requires of each component", () => {
    const { device, origin, availability, components } = told("twin");
    expect(device.identifiers).toEqual(["asic_bench"]);
    expect(origin.name).toBe("asic-reservoir");
    expect(availability).toEqual([{ topic: "asic/bench/availability" }]);
    const ids = Object.values(components).map((component) => component.unique_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [key, component] of Object.entries(components)) {
      expect(component.platform, key).toMatch(/^(sensor|binary_sensor|update|button)$/);
      expect(component.name, key).toBeTruthy();
      // A class of measurement without a unit is refused by Home Assistant.
      if (/^(power|voltage|current|temperature|frequency)$/.test(component.device_class ?? ""))
        expect(component.unit_of_measurement).toBeTruthy();
    }
  });

  test("every field that an entity reads is there in the message of its topic, and so is the origin it shows", () => {
    const hub = hubOf("twin");
    const readings = { wallMs: 1, coreVoltageMv: 1, inputVoltageMv: 1, inputCurrentMa: 1, powerW: 1, chipTempC: 1, boardTempC: 1 };
    const messages = retainedMessages(hub.snapshot());
    hub.subscribe({ update: (update) => messages.push(...[messageOf(update, "twin")].filter((one) => one !== null)) });
    hub.publish("readings", { ...readings, regulatorTempC: 1, fanRpm: 1, fanPercent: 1, hashRateGhs: 1, expectedGhs: 1 });
    hub.publish("totals", hub.snapshot().totals);
    hub.publish("setPoint", null);
    hub.publish("safety", hub.snapshot().safety);
    const payloads = new Map(messages.map(({ topic, payload }) => [topic, String(payload)]));
    for (const [key, { state_topic, value_template = "" }] of Object.entries(told("twin").components)) {
      const payload = JSON.parse(payloads.get(state_topic?.replace("asic/bench/", "") ?? "") ?? "null") as Record<string, unknown> | null;
      const fields = [...value_template.matchAll(/value_json(?:\['([^']+)'\]|\.(\w+))/g)].map(
        ([, quoted, dotted]) => quoted ?? dotted ?? "",
      );
      expect(fields.length, key).toBeGreaterThan(0);
      for (const field of fields) expect(payload, key).toHaveProperty([field]);
      expect(payload, key).toHaveProperty("origin", "twin");
    }
  });

  test("sees in the name that a device is no hardware, and in every entity's attributes where its numbers come from", () => {
    expect(told("twin").device.name).toBe("bench (twin)");
    expect(told("hardware").device.name).toBe("bench");
    for (const [key, component] of Object.entries(told("hardware").components)) {
      expect(component.json_attributes_topic, key).toBe(component.state_topic);
      expect(component.json_attributes_template, key).toContain("origin");
    }
  });

  test("gets buttons only where commands are enabled", () => {
    const buttons = (withButtons: boolean) =>
      Object.values(told("twin", withButtons).components)
        .filter(({ platform }) => platform === "button")
        .map(({ command_topic }) => command_topic);
    expect(buttons(false)).toEqual([]);
    expect(buttons(true)).toEqual(["asic/bench/command/emergency-off", "asic/bench/command/stop-plan"]);
  });

  test("a device's name in topics has no more than Home Assistant allows", () => {
    expect(deviceId("lab.2/asic/rig 1")).toBe("lab_2_asic_rig_1");
  });

  test.each(BROKERS)(
    "MQTT $protocol with $name: the device is kept by the broker, gets its board's model, and goes when removed",
    async (broker) => {
      if (!broker.available) return;
      const { url } = await broker.start(await freePort());
      const { protocol } = broker;
      const { hub, publisher } = publishTo(url, { protocol, homeAssistant: ON });
      await eventually(() => publisher.counters().connected).toBe(true);
      hub.publish("board", { model: "bitaxe-ultra", chips: 1, chipId: "1366", regulator: "DS4432U" });
      const kept = async () => {
        const late = await listen(url);
        await late.next();
        return late;
      };
      await eventually(async () => (JSON.parse((await kept()).texts(TOPIC).at(-1) ?? "{}") as Partial<Discovery>).device?.model).toBe(
        "bitaxe-ultra",
      );
      await publisher.close();
      const gone = publishTo(url, { protocol, homeAssistant: { ...ON, mode: "remove" } });
      await eventually(() => gone.publisher.counters().connected).toBe(true);
      await eventually(async () => (await kept()).texts(TOPIC)).toEqual([]);
    },
  );

  test.skipIf(!existsSync(MOSQUITTO))("is told nothing unless asked", async () => {
    const { url } = await startMosquitto(await freePort());
    const witness = await listen(url);
    const { publisher } = publishTo(url);
    await eventually(() => witness.texts("asic/bench/state")).toHaveLength(1);
    await publisher.close();
    await eventually(() => witness.texts("asic/bench/availability").at(-1)).toBe("offline");
    expect(witness.heard.filter(({ topic }) => !topic.startsWith("asic/"))).toEqual([]);
  });
});
