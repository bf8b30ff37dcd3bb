import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apply, EMPTY, type Model } from "../dashboard/src/model/state.ts";
import { createHub, type Hub, MAX_EVENTS } from "../hub.ts";
import type { ServerMessage, SweepPoint } from "../messages.ts";
import { MissedUpdates } from "./missed-updates.ts";

const point = (index: number, seconds: number) => ({ index, seconds }) as SweepPoint;
const act = fc.oneof(
  fc.nat().map((n) => (hub: Hub) => hub.publish("event", { wallMs: n, level: "info", source: "s", text: String(n) })),
  fc.tuple(fc.nat(4), fc.nat()).map(
    ([index, seconds]) =>
      (hub: Hub) =>
        hub.publish("sweepPoint", point(index, seconds)),
  ),
  fc.array(fc.nat(9), { maxLength: 3 }).map(
    (indices) => (hub: Hub) =>
      hub.publish(
        "sweep",
        [...new Set(indices)].map((index) => point(index, 0)),
      ),
  ),
  fc.string().map((stateReason) => (hub: Hub) => hub.publish("state", { state: "running", stateReason })),
  fc
    .option(fc.nat(), { nil: null })
    .map((done) => (hub: Hub) => hub.publish("activity", done === null ? null : { label: "x", done, total: 9 })),
);

function modelAfter(model: Model, message: ServerMessage): Model {
  const outcome = apply(model, message);
  if (outcome.kind !== "applied") throw new Error(`not applied: ${JSON.stringify(outcome)}`);
  return outcome.model;
}

describe("a client that lagged", () => {
  test("knows after one message what it would know had it heard every update", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), fc.array(act, { maxLength: 40 }), (before, during) => {
        const hub = createHub({ rig: "r", origin: "twin", software: "0", startedWallMs: 0 });
        for (const each of before) each(hub);
        const hello: ServerMessage = { type: "hello", protocol: 1, software: "0", rig: "r", origin: "twin", instance: "0" };
        const start = modelAfter(modelAfter(EMPTY, hello), { type: "snapshot", seq: hub.seq, snapshot: hub.snapshot() });
        const missed = new MissedUpdates();
        let brisk = start;
        hub.subscribe({
          update(update) {
            brisk = modelAfter(brisk, { type: "update", ...update } as ServerMessage);
            missed.add(update);
          },
        });
        for (const each of during) each(hub);
        const slow = modelAfter(
          start,
          JSON.parse(JSON.stringify({ type: "caught-up", seq: hub.seq, updates: missed.take() })) as ServerMessage,
        );
        expect(slow).toEqual(brisk);
        expect(missed.take()).toEqual([]);
      }),
    );
  });

  test("gets one value of a topic that said a thousand, and no more of the log than a snapshot holds, the newest", () => {
    const hub = createHub({ rig: "r", origin: "twin", software: "0", startedWallMs: 0 });
    const missed = new MissedUpdates();
    hub.subscribe({ update: (update) => missed.add(update) });
    for (let n = 0; n < 1000; n++) {
      hub.publish("state", { state: "running", stateReason: String(n) });
      hub.publish("event", { wallMs: n, level: "info", source: "s", text: String(n) });
    }
    const [state, ...events] = missed.take();
    expect(state).toEqual({ topic: "state", value: { state: "running", stateReason: "999" } });
    expect(events).toHaveLength(MAX_EVENTS);
    expect(events.at(-1)).toMatchObject({ topic: "event", value: { text: "999" } });
  });
});
