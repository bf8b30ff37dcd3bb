import { expect, it, onTestFinished } from "vitest";
import { createHub } from "../../telemetry/hub.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { newRun } from "../../telemetry/store/rows.test-support.ts";
import { recordOutsideEvents } from "./outside-events.ts";

it("what MQTT says is in the record, with the run in progress; what the recorder says is not there twice", async () => {
  const store = await openStore({ path: ":memory:", inProcess: true });
  onTestFinished(() => store.close());
  const hub = createHub({ rig: "test", origin: "twin", software: "test", startedWallMs: 0 });
  let runId: number | null = null;
  const stop = recordOutsideEvents(hub, store, () => runId);
  const say = (source: string, text: string) => hub.publish("event", { wallMs: 5, level: "warning", source, text });
  say("mqtt", "no connection");
  runId = await store.startRun(newRun);
  say("mqtt", "command set-point (id a) is being done");
  say("rig", "running");
  stop();
  say("mqtt", "afterwards");
  await store.flush();
  const texts = async (run: number | null) => (await store.events(run, 9)).map(({ text }) => text);
  expect(await texts(null)).toEqual(["no connection"]);
  expect(await texts(runId)).toEqual(["command set-point (id a) is being done"]);
});
