import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { allocateNonces, NONCE_STATUSES } from "../../common/nonce-batch.ts";
import { ORIGINS } from "../../common/origin.ts";
import { createHub } from "../hub.ts";
import type { NarmaReport, SweepPoint, Topic, Updates } from "../messages.ts";
import { decodeNonceFrame, encodeNonceFrame, NONCE_FRAME_VERSION, type NonceFrame } from "../nonce-frame.ts";
import { nonceBatch } from "../store/nonce-arbitrary.test-support.ts";
import { TOPICS } from "./catalogue.ts";
import { FRAME_COLUMNS, FRAME_HEAD, type FrameField, sizeOf, TYPE_BYTES } from "./frame-layout.ts";
import { type JsonTopic, type ObjectSchema, PLAIN_TOPICS, payloadSchema } from "./payloads.ts";
import { messageOf, retainedMessages } from "./topics.ts";

describe("docs", () => {
  test("docs/mqtt.md and docs/mqtt-schemas.json are what `npm run -s docs:mqtt` would write", async () => {
    // From a variable: a literal path would make the compiler look for types of a .mjs file.
    const script = "../../scripts/mqtt-docs.mjs";
    const { mqttPage, mqttSchemasFile } = (await import(script)) as { mqttPage(): string; mqttSchemasFile(): string };
    const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
    expect(read("mqtt.md")).toBe(mqttPage());
    expect(read("mqtt-schemas.json")).toBe(mqttSchemasFile());
  });
});

const control = { name: "taps", description: "linear taps", features: 10, nrmse: 0.5, rmseOverRange: 0.1 };
const REPORT: NarmaReport = {
  ...{ origin: "twin", runId: 3, task: "narma10", seed: 1, redraws: 0, washout: 200, train: 2000, test: 2000, stepMs: 100 },
  ...{ featuresUsed: ["count"], featuresRefused: [{ name: "fan", reason: "constant" }], substrate: control, controls: [control] },
  ...{ tapsByCount: [control], excluded: { train: 0, test: 1, reasons: [{ reason: "sensor", steps: 1 }] } },
  beatsTaps: { answer: false, taps: 10, substrateNrmse: 0.9, tapsNrmse: 0.5, dmStatistic: 3, pValue: 0.9 },
  beatsInputOnly: { answer: true, inputNrmse: 0.95, pValue: 0.01 },
  ...{ verdict: "no", test_y: [0.1], predicted: [0.2] },
};
const counts = { valid: 1, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };
const setPoint = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 8 };
const POINT: SweepPoint = {
  ...setPoint,
  ...{ index: 0, total: 4, status: "done", reason: null, seconds: 10, nonces: counts, hashRateGhs: 400, expectedGhs: 430, powerW: null },
  ...{ chipTempC: 50, joulesPerTerahash: null, cv: 1.01, cvBand: [0.9, 1.1] },
};
const SENSORS = { coreVoltageMv: 1200, inputVoltageMv: 5000, inputCurrentMa: 2000, powerW: 10, chipTempC: 50, boardTempC: null };
/** Every kind of update, with what is known and with nothing known. */
const UPDATES: { readonly [T in Topic]: readonly Updates[T][] } = {
  state: [{ state: "running", stateReason: "mining" }],
  board: [{ model: "bitaxe-ultra", chips: 1, chipId: "1366", regulator: "DS4432U" }, null],
  setPoint: [setPoint, null],
  readings: [{ ...SENSORS, wallMs: 1, regulatorTempC: null, fanRpm: 3000, fanPercent: 50, hashRateGhs: 431.5, expectedGhs: null }],
  totals: [counts],
  run: [{ id: 1, kind: "sweep", origin: "twin", status: "running", startedWallMs: 1, endedWallMs: null, note: "" }, null],
  activity: [{ label: "ramp", done: 1, total: 2 }, null],
  sweep: [[POINT]],
  sweepPoint: [POINT, { ...POINT, status: "invalid", regime: "edge", stoppedBy: "dwell", settle: { ms: 10, settled: true, why: "flat" } }],
  narma: [{ done: 1, total: 2, washout: 1, recent: [{ step: 1, u: 0.1, y: 0.2, nonces: 3 }] }, null],
  report: [REPORT, null],
  event: [{ wallMs: 1, level: "info", source: "rig", text: "hello" }],
  safety: [{ action: "none", rule: "none", reason: "fine", margins: [{ name: "chip", value: null, limit: 90, unit: "C" }] }],
  clocks: [[{ chip: 0, nonces: 9, ppm: 3.1, ppmInterval: [2, 4], jitterNs: 800 }], null],
  drive: [{ name: "monologue", words: "open loop", hostMemory: { lag: 0, recursive: false, words: "none" } }, null],
};

/** The documented schema, closed: so that a field nobody documented is seen. */
const closed = (topic: JsonTopic) => z.fromJSONSchema({ ...payloadSchema(topic), additionalProperties: false } as never);

describe("payload schemas", () => {
  test("describe every message that is published, field for field", () => {
    const hub = createHub({ rig: "bench", origin: "twin", software: "asic-reservoir 0.1.0", startedWallMs: 1 });
    const messages = retainedMessages(hub.snapshot());
    hub.subscribe({ update: (update) => messages.push(...[messageOf(update, "twin")].filter((one) => one !== null)) });
    for (const [topic, values] of Object.entries(UPDATES)) for (const value of values) hub.publish(topic as Topic, value as never);
    messages.push(...retainedMessages(hub.snapshot()));
    const seen = new Set<string>();
    for (const { topic, payload } of messages) {
      if ((PLAIN_TOPICS as readonly string[]).includes(topic) || payload === "") continue;
      seen.add(topic);
      const read = closed(topic as JsonTopic).safeParse(JSON.parse(String(payload)));
      expect(read.error, `${topic}: ${payload}`).toBeUndefined();
    }
    expect([...seen].sort()).toEqual(
      Object.keys(TOPICS)
        .filter((topic) => !(PLAIN_TOPICS as readonly string[]).includes(topic))
        .sort(),
    );
  });

  test("refuse a message without its origin, and one with a field of another kind", () => {
    for (const topic of ["state", "readings", "totals", "event"] as const) {
      const { required, properties } = payloadSchema(topic) as ObjectSchema;
      expect(required).toContain("origin");
      expect(closed(topic).safeParse(Object.fromEntries(Object.keys(properties).map((name) => [name, {}]))).success, topic).toBe(false);
    }
  });
});

describe("the nonce frame's documented bytes", () => {
  const READ: Record<FrameField["type"], (view: DataView, at: number) => number | bigint> = {
    u8: (view, at) => view.getUint8(at),
    u16: (view, at) => view.getUint16(at, true),
    u32: (view, at) => view.getUint32(at, true),
    u64: (view, at) => view.getBigUint64(at, true),
    f32: (view, at) => view.getFloat32(at, true),
    f64: (view, at) => view.getFloat64(at, true),
  };

  test("are enough to read one: a reader made from them alone finds what was encoded", () => {
    fc.assert(
      fc.property(nonceBatch(), fc.constantFrom(...ORIGINS), (batch, origin) => {
        const bytes = encodeNonceFrame(batch, { origin, batch: 7, runId: null });
        const view = new DataView(bytes.buffer);
        let at = 0;
        const read = ({ type }: FrameField) => {
          const value = READ[type](view, at);
          at += TYPE_BYTES[type];
          return value;
        };
        const head = Object.fromEntries(FRAME_HEAD.map((field) => [field.name, read(field)]));
        const columns = Object.fromEntries(
          FRAME_COLUMNS.map((field) => [field.name, Array.from({ length: Number(head.n) }, () => read(field))]),
        );
        expect(at).toBe(bytes.length);
        const frame = decodeNonceFrame(bytes) as NonceFrame;
        expect(head).toMatchObject({ magic0: 0x4e, magic1: 0x42, version: NONCE_FRAME_VERSION, batch: 7, runId: 0xffff_ffff });
        expect(ORIGINS[Number(head.origin)]).toBe(origin);
        expect(head.baseNs).toBe(frame.baseNs);
        for (const { name } of FRAME_COLUMNS) expect(columns[name], name).toEqual([...(frame[name as keyof NonceFrame] as Float64Array)]);
      }),
      { numRuns: 30 },
    );
    expect(encodeNonceFrame(allocateNonces(0), { origin: "twin", batch: 0, runId: 1 })).toHaveLength(sizeOf(FRAME_HEAD));
  });

  test("name origins and statuses by the numbers they have", () => {
    const says = (fields: readonly FrameField[], name: string) => fields.find((field) => field.name === name)?.says;
    expect(says(FRAME_HEAD, "origin")).toBe(ORIGINS.map((origin, i) => `${i} ${origin}`).join(", "));
    expect(says(FRAME_COLUMNS, "status")).toBe(NONCE_STATUSES.map((status, i) => `${i} ${status}`).join(", "));
  });
});
