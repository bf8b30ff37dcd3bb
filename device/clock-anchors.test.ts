import { describe, expect, it, onTestFinished } from "vitest";
import type { Clock } from "../common/clock.ts";
import { allocateNonces } from "../common/nonce-batch.ts";
import { createHub } from "../telemetry/hub.ts";
import { openStore } from "../telemetry/store/client.ts";
import type { Store } from "../telemetry/store/store.ts";
import type { StoredAnchor } from "./clock-anchors.ts";
import { Recorder } from "./recorder.ts";

const START_NS = 9_100_000_000_000_001n;
const WALL_NS = 1_700_000_000_000_000_007n;

/** Two clocks that a test moves apart. */
class TwoClocks implements Clock {
  elapsedNs = 0n;
  gainedNs = 0n;
  nowNs = () => START_NS + this.elapsedNs;
  wallMs = () => Number((WALL_NS + this.elapsedNs + this.gainedNs) / 1_000_000n);
  sleep = () => new Promise<void>(() => {});
  anchor = () => ({ monotonicNs: this.nowNs(), wallNs: WALL_NS + this.elapsedNs + this.gainedNs, errorNs: 40 });
  pass(seconds: number): void {
    this.elapsedNs += BigInt(seconds * 1e9);
  }
}

async function recording(through: (store: Store) => Store = (store) => store) {
  const clock = new TwoClocks();
  const store = await openStore({ path: ":memory:", inProcess: true });
  onTestFinished(() => store.close().catch(() => undefined));
  const hub = createHub({ rig: "test", origin: "twin", software: "test", startedWallMs: 0 });
  const recorder = new Recorder(through(store), hub, clock, { origin: "twin", provenance: {} });
  const runId = await recorder.begin("test", "anchors", {});
  const anchors = async () => {
    const results = await store.results(runId);
    return results.filter(({ kind }) => kind === "clock-anchor").map(({ value }) => value as StoredAnchor);
  };
  return { clock, recorder, anchors, store, runId };
}

describe("a run's clock anchors", () => {
  it("stand at its begin and its end, exact to the nanosecond", async () => {
    const { clock, recorder, anchors } = await recording();
    clock.pass(5);
    await recorder.end("finished");
    const [first, last, ...more] = await anchors();
    expect(first).toMatchObject({ monotonicNs: `${START_NS}`, wallNs: `${WALL_NS}`, errorNs: 40, gainedNs: null, stepped: false });
    expect(last).toMatchObject({ monotonicNs: `${START_NS + 5_000_000_000n}`, gainedNs: 0, gainedErrorNs: 80, driftPpm: 0 });
    expect(more).toEqual([]);
  });

  it("come once a minute in between, with what arrives", async () => {
    const { clock, recorder, anchors } = await recording();
    for (let second = 0; second < 150; second++) {
      clock.pass(1);
      recorder.nonces(allocateNonces(0));
    }
    await recorder.end("finished");
    const times = (await anchors()).map(({ monotonicNs }) => Number((BigInt(monotonicNs) - START_NS) / 1_000_000_000n));
    expect(times).toEqual([0, 60, 120, 150]);
  });

  it("show drift, and a wall clock that was set, in the log too", async () => {
    const { clock, recorder, anchors, store, runId } = await recording();
    clock.pass(100);
    clock.gainedNs = 2_000_000n;
    recorder.nonces(allocateNonces(0));
    clock.pass(100);
    clock.gainedNs -= 3_600_000_000_000n;
    await recorder.end("finished");
    const [, drifted, set] = await anchors();
    expect(drifted).toMatchObject({ gainedNs: 2e6, driftPpm: 20, stepped: false });
    expect(set).toMatchObject({ gainedNs: -3.6e12, stepped: true });
    await store.flush();
    const texts = (await store.events(runId, 100)).map(({ text }) => text);
    expect(texts.filter((text) => text.includes("wall clock was set"))).toEqual([expect.stringContaining("-3600000.0 ms")]);
  });

  it("do not stop a run whose store will not take them, and that is said", async () => {
    const { recorder, store, runId, anchors } = await recording((real) => ({
      ...real,
      putResult: () => Promise.reject(new Error("the disk is full")),
    }));
    await recorder.end("finished");
    expect(await anchors()).toEqual([]);
    expect((await store.run(runId))?.status).toBe("finished");
    await store.flush();
    const texts = (await store.events(runId, 100)).map(({ text }) => text);
    expect(texts.filter((text) => text.includes("could not be stored: the disk is full"))).not.toEqual([]);
  });
});
