import { describe, expect, test } from "vitest";
import { allocateNonces } from "../common/nonce-batch.ts";
import { createHub, type HubUpdate, MAX_EVENTS, MAX_SWEEP_POINTS } from "./hub.ts";
import type { LogEvent, SweepPoint } from "./messages.ts";

const hub = () => createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 }, () => 5);
const event = (text: string): LogEvent => ({ wallMs: 2, level: "info", source: "test", text });

describe("hub", () => {
  test("a snapshot and the updates after its seq tell the same story as a later snapshot", () => {
    const h = hub();
    h.publish("state", { state: "identified", stateReason: "one chip" });
    const seen: HubUpdate[] = [];
    const before = { seq: h.seq, snapshot: h.snapshot() };
    h.subscribe({ update: (update) => seen.push(update) });
    h.publish("setPoint", { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 256 });
    h.publish("event", event("ramped"));
    expect(before.snapshot).toMatchObject({ state: "identified", setPoint: null, events: [] });
    expect(seen.map((update) => update.seq)).toEqual([before.seq + 1, before.seq + 2]);
    expect(h.snapshot()).toMatchObject({ state: "identified", setPoint: { frequencyMhz: 485 }, events: [event("ramped")] });
  });

  test("lists are bounded: the oldest events and sweep points leave, the newest stay", () => {
    const h = hub();
    for (let i = 0; i < MAX_EVENTS + 5; i++) h.publish("event", event(String(i)));
    expect(h.snapshot().events.map((entry) => entry.text)).toEqual(Array.from({ length: MAX_EVENTS }, (_, i) => String(i + 5)));
    const point = (index: number) => ({ index }) as SweepPoint;
    h.publish(
      "sweep",
      Array.from({ length: MAX_SWEEP_POINTS }, (_, i) => point(i)),
    );
    h.publish("sweepPoint", point(MAX_SWEEP_POINTS));
    expect(h.snapshot().sweep).toHaveLength(MAX_SWEEP_POINTS);
    expect(h.snapshot().sweep.at(0)?.index).toBe(1);
    expect(h.snapshot().sweep.at(-1)?.index).toBe(MAX_SWEEP_POINTS);
  });

  test("a sweep point measured again replaces the one with its index", () => {
    const h = hub();
    const point = (index: number, status: SweepPoint["status"]) => ({ index, status }) as SweepPoint;
    for (const one of [point(0, "invalid"), point(1, "done"), point(0, "done")]) h.publish("sweepPoint", one);
    expect(h.snapshot().sweep).toEqual([point(1, "done"), point(0, "done")]);
  });

  test("a snapshot handed out does not change afterwards", () => {
    const h = hub();
    const early = h.snapshot();
    h.publish("event", event("late"));
    h.publish("state", { state: "fault", stateReason: "over-temperature" });
    expect(early.events).toEqual([]);
    expect(early.state).toBe("cold");
  });

  test("a listener that throws is detached, an event says so, and the others miss nothing", () => {
    const h = hub();
    const seen: string[] = [];
    let calls = 0;
    h.subscribe({
      update() {
        calls++;
        throw new Error("socket gone");
      },
    });
    h.subscribe({ update: (update) => seen.push(`${update.seq} ${update.topic}`) });
    h.publish("activity", null);
    h.publish("run", null);
    expect(calls).toBe(1);
    expect(seen).toEqual(["1 activity", "2 event", "3 run"]);
    expect(h.snapshot().events.at(-1)?.text).toContain("socket gone");
  });

  test("every listener sees one order even when a listener publishes", () => {
    const h = hub();
    const seen: number[] = [];
    h.subscribe({
      update(update) {
        if (update.topic === "activity") h.publish("event", event("from a listener"));
      },
    });
    h.subscribe({ update: (update) => seen.push(update.seq) });
    h.publish("activity", null);
    expect(seen).toEqual([1, 2]);
  });

  test("nonce batches are numbered apart from updates, and an ended subscription hears nothing", () => {
    const h = hub();
    const seen: number[] = [];
    const end = h.subscribe({ nonces: (batch, batchSeq) => seen.push(batch.length, batchSeq) });
    h.publishNonces(allocateNonces(3));
    h.publishNonces(allocateNonces(1));
    end();
    h.publishNonces(allocateNonces(9));
    expect(seen).toEqual([3, 0, 1, 1]);
    expect(h.seq).toBe(0);
  });
});
