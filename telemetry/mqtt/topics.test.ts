import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHub, type HubUpdate } from "../hub.ts";
import type { Topic, Updates } from "../messages.ts";
import { backoffMs } from "./backoff.ts";
import { TOPICS } from "./catalogue.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";
import { type Message, messageOf, retainedMessages, topicRoot } from "./topics.ts";

const update = <T extends Topic>(topic: T, value: Updates[T]) => ({ seq: 1, topic, value }) as unknown as HubUpdate;
const totals = { valid: 3, invalid: 1, stale: 0, duplicate: 0, "unknown-job": 0 };
const event = { wallMs: 1, level: "info", source: "s", text: "t" } as const;

describe("topics", () => {
  test("every JSON payload carries the origin, also where the value is null", () => {
    const updates = [
      update("state", { state: "cold", stateReason: "" }),
      update("totals", totals),
      update("setPoint", null),
      update("activity", null),
      update("event", event),
      update("narma", { done: 1, total: 2, washout: 0, recent: [] }),
      update("safety", { action: "none", rule: "", reason: "", margins: [] }),
      update("run", { id: 1, kind: "k", origin: "twin", status: "running", startedWallMs: 0, endedWallMs: null, note: "" }),
    ];
    for (const one of updates) expect(JSON.parse(String(messageOf(one, "twin")?.payload)), one.topic).toMatchObject({ origin: "twin" });
  });

  test("state and report are retained with QoS 1, telemetry is neither", () => {
    expect(messageOf(update("state", { state: "cold", stateReason: "" }), "twin")).toMatchObject({ topic: "state", qos: 1, retain: true });
    expect(messageOf(update("totals", totals), "hardware")).toMatchObject({ topic: "totals", qos: 0, retain: false });
    expect(messageOf(update("event", event), "hardware")).toMatchObject({ topic: "event", qos: 0, retain: false });
  });

  test("a report that is gone clears what the broker retained", () => {
    expect(messageOf(update("report", null), "twin")).toEqual({ topic: "report", payload: "", qos: 1, retain: true });
  });

  test("after a connect the broker is told that the rig is online and what is true now", () => {
    const hub = createHub({ rig: "r", origin: "recording", software: "", startedWallMs: 0 });
    hub.publish("state", { state: "armed", stateReason: "limits verified" });
    const messages = retainedMessages(hub.snapshot());
    expect(messages[0]).toMatchObject({ topic: "availability", payload: "online" });
    expect(messages.every((message) => message.retain && message.qos === 1)).toBe(true);
    expect(JSON.parse(String(messages[1]?.payload))).toEqual({ state: "armed", stateReason: "limits verified", origin: "recording" });
  });

  test("a rig's name cannot leave its topic, and a base with wildcards is refused", () => {
    expect(topicRoot("lab/asic", "rig 1/#+")).toBe("lab/asic/rig-1-");
    for (const base of ["", "a/#", "+", "/a", "a//b", "a/", "$SYS"]) {
      expect(() => topicRoot(base, "r"), base).toThrow(expect.objectContaining({ code: "TOPIC_INVALID" }));
    }
  });
});

describe("outbox", () => {
  const message = (topic: string, payload: string): Message => ({ topic, payload, qos: 0, retain: false });
  const never = () => 0;
  const all = (outbox: Outbox) => Array.from({ length: outbox.size }, () => (outbox.take(never) as Message).payload);

  test("keeps of each topic the latest, and of events and sweep points the newest, in order", () => {
    const outbox = new Outbox(3);
    for (const text of ["1", "2", "3", "4", "5"]) outbox.put(message(text === "3" ? "sweep" : "event", text));
    for (const text of ["a", "b"]) outbox.put(message("readings", text));
    outbox.put(message("totals", "t"));
    expect(outbox).toMatchObject({ dropped: 2, replaced: 1, size: 5 });
    expect(all(outbox)).toEqual(["b", "t", "3", "4", "5"]);
    expect(outbox.take(never)).toBeNull();
  });

  test("a topic that has to wait holds up no other, and is told when its time comes", () => {
    const outbox = new Outbox(3);
    for (const topic of ["readings", "event", "event", "sweep"]) outbox.put(message(topic, topic));
    const busy = new Map([
      ["readings", 700],
      ["event", 300],
    ]);
    const take = () => outbox.take((topic) => busy.get(topic) ?? 0);
    expect(take()).toMatchObject({ topic: "sweep" });
    expect(take()).toBe(300);
    busy.delete("event");
    expect([take(), take()]).toMatchObject([{ topic: "event" }, { topic: "event" }]);
    expect(take()).toBe(700);
  });
});

describe("pace", () => {
  const rate = fc.record({ everyMs: fc.integer({ min: 1, max: 1000 }), burst: fc.integer({ min: 1, max: 50 }) });

  test("whoever sends whenever allowed keeps the rate over every stretch of time, and uses it up", () => {
    fc.assert(
      fc.property(rate, fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 60 }), (rate, pauses) => {
        const pace = new Pace(() => rate);
        const sent: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          while (pace.waitMs("t", nowMs) === 0) {
            pace.sent("t", nowMs);
            sent.push(nowMs);
          }
          const waitMs = pace.waitMs("t", nowMs);
          if (waitMs <= 0 || waitMs > rate.everyMs) expect.fail(`${waitMs} ms to wait`);
        }
        // The most that any stretch from one message to another has above what its length alone allows.
        let most = 0;
        let least = Number.POSITIVE_INFINITY;
        for (const [i, atMs] of sent.entries()) {
          least = Math.min(least, i - atMs / rate.everyMs);
          most = Math.max(most, i - atMs / rate.everyMs - least + 1);
        }
        expect(most).toBeLessThanOrEqual(rate.burst + 1e-9);
      }),
    );
  });

  test("each topic has its declared rate, and what is retained has none", () => {
    const pace = new Pace();
    for (const [topic, { rate, retained }] of Object.entries(TOPICS)) {
      expect(rate === null, topic).toBe(retained);
      if (rate === null) continue;
      for (let i = 0; i < rate.burst; i++) {
        expect(pace.waitMs(topic, 5), topic).toBe(0);
        pace.sent(topic, 5);
      }
      expect(pace.waitMs(topic, 5), topic).toBe(rate.everyMs);
    }
    expect(pace.waitMs("elsewhere", 5)).toBe(0);
  });
});

describe("back-off", () => {
  test("doubles from the first pause to the longest and is never less than half of it", () => {
    const limits = { firstMs: 100, maxMs: 1000 };
    expect([0, 1, 2, 3, 4, 1000].map((attempt) => backoffMs(attempt, limits, 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoffMs(5, limits, 0)).toBe(500);
  });
});
