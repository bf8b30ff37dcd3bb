/** What the publisher keeps after hours with a broker that comes and goes: counted, for a megabyte more or less tells nothing. */
import { expect, it } from "vitest";
import { leftWith } from "../../common/left-with.test-support.ts";
import { splitmix64 } from "../../common/random.ts";
import { createHub } from "../hub.ts";
import { LeapingClock } from "../leaping-clock.test-support.ts";
import type { BrokerConnection } from "./connection.ts";
import { startPublisher } from "./publisher.ts";

const MINUTES = 180;
/** Of the outbox: histories and one message of each other topic. */
const MOST_WAITING = 256 + 32;

class Link implements BrokerConnection {
  readonly connected: Promise<string | null>;
  readonly closed: Promise<string>;
  unsentBytes = 0;
  lose: (reason: string) => void = () => {};

  constructor(reachable: boolean) {
    this.connected = Promise.resolve(reachable ? null : "ECONNREFUSED");
    this.closed = new Promise((resolve) => {
      this.lose = resolve;
    });
  }
  publish(_message: unknown, sent: () => void): void {
    sent();
  }
  async end(): Promise<void> {
    this.lose("ended");
  }
  destroy(): void {
    this.lose("ended");
  }
}

it("a broker that is away for twenty seconds of each minute leaves nothing but what may wait, and no listener", async () => {
  const clock = new LeapingClock();
  const hub = createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 }, () => clock.wallMs());
  let reachable = true;
  let live: Link | null = null;
  const publisher = startPublisher({
    hub,
    base: "asic",
    rig: "bench",
    url: "mqtt://broker.invalid",
    clock,
    random: splitmix64(1n),
    connect: () => {
      live = new Link(reachable);
      return live;
    },
  });
  const most = { waiting: 0, sleepers: 0, left: 0 };
  const look = () => {
    most.waiting = Math.max(most.waiting, publisher.counters().waiting);
    most.sleepers = Math.max(most.sleepers, clock.sleepers);
    for (const signal of clock.signals) most.left = Math.max(most.left, leftWith(signal));
  };
  for (let minute = 0; minute < MINUTES; minute++) {
    for (let second = 0; second < 60; second++) {
      if (second === 40) {
        reachable = false;
        (live as Link | null)?.lose("gone");
      }
      if (second === 0) reachable = true;
      for (const text of ["one", "two"]) hub.publish("event", { wallMs: clock.wallMs(), level: "info", source: "t", text });
      hub.publish("totals", { valid: second, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 });
      await clock.pass(1_000);
      look();
    }
  }
  expect(publisher.counters().connections).toBeGreaterThan(MINUTES / 2);
  expect(most.waiting).toBeLessThanOrEqual(MOST_WAITING);
  expect(publisher.counters().droppedMessages + publisher.counters().replacedMessages).toBeGreaterThan(0);
  // The pause before the next attempt and the next message's turn; the connection's end besides.
  expect(most.sleepers).toBeLessThanOrEqual(2);
  expect(most.left).toBeLessThanOrEqual(3);
  await publisher.close();
  expect(clock.sleepers).toBe(0);
});
