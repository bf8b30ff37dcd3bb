import { describe, expect, it } from "vitest";
import type { ServerMessage, Snapshot, SweepPoint } from "../../../messages.ts";
import { apply, EMPTY, EVENTS_KEPT, type Model, parseMessage, resumeAt } from "./state.ts";

const SNAPSHOT: Snapshot = {
  rig: "bench",
  origin: "twin",
  software: "0",
  startedWallMs: 1,
  state: "cold",
  stateReason: "not started",
  board: null,
  setPoint: null,
  readings: null,
  totals: { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 },
  run: null,
  activity: null,
  sweep: [],
  narma: null,
  report: null,
  events: [],
  safety: { action: "none", rule: "none", reason: "", margins: [{ name: "power", value: 1, limit: 2, unit: "W" }] },
};

function modelFrom(...messages: ServerMessage[]): Model {
  return messages.reduce((model, message) => {
    const outcome = apply(model, message);
    if (outcome.kind !== "applied") throw new Error(`not applied: ${JSON.stringify(outcome)}`);
    return outcome.model;
  }, EMPTY);
}

const hello: ServerMessage = { type: "hello", protocol: 1, software: "0", rig: "bench", origin: "twin", instance: "77", resumed: false };
const snapshot = (seq: number, change: Partial<Snapshot> = {}): ServerMessage => ({
  type: "snapshot",
  seq,
  snapshot: structuredClone({ ...SNAPSHOT, ...change }),
});
const point = (index: number): SweepPoint => ({ index, coreVoltageMv: 1200 }) as SweepPoint;

describe("what the page knows", () => {
  it("is the snapshot with every later update in its place", () => {
    const model = modelFrom(
      hello,
      snapshot(7),
      { type: "update", seq: 8, topic: "state", value: { state: "running", stateReason: "ramped" } },
      { type: "update", seq: 9, topic: "totals", value: { valid: 5, invalid: 1, stale: 0, duplicate: 0, "unknown-job": 0 } },
      { type: "update", seq: 10, topic: "activity", value: { label: "sweep", done: 1, total: 2 } },
    );
    expect(model.snapshot).toMatchObject({
      state: "running",
      stateReason: "ramped",
      totals: { valid: 5 },
      activity: { done: 1 },
      rig: "bench",
    });
    expect(model.seq).toBe(10);
  });

  it("appends sweep points and events, and a new sweep starts empty", () => {
    const event = (text: string): ServerMessage => ({
      type: "update",
      seq: 4,
      topic: "event",
      value: { wallMs: 0, level: "info", source: "s", text },
    });
    const grown = modelFrom(
      snapshot(1),
      { type: "update", seq: 2, topic: "sweepPoint", value: point(0) },
      { type: "update", seq: 3, topic: "sweepPoint", value: point(1) },
      event("a"),
    );
    expect(grown.snapshot?.sweep.map(({ index }) => index)).toEqual([0, 1]);
    expect(grown.snapshot?.events.map(({ text }) => text)).toEqual(["a"]);
    const outcome = apply(grown, { type: "update", seq: 5, topic: "sweep", value: [] });
    expect(outcome).toMatchObject({ kind: "applied", model: { snapshot: { sweep: [] } } });
  });

  it("replaces a sweep point that comes again instead of showing it twice", () => {
    const again = { ...point(0), coreVoltageMv: 1100 };
    const model = modelFrom(snapshot(1, { sweep: [point(0), point(1)] }), { type: "update", seq: 2, topic: "sweepPoint", value: again });
    expect(model.snapshot?.sweep).toEqual([point(1), again]);
  });

  it("forgets the oldest events, not the newest", () => {
    let model = modelFrom(snapshot(0));
    for (let seq = 1; seq <= EVENTS_KEPT + 5; seq++) {
      const outcome = apply(model, { type: "update", seq, topic: "event", value: { wallMs: seq, level: "info", source: "s", text: "" } });
      if (outcome.kind === "applied") model = outcome.model;
    }
    expect(model.snapshot?.events).toHaveLength(EVENTS_KEPT);
    expect(model.snapshot?.events.at(-1)?.wallMs).toBe(EVENTS_KEPT + 5);
  });

  it("keeps the very objects that a repeated snapshot repeats, and takes those that changed", () => {
    const first = modelFrom(snapshot(1));
    const outcome = apply(first, snapshot(1, { state: "armed", totals: { ...SNAPSHOT.totals, valid: 3 } }));
    if (outcome.kind !== "applied") throw new Error("not applied");
    expect(outcome.model.snapshot?.safety).toBe(first.snapshot?.safety);
    expect(outcome.model.snapshot).toMatchObject({ state: "armed", totals: { valid: 3 } });
  });
});

describe("a gap", () => {
  const model = modelFrom(hello, snapshot(7));
  const update = (seq: number): ServerMessage => ({ type: "update", seq, topic: "activity", value: null });

  it("is seen when an update is missing, comes twice or comes before the snapshot", () => {
    expect(apply(model, update(9))).toEqual({ kind: "gap", expected: 8, got: 9 });
    expect(apply(model, update(7))).toEqual({ kind: "gap", expected: 8, got: 7 });
    expect(apply(modelFrom(hello), update(1))).toEqual({ kind: "gap", expected: null, got: 1 });
  });

  it("is none after a snapshot within the same connection: the count goes on from there", () => {
    const resynced = modelFrom(hello, snapshot(7), snapshot(20), update(21));
    expect(resynced.seq).toBe(21);
  });

  it("is seen when a new connection's updates come without its snapshot, although an old picture is there", () => {
    const outcome = apply(model, hello);
    expect(outcome.kind).toBe("applied");
    if (outcome.kind === "applied") {
      expect(outcome.model.snapshot).not.toBeNull();
      expect(apply(outcome.model, update(8)).kind).toBe("gap");
    }
  });
});

describe("a connection that goes on where the last one ended", () => {
  it("asks for what came after the last message, and for nothing before it has a snapshot", () => {
    const resumed = modelFrom(hello, snapshot(7));
    expect(resumeAt("ws://rig/ws", resumed)).toBe("ws://rig/ws?instance=77&seq=7");
    expect(resumeAt("ws://rig/ws?board=left", resumed)).toBe("ws://rig/ws?board=left&instance=77&seq=7");
    for (const model of [modelFrom(hello), EMPTY]) expect(resumeAt("ws://rig/ws", model)).toBe("ws://rig/ws");
  });

  it("counts on when the daemon resumes, and still sees a gap", () => {
    const model = modelFrom(hello, snapshot(7), { ...hello, resumed: true });
    const update = (seq: number): ServerMessage => ({ type: "update", seq, topic: "activity", value: null });
    expect(apply(model, update(8)).kind).toBe("applied");
    expect(apply(model, update(9)).kind).toBe("gap");
    expect(apply(EMPTY, { ...hello, resumed: true }).kind).toBe("applied");
  });
});

describe("frames that are not ours", () => {
  it("another protocol version asks for a reload", () => {
    expect(apply(EMPTY, { ...hello, protocol: 2 } as ServerMessage)).toEqual({ kind: "protocol", theirs: 2 });
  });

  it("broken JSON, other JSON and unknown types are no messages", () => {
    for (const text of ["", "{", "null", "3", '"hello"', "[]", '{"type":"other"}', '{"type":"update","seq":1}', '{"type":"snapshot"}']) {
      expect(parseMessage(text), text).toBeNull();
    }
    expect(parseMessage(JSON.stringify(hello))).toEqual(hello);
  });
});
