import { expect, onTestFinished, test } from "vitest";
import { hostClock } from "../common/clock.ts";
import { createHub, type Hub } from "../telemetry/hub.ts";
import type { LogEvent } from "../telemetry/messages.ts";
import { openStore } from "../telemetry/store/client.ts";
import type { LateEpisode } from "../telemetry/store/late-episode.ts";
import { IN_MEMORY } from "../telemetry/store/open-database.ts";
import { numberedNonces } from "../telemetry/store/rows.test-support.ts";
import { Recorder } from "./recorder.ts";

test("a record that the disk holds up beyond what is stated is told of to whoever watches", async () => {
  const store = await openStore({ path: IN_MEMORY, inProcess: true });
  onTestFinished(() => store.close());
  let late: (statedMs: number) => void = () => {};
  let over: (episode: LateEpisode) => void = () => {};
  const events: LogEvent[] = [];
  const hub = { publish: (_topic: string, event: LogEvent) => events.push(event) } as unknown as Hub;
  const onLate = (listener: typeof late) => {
    late = listener;
    return () => {};
  };
  const onLateOver = (listener: typeof over) => {
    over = listener;
    return () => {};
  };
  new Recorder({ ...store, onLate, onLateOver }, hub, hostClock(), { origin: "twin", provenance: {} });
  late(250);
  expect(events).toMatchObject([{ level: "warning", source: "store", text: expect.stringContaining("250 ms") }]);
  over({ statedMs: 250, commits: 3, lastedMs: 5120, worstAgeMs: 612.4 });
  expect(events[1]).toMatchObject({
    level: "info",
    source: "store",
    text: "the disk keeps up again: 3 commits were late in 5.1 s, a row at the worst 612 ms old where 250 ms are stated",
  });
});

test("nonces belong to a run until it is closed, and what comes before the next begins is counted until that one has it", async () => {
  const store = await openStore({ path: IN_MEMORY, inProcess: true });
  onTestFinished(() => store.close());
  const held: number[] = [];
  const betweenRuns = (nonces: number) => void held.push(nonces);
  const hub = createHub({ rig: "test", origin: "twin", software: "test", startedWallMs: 0 });
  const recorder = new Recorder({ ...store, betweenRuns }, hub, hostClock(), { origin: "twin", provenance: {} });
  const first = await recorder.begin("test", "first", {});
  recorder.nonces(numberedNonces(0, 5));
  const ending = recorder.end("finished");
  recorder.nonces(numberedNonces(5, 2));
  await ending;
  recorder.nonces(numberedNonces(7, 3));
  recorder.nonces(numberedNonces(10, 4));
  expect(held).toEqual([3, 7]);
  const second = await recorder.begin("test", "second", {});
  expect(held).toEqual([3, 7, 0]);
  await recorder.end("finished");
  expect((await store.run(first))?.nonces).toBe(7);
  expect((await store.run(second))?.nonces).toBe(7);
});

test("every run says by which program and configuration it was made, beside what is its own", async () => {
  const store = await openStore({ path: IN_MEMORY, inProcess: true });
  onTestFinished(() => store.close());
  const hub = createHub({ rig: "test", origin: "twin", software: "test", startedWallMs: 0 });
  const provenance = { software: "asic-reservoir 9", config: { rig: "bench" } };
  const recorder = new Recorder(store, hub, hostClock(), { origin: "twin", provenance });
  for (const its of [undefined, { planHash: "ab" }]) {
    const id = await recorder.begin("test", "a run", its);
    await recorder.end("finished");
    const run = await store.run(id);
    expect(run?.provenance).toEqual({ ...provenance, ...its });
    expect(run?.software).toBe("asic-reservoir 9");
    expect(run?.configSha256).toMatch(/^[0-9a-f]{64}$/);
  }
});
