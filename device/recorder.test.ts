import { expect, onTestFinished, test } from "vitest";
import { hostClock } from "../common/clock.ts";
import type { Hub } from "../telemetry/hub.ts";
import type { LogEvent } from "../telemetry/messages.ts";
import { openStore } from "../telemetry/store/client.ts";
import { IN_MEMORY } from "../telemetry/store/open-database.ts";
import { Recorder } from "./recorder.ts";

test("a record that the disk holds up beyond what is stated is told of to whoever watches", async () => {
  const store = await openStore({ path: IN_MEMORY, inProcess: true });
  onTestFinished(() => store.close());
  let late: (statedMs: number) => void = () => {};
  const events: LogEvent[] = [];
  const hub = { publish: (_topic: string, event: LogEvent) => events.push(event) } as unknown as Hub;
  const onLate = (listener: typeof late) => {
    late = listener;
    return () => {};
  };
  new Recorder({ ...store, onLate }, hub, hostClock(), "twin");
  late(250);
  expect(events).toMatchObject([{ level: "warning", source: "store", text: expect.stringContaining("250 ms") }]);
});
