/** Whatever bytes come, the daemon lives on and answers the next client. */
import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ask, runApi } from "./api.test-support.ts";
import type { Api } from "./server.ts";

const RATE = { burst: 1e6, perSecond: 1e6 };
const UPGRADE = [
  "GET /ws HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "",
  "",
].join("\r\n");

/** Sends the parts one after another, then hangs up; resolves when the connection is gone. */
function say(api: Api, parts: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(api.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
    for (const part of parts) socket.write(part);
    socket.end();
  });
}

test("random bytes in place of HTTP", async () => {
  const { api } = await runApi({ rate: RATE });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), (parts) => say(api, parts)),
    { numRuns: 60 },
  );
  expect((await ask(api, "/healthz")).status).toBe(200);
});

test("HTTP with random addresses, methods and headers", async () => {
  const { api } = await runApi({ rate: RATE });
  const line = fc.string({ unit: "binary", maxLength: 60 });
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT");
  const path = fc.oneof(line, fc.stringMatching(/^\/api\/v1\/runs\/[%\w/.?&=+-]{0,30}$/));
  await fc.assert(
    fc.asyncProperty(method, path, line, line, (name, address, header, value) =>
      say(api, [Buffer.from(`${name} /${address} HTTP/1.1\r\nHost: localhost\r\n${header}: ${value}\r\nConnection: close\r\n\r\n`)]),
    ),
    { numRuns: 80 },
  );
  expect((await ask(api, "/healthz")).status).toBe(200);
});

test("random frames after a WebSocket handshake", async () => {
  const { api } = await runApi({ rate: RATE });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 4 }), (parts) =>
      say(api, [Buffer.from(UPGRADE), ...parts]),
    ),
    { numRuns: 60 },
  );
  expect((await ask(api, "/healthz")).status).toBe(200);
  await expect.poll(() => api.counters().clients, { timeout: 10_000 }).toBe(0);
});
