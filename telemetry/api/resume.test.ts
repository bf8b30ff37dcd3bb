import { expect, test } from "vitest";
import type { ServerMessage } from "../messages.ts";
import { type Running, runApi, view } from "./api.test-support.ts";

const say = ({ hub }: Running, from: number, upTo: number) => {
  for (let i = from; i < upTo; i++) hub.publish("event", { wallMs: i, level: "info", source: "t", text: `event ${i}` });
};
const seqs = (messages: readonly ServerMessage[]) => messages.flatMap((message) => (message.type === "update" ? [message.seq] : []));
const comingBack = (running: Running, instance: string, seq: number) => view(running.api, {}, `/ws?instance=${instance}&seq=${seq}`);

test("a viewer that comes back gets what it missed and no snapshot, then goes on", async () => {
  const running = await runApi();
  say(running, 0, 10);
  const back = await comingBack(running, "1", 4);
  await expect.poll(() => seqs(back.messages)).toEqual([5, 6, 7, 8, 9, 10]);
  say(running, 10, 12);
  await expect.poll(() => seqs(back.messages)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  expect(back.messages[0]).toMatchObject({ type: "hello", instance: "1", resumed: true });
  expect(back.messages.filter(({ type }) => type === "snapshot")).toEqual([]);
  expect(running.api.counters().resumed).toBe(1);
});

test.each([
  ["has heard from another start of the daemon", "2", 4],
  ["has heard what was never said", "1", 11],
])("a viewer that %s gets the snapshot", async (_, instance, seq) => {
  const running = await runApi();
  say(running, 0, 10);
  const back = await comingBack(running, instance, seq);
  await expect.poll(() => back.messages.length).toBe(2);
  expect(back.messages).toMatchObject([
    { type: "hello", resumed: false },
    { type: "snapshot", seq: 10 },
  ]);
});

test("a viewer that was away too long gets the snapshot", async () => {
  const running = await runApi({ limits: { bufferedBytes: 2000 } });
  say(running, 0, 1000);
  const back = await comingBack(running, "1", 4);
  await expect.poll(() => back.messages.length).toBe(2);
  expect(back.messages[1]).toMatchObject({ type: "snapshot", seq: 1000 });
});
