import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServerMessage } from "../messages.ts";
import { decodeNonceFrame } from "../nonce-frame.ts";
import { numberedNonces } from "../store/rows.test-support.ts";
import { ask, type Running, runApi, view } from "./api.test-support.ts";

const state = (reason: string) => ["state", { state: "running", stateReason: reason }] as const;
const BULK = "x".repeat(20_000);

/** Sequence numbers as a client checks them: an update must follow what it has, a snapshot starts anew. */
function gaps(messages: readonly ServerMessage[]): string[] {
  let have = Number.NaN;
  const found: string[] = [];
  for (const message of messages) {
    if (message.type === "hello") continue;
    if (message.type === "update" && message.seq !== have + 1) found.push(`${have} -> ${message.seq}`);
    have = message.seq;
  }
  return found;
}

/** Publishes until the client's kernel buffers and then its send buffer are full. */
async function flood({ hub, api }: Running): Promise<void> {
  for (let i = 0; api.counters().coalescedUpdates === 0 && i < 5000; i++) {
    hub.publish(...state(`${i} ${BULK}`));
    if (i % 20 === 0) await new Promise(setImmediate);
  }
}

describe("a healthy viewer", () => {
  test("hears hello, the snapshot, then every update without a gap, and nonces as frames", async () => {
    const running = await runApi();
    const { hub, api } = running;
    hub.publish(...state("before"));
    const viewer = await view(api);
    await expect.poll(() => viewer.messages.length).toBe(2);
    const who = { software: "0.1.0", rig: "bench", origin: "twin", instance: "1" };
    expect(viewer.messages[0]).toEqual({ type: "hello", protocol: 1, ...who, resumed: false });
    expect(viewer.messages[1]).toMatchObject({ type: "snapshot", seq: 1, snapshot: { stateReason: "before" } });
    for (let i = 0; i < 500; i++) hub.publish("event", { wallMs: i, level: "info", source: "t", text: String(i) });
    hub.publish("run", { id: 9, kind: "k", origin: "twin", status: "running", startedWallMs: 0, endedWallMs: null, note: "" });
    hub.publishNonces(numberedNonces(0, 10));
    await expect.poll(() => viewer.frames.length).toBe(1);
    expect(viewer.messages).toHaveLength(503);
    expect(gaps(viewer.messages)).toEqual([]);
    const frame = decodeNonceFrame(viewer.frames[0] as Uint8Array);
    expect(frame).toMatchObject({ length: 10, origin: "twin", runId: 9, batch: 0 });
  });

  test("that hears nothing for a while gets the snapshot again, so that a page can tell quiet from dead", async () => {
    const { api } = await runApi({ limits: { quietMs: 40 } });
    const viewer = await view(api);
    await expect.poll(() => viewer.messages.filter((message) => message.type === "snapshot").length).toBeGreaterThan(2);
    expect(gaps(viewer.messages)).toEqual([]);
  });
});

describe("a slow viewer", () => {
  test("does not grow the daemon's memory, does not slow the others, and catches up without a gap", async () => {
    const running = await runApi({ limits: { bufferedBytes: 64 * 1024 } });
    const { hub, api } = running;
    const slow = await view(api);
    await expect.poll(() => slow.messages.length).toBe(2);
    slow.socket.pause();
    await flood(running);
    const before = api.counters();
    expect(before.coalescedUpdates).toBeGreaterThan(0);
    const brisk = await view(api);
    let highest = 0;
    for (let i = 0; i < 300; i++) {
      hub.publish(...state(BULK));
      hub.publishNonces(numberedNonces(0, 100));
      await new Promise(setImmediate);
      highest = Math.max(highest, api.counters().bufferedBytes);
    }
    hub.publish(...state("the last word"));
    // The limit, and at most one message more for each of the two.
    expect(highest).toBeLessThan(2 * (64 * 1024 + 2 * BULK.length));
    expect(api.counters().droppedNonceFrames).toBeGreaterThanOrEqual(300);
    await expect.poll(() => brisk.frames.length).toBe(300);
    expect(gaps(brisk.messages)).toEqual([]);

    slow.socket.resume();
    await expect.poll(() => api.counters().resyncs, { timeout: 10_000 }).toBeGreaterThan(0);
    const stateNow = () => {
      const last = slow.messages.findLast((message) => message.type === "caught-up");
      const found = last?.type === "caught-up" ? last.updates.find(({ topic }) => topic === "state") : undefined;
      return found?.topic === "state" ? found.value.stateReason : null;
    };
    await expect.poll(stateNow).toBe("the last word");
    expect(
      slow.messages.filter(({ type }) => type === "snapshot"),
      "what did not change is not sent again",
    ).toHaveLength(1);
    expect(gaps(slow.messages)).toEqual([]);
    hub.publish(...state("back"));
    await expect.poll(() => slow.messages.at(-1)).toMatchObject({ type: "update", value: { stateReason: "back" } });
    expect(gaps(slow.messages)).toEqual([]);
  });

  test("that stays frozen is cut", async () => {
    const running = await runApi({ limits: { bufferedBytes: 16 * 1024, hopelessMs: 100 } });
    const frozen = await view(running.api);
    frozen.socket.pause();
    await flood(running);
    await expect.poll(() => running.api.counters()).toMatchObject({ clients: 0, disconnectedHopeless: 1 });
  });

  test("that answers no ping is cut", async () => {
    const { api } = await runApi({ limits: { pingMs: 500 } });
    const lively = await view(api);
    const dead = connect(api.port, "127.0.0.1");
    onTestFinished(() => void dead.destroy());
    dead.on("error", () => undefined);
    const handshake = ["GET /ws HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
    dead.write(`${[...handshake, `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}`].join("\r\n")}\r\n\r\n`);
    await expect.poll(() => api.counters().clients, { timeout: 10_000 }).toBe(2);
    await expect.poll(() => api.counters().clients, { timeout: 10_000 }).toBe(1);
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
  });
});

describe("bad viewers", () => {
  test("malformed and oversized frames end that connection only", async () => {
    const { api } = await runApi();
    const neighbour = await view(api);
    const large = await view(api);
    large.socket.send("y".repeat(1025));
    expect(await large.closed).toBe(1009);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2, maxLength: 60 }), async (bytes) => {
        const viewer = await view(api);
        const raw = Reflect.get(viewer.socket, "_socket") as { end(bytes: Uint8Array): void };
        raw.end(bytes);
        await viewer.closed;
      }),
      { numRuns: 30 },
    );
    neighbour.socket.send("hello?");
    await expect.poll(() => api.counters().ignoredMessages).toBeGreaterThan(0);
    expect((await ask(api, "/healthz")).status).toBe(200);
  });

  test("foreign pages, foreign names, wrong paths and one too many are refused before the upgrade", async () => {
    const { api } = await runApi({ limits: { maxClients: 2 } });
    await expect(view(api, { origin: "https://evil.example" })).rejects.toThrow("403");
    await expect(view(api, { host: "evil.example", origin: "http://evil.example" })).rejects.toThrow("403");
    await expect(view(api, {}, "/elsewhere")).rejects.toThrow("404");
    await view(api, { origin: `http://127.0.0.1:${api.port}` });
    const second = await view(api);
    await expect(view(api)).rejects.toThrow("503");
    expect(api.counters()).toMatchObject({ clients: 2, refusedClients: 4 });
    second.socket.close();
    await second.closed;
    await expect.poll(() => api.counters().clients).toBe(1);
    await view(api);
  });

  test("close says goodbye to the living and cuts the frozen", async () => {
    const running = await runApi();
    const living = await view(running.api);
    const frozen = await view(running.api);
    frozen.socket.pause();
    await running.api.close();
    expect(await living.closed).toBe(1001);
    expect(running.api.counters().clients).toBe(0);
  });
});
