import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateNonces, NONCE_STATUSES } from "../../common/nonce-batch.ts";
import { ask, runApi } from "../api/api.test-support.ts";
import { aSnapshotOfEverything } from "../api/snapshot.test-support.ts";
import { createHub, type Hub } from "../hub.ts";
import { BOARD_METRICS } from "./board-metrics.ts";
import { DAEMON_METRICS } from "./daemon-metrics.ts";
import { exposition } from "./metric.ts";
import { metricsText } from "./metrics.ts";
import { tallyOf } from "./tally.ts";

/** Every sample by its name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

const METRICS = [...BOARD_METRICS, ...DAEMON_METRICS];

/** Prometheus' base units, and what is a count of things. */
const ENDINGS =
  /_(volts|amperes|watts|celsius|rpm|ratio|seconds|bytes|hertz|hashes_per_second|total)$|^asicr_(info|state|safety_action|chips|viewers|mqtt_connected|mqtt_waiting_messages)$/;

describe("declared metrics", () => {
  test("have names with units, once each; counters and only they end in _total", () => {
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
    for (const { name, type, help } of METRICS) {
      expect(name).toMatch(ENDINGS);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(help, name).toMatch(/^\w.*[^.]$/);
    }
  });

  test("are what the Grafana dashboard asks for", () => {
    const dashboard = readFileSync(new URL("./grafana.json", import.meta.url), "utf8");
    const names = new Set(METRICS.map(({ name }) => name));
    const asked = [...dashboard.matchAll(/asicr_\w+/g)].map(([name]) => name);
    expect(new Set(asked).size).toBeGreaterThan(15);
    for (const name of asked) expect(names, name).toContain(name);
    for (const [legend] of dashboard.matchAll(/"legendFormat": "[^"]*"/g)) expect(legend).toContain("{{origin}}");
  });
});

describe("at /metrics", () => {
  test("everything known is there in base units, with rig, board and origin; what is unknown is left out", async () => {
    const { api, hub } = await runApi();
    const before = samplesOf((await ask(api, "/metrics")).text);
    expect([...before.keys()].some((key) => key.startsWith("asicr_core_voltage_volts"))).toBe(false);
    aSnapshotOfEverything(hub);
    const answer = await ask(api, "/metrics");
    expect(answer.headers["content-type"]).toContain("version=0.0.4");
    const samples = samplesOf(answer.text);
    const labels = 'rig="bench",board="bitaxe-ultra",origin="twin"';
    expect(samples.get(`asicr_core_voltage_volts{${labels}}`)).toBeCloseTo(1.198);
    expect(samples.get(`asicr_hash_rate_hashes_per_second{${labels}}`)).toBeCloseTo(430.5e9);
    expect(samples.get(`asicr_state{${labels},state="running"}`)).toBe(1);
    expect(samples.get(`asicr_state{${labels},state="fault"}`)).toBe(0);
    expect([...samples.keys()].some((key) => key.startsWith("asicr_input_current_amperes"))).toBe(false);
    for (const key of samples.keys()) expect(key).toContain(labels);
    for (const { name } of METRICS.filter(({ name }) => answer.text.includes(`\n${name}{`)))
      expect(answer.text.match(new RegExp(`^# (HELP|TYPE) ${name} `, "gm")), name).toHaveLength(2);
  });

  test("of several boards each metric is there once, with a sample of each board; what they share is no board's", async () => {
    const { api } = await runApi({ others: ["bench-s9"] });
    const { text } = await ask(api, "/metrics");
    expect(text.match(/^# TYPE asicr_state gauge$/gm)).toHaveLength(1);
    expect(text).toMatch(/^asicr_state\{rig="bench",.*state="cold"\} 1$/m);
    expect(text).toMatch(/^asicr_state\{rig="bench-s9",.*state="cold"\} 1$/m);
    expect(text).toMatch(/^asicr_process_resident_memory_bytes\{origin="twin"\} \d+$/m);
  });

  test("what a board publishes by MQTT is counted; nothing is said of a board that publishes nothing", async () => {
    const counters = {
      connected: true,
      connections: 2,
      waiting: 3,
      unsentBytes: 4,
      droppedMessages: 5,
      replacedMessages: 6,
      droppedNonceFrames: 7,
    };
    const { api } = await runApi({ publisherCounters: () => counters, others: ["silent"] });
    const samples = samplesOf((await ask(api, "/metrics")).text);
    const labels = 'rig="bench",board="unknown",origin="twin"';
    const found = [...samples].filter(([key]) => key.startsWith("asicr_mqtt"));
    expect(found.map(([key, value]) => [key.replace(`{${labels}}`, ""), value])).toEqual([
      ["asicr_mqtt_connected", 1],
      ["asicr_mqtt_connections_total", 2],
      ["asicr_mqtt_waiting_messages", 3],
      ["asicr_mqtt_unsent_bytes", 4],
      ["asicr_mqtt_dropped_messages_total", 5],
      ["asicr_mqtt_replaced_messages_total", 6],
      ["asicr_mqtt_dropped_frames_total", 7],
    ]);
  });

  test("counters never go back, whatever is published in whatever order", () => {
    const act = fc.oneof(
      fc.array(fc.nat(4), { maxLength: 20 }).map((statuses) => (hub: Hub) => {
        const batch = allocateNonces(statuses.length);
        batch.status.set(statuses);
        hub.publishNonces(batch);
      }),
      fc.nat(3).map((id) => (hub: Hub) => {
        hub.publish("totals", Object.fromEntries(NONCE_STATUSES.map((status) => [status, 0])) as never);
        hub.publish("run", { id, kind: "k", origin: "twin", status: "running", startedWallMs: 0, endedWallMs: null, note: "" });
      }),
      fc.constant((hub: Hub) => hub.publish("event", { wallMs: 0, level: "info", source: "s", text: "t" })),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const hub = createHub({ rig: "r", origin: "twin", software: "0", startedWallMs: 0 });
        const tally = tallyOf(hub);
        const viewers = { clients: 0, bufferedBytes: 0, droppedNonceFrames: 0, coalescedUpdates: 0, resyncs: 0, resumed: 0 };
        const text = () =>
          metricsText(
            [
              {
                snapshot: hub.snapshot(),
                wallMs: 0,
                tally,
                viewers: { ...viewers, disconnectedHopeless: 0, ignoredMessages: 0 },
                publisher: null,
              },
            ],
            { refusedClients: 0, store: null, process: { residentBytes: 1, cpuSeconds: 0 } },
          );
        let last = samplesOf(text());
        for (const each of acts) {
          each(hub);
          const now = samplesOf(text());
          for (const [key, value] of last) if (/_total\{/.test(key)) expect(now.get(key), key).toBeGreaterThanOrEqual(value);
          last = now;
        }
      }),
      { numRuns: 50 },
    );
  });
});

test("labels and help are escaped, and every number is written as Prometheus reads it", () => {
  const metric = {
    name: "m",
    type: "gauge",
    help: "a\nb\\",
    read: () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21].map((value) => ({ labels: { l: 'q"\\\n' }, value })),
  } as const;
  const [help, , ...lines] = exposition([metric], [{ source: null, labels: {} }])
    .trimEnd()
    .split("\n");
  expect(help).toBe("# HELP m a\\nb\\\\");
  expect(lines).toEqual(["NaN", "+Inf", "-Inf", "1e+21"].map((text) => `m{l="q\\"\\\\\\n"} ${text}`));
});
