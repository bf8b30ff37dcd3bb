/** What the live channel makes of a server that is not as it should be. The twin's tests are in device/network. */
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { liveStates } from "./live.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const STATE = { ASICModel: "BM1366", uptimeSeconds: 1, frequency: 485, coreVoltage: 1200 };
const update = (data: unknown, event = "update") => JSON.stringify({ event, data });

async function serving(talk: (client: WebSocket) => void): Promise<{ host: string; port: number }> {
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server, path: "/api/ws/live" });
  sockets.on("connection", (client) => {
    client.on("error", () => {});
    talk(client);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { host: "127.0.0.1", port: typeof address === "object" && address !== null ? address.port : 0 };
}
const code = (name: string) => expect.objectContaining({ code: name });

describe("the live channel", () => {
  it("puts changes onto the state, and passes other events by", async () => {
    const at = await serving((client) => {
      client.send(update(STATE));
      setTimeout(() => {
        client.send(update({ frequency: 1 }, "log"));
        client.send(update({ uptimeSeconds: 2 }));
      }, 50);
    });
    const states = liveStates(at);
    expect((await states.next()).value).toMatchObject({ uptimeS: 1, frequencyMhz: 485 });
    expect((await states.next()).value).toMatchObject({ uptimeS: 2, frequencyMhz: 485 });
    await states.return();
  });

  it.each([
    ["no JSON", "{"],
    ["no event", '{"data":{}}'],
    ["a state without its fields", update({ frequency: 485 })],
    ["more keys than a miner has", update({ ...STATE, ...Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`k${i}`, i])) })],
  ])("ends with an error at %s", async (_, text) => {
    const at = await serving((client) => client.send(text));
    await expect(liveStates(at).next()).rejects.toThrow(code("AXEOS_REPLY"));
  });

  it("ends with an error at a message that is too long", async () => {
    const at = await serving((client) => client.send(update({ ...STATE, hostname: "x".repeat(70_000) })));
    await expect(liveStates(at).next()).rejects.toThrow(code("AXEOS_UNREACHABLE"));
  });

  it("ends with an error when the miner has no such channel", async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(liveStates({ host: "127.0.0.1", port }).next()).rejects.toThrow(/no live channel \(status/);
  });

  it("gives a slow reader the newest state alone", async () => {
    const at = await serving((client) => {
      for (let uptimeSeconds = 1; uptimeSeconds <= 50; uptimeSeconds++) client.send(update({ ...STATE, uptimeSeconds }));
    });
    const states = liveStates(at);
    await states.next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await states.next()).value).toMatchObject({ uptimeS: 50 });
    await states.return();
  });
});
