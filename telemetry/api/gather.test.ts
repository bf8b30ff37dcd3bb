import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { Clock } from "../../common/clock.ts";
import { Gather } from "./gather.ts";

/** A connection that counts the writes that reach the kernel, and a client that writes messages to it as they are. */
function connected(gather: Gather) {
  const writes: string[] = [];
  const connection = new Writable({
    write: (part: Buffer, _, done) => {
      writes.push(part.toString());
      done();
    },
    writev: (parts, done) => {
      writes.push(parts.map(({ chunk }) => String(chunk)).join(""));
      done();
    },
  });
  const client = {
    send: (bytes: Buffer, _: unknown, taken: () => void) => void connection.write(bytes, taken),
    get bufferedAmount() {
      return connection.writableLength;
    },
    close: () => connection.end(),
  };
  return { writes, socket: gather.socket(client as unknown as WebSocket, connection as never) };
}

class SteppedClock implements Clock {
  nowMs = 0;
  wakers: (() => void)[] = [];
  nowNs = () => BigInt(this.nowMs) * 1_000_000n;
  wallMs = () => this.nowMs;
  sleep = () => new Promise<void>((resolve) => void this.wakers.push(resolve));
}

const turn = () => new Promise(setImmediate);

test("what is sent in one turn is one write; what follows at once waits and is one more; after a pause nothing waits", async () => {
  const clock = new SteppedClock();
  const { writes, socket } = connected(new Gather(clock));
  for (const text of ["a", "b", "c"]) socket.send(text, () => undefined);
  expect(writes).toEqual([]);
  await turn();
  expect(writes).toEqual(["abc"]);
  clock.nowMs = 4;
  for (const text of ["d", "e"]) socket.send(text, () => undefined);
  await turn();
  expect(writes).toEqual(["abc"]);
  clock.nowMs = 10;
  for (const wake of clock.wakers) wake();
  await turn();
  expect(writes).toEqual(["abc", "de"]);
  clock.nowMs = 30;
  socket.send("f", () => undefined);
  await turn();
  expect(writes).toEqual(["abc", "de", "f"]);
});

test("much at once is not held, and a goodbye takes with it what is", async () => {
  const { writes, socket } = connected(new Gather(new SteppedClock()));
  const bulk = "x".repeat(20_000);
  socket.send(bulk, () => undefined);
  expect(writes).toEqual([bulk]);
  const other = connected(new Gather(new SteppedClock()));
  other.socket.send("last words", () => undefined);
  other.socket.close(1001, "");
  await turn();
  expect(other.writes).toEqual(["last words"]);
});
