/** What the WebSocket's side keeps after hours: counted, for a megabyte more or less tells nothing. */
import { expect, it } from "vitest";
import { createHub, type Hub } from "../hub.ts";
import { LeapingClock } from "../leaping-clock.test-support.ts";
import { RecentUpdates } from "./recent-updates.ts";
import { VIEWER_LIMITS, type ViewerSocket, Viewers } from "./viewers.ts";

const MINUTES = 180;
type Told = Parameters<ViewerSocket["on"]>[0];

/** Reads everything at once, answers pings, and ends when told. */
function client() {
  const listeners = new Map<Told, (() => void)[]>();
  const emit = (event: Told) => listeners.get(event)?.forEach((listener) => void listener());
  let last: number | null = null;
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    on: (event: Told, listener: () => void) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    send(message: string | Uint8Array, taken: () => void) {
      if (typeof message === "string") last = (JSON.parse(message) as { seq?: number }).seq ?? last;
      taken();
    },
    ping: () => emit("pong"),
    close: () => emit("close"),
    terminate: () => emit("close"),
  };
  return { socket, end: () => emit("close"), lastSeq: () => last, listeners: () => [...listeners.values()].flat().length };
}

it("a client that stays and one that comes back each minute leave one place taken and no listener more than at the start", async () => {
  const clock = new LeapingClock();
  const whole = createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 }, () => clock.wallMs());
  let listening = 0;
  const hub: Hub = {
    ...whole,
    get seq() {
      return whole.seq;
    },
    subscribe(listener) {
      listening++;
      const end = whole.subscribe(listener);
      return () => {
        listening--;
        end();
      };
    },
  };
  const viewers = new Viewers(hub, clock, VIEWER_LIMITS);
  const stays = client();
  viewers.add(stays.socket);
  const listenersAtFirst = stays.listeners();
  let heard: number | null = null;
  for (let minute = 0; minute < MINUTES; minute++) {
    const guest = client();
    viewers.add(guest.socket, heard === null ? null : { instance: "1", seq: heard });
    for (let second = 0; second < 60; second++) hub.publish("event", { wallMs: second, level: "info", source: "t", text: `${minute}` });
    await clock.pass(57_000);
    heard = guest.lastSeq();
    guest.end();
    await clock.pass(3_000);
  }
  expect(viewers.counters()).toMatchObject({ clients: 1, bufferedBytes: 0, resumed: MINUTES - 1, coalescedUpdates: 0 });
  expect(listening).toBe(1);
  expect(stays.listeners()).toBe(listenersAtFirst);
  // Its one look a second.
  expect(clock.sleepers).toBe(1);
  expect(hub.snapshot().events.length).toBeLessThanOrEqual(200);
  const closed = viewers.close(100);
  stays.end();
  await closed;
  expect([listening, viewers.counters().clients]).toEqual([0, 0]);
});

it("updates of a day to come back to take no more entries than fit, and as many that are forgotten", () => {
  const recent = new RecentUpdates(10_000);
  for (let seq = 1; seq <= 864_000; seq++) recent.add(seq, "x".repeat(100));
  expect(recent.entries).toBeLessThanOrEqual(200);
  expect(recent.bytes).toBeLessThanOrEqual(10_000);
});
