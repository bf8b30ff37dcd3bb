import { describe, expect, test } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { LaneTally } from "../lane-tally.ts";
import type { RecentLanes, ServerMessage } from "../messages.ts";
import { runApi, view } from "./api.test-support.ts";

const S9 = { model: "S9 hash board", chips: 63, chipId: "1387", regulator: "PIC16F1704" };
const BITAXE = { model: "Bitaxe Ultra", chips: 1, chipId: "1366", regulator: "TPS546" };

/** Valid nonces of these chips, one each, from core 5. */
function from(...chips: number[]): NonceBatch {
  const batch = allocateNonces(chips.length);
  batch.chip.set(chips);
  batch.core.fill(5);
  batch.status.fill(STATUS.valid);
  return batch;
}

const lanesOf = (message: ServerMessage | undefined): RecentLanes | undefined =>
  message?.type === "hello" || message?.type === "caught-up" ? message.lanes : undefined;
const validOf = (recent: RecentLanes | undefined, lane: number) =>
  recent && Math.round(LaneTally.from(recent, 1e6).figures(1e6)[lane]?.valid as number);

describe("a viewer that comes in the middle of a run", () => {
  test("is told first what each chip gave before it came, of the last minute", async () => {
    const { api, hub } = await runApi();
    hub.publish("board", S9);
    hub.publishNonces(from(3, 3, 62, 200));
    const { messages } = await view(api);
    await expect.poll(() => messages.length).toBe(2);
    const recent = lanesOf(messages[0]);
    expect(recent).toMatchObject({ axis: "chip", lanes: 63 });
    expect([3, 62, 0].map((chip) => validOf(recent, chip))).toEqual([2, 1, 0]);
    expect(LaneTally.from(recent as RecentLanes, 1e6).totals(1e6).valid).toBeCloseTo(4);
  });

  test("is told by core of a board with one chip", async () => {
    const { api, hub } = await runApi();
    hub.publish("board", BITAXE);
    hub.publishNonces(from(0, 0));
    const { messages } = await view(api);
    await expect.poll(() => messages.length).toBe(2);
    expect(lanesOf(messages[0])).toMatchObject({ axis: "core", lanes: 112 });
    expect(validOf(lanesOf(messages[0]), 5)).toBe(2);
  });

  test("is told nothing of another board, but of one that is only looked for again", async () => {
    const { api, hub } = await runApi();
    hub.publish("board", S9);
    hub.publishNonces(from(3));
    hub.publish("board", { ...S9, chips: 0, chipId: "" });
    const same = await view(api);
    await expect.poll(() => same.messages.length).toBe(2);
    expect(validOf(lanesOf(same.messages[0]), 3)).toBe(1);
    hub.publish("board", BITAXE);
    const other = await view(api);
    await expect.poll(() => other.messages.length).toBe(2);
    expect(lanesOf(other.messages[0])).toBeUndefined();
  });
});

test("a viewer that comes back, and one that has caught up, are told what they have lost", async () => {
  const { api, hub } = await runApi({ limits: { bufferedBytes: 64 * 1024 } });
  hub.publish("board", S9);
  hub.publishNonces(from(3));
  const back = await view(api, {}, "/ws?instance=1&seq=0");
  await expect.poll(() => back.messages.length).toBe(2);
  expect(back.messages[0]).toMatchObject({ type: "hello", resumed: true });
  expect(validOf(lanesOf(back.messages[0]), 3)).toBe(1);

  back.socket.pause();
  for (let i = 0; api.counters().droppedNonceFrames === 0 && i < 5000; i++) {
    hub.publish("state", { state: "running", stateReason: `${i} ${"x".repeat(20_000)}` });
    if (api.counters().coalescedUpdates > 0) hub.publishNonces(from(7));
    if (i % 20 === 0) await new Promise(setImmediate);
  }
  back.socket.resume();
  const caughtUp = () => back.messages.find(({ type }) => type === "caught-up");
  await expect.poll(caughtUp).toBeDefined();
  expect([3, 7].map((chip) => validOf(lanesOf(caughtUp()), chip))).toEqual([1, 1]);
});
