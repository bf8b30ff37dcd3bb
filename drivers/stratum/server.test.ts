import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hostClock } from "../../common/clock.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { parseListenAddress } from "./address.ts";
import type { StratumLimits } from "./limits.ts";
import { exactLog2, StratumServer } from "./server.ts";
import { syntheticTemplates } from "./template.ts";

const PATIENCE = { timeout: 20_000, interval: 10 };
let server: StratumServer;
let batches: NonceBatch[] = [];
const sockets: Socket[] = [];

async function start(limits: Partial<StratumLimits> = {}, zeroBits = 40): Promise<void> {
  batches = [];
  server = await StratumServer.start(
    { listen: { host: "127.0.0.1", port: 0 }, mode: "swh", templates: syntheticTemplates(1), difficulty: 1, sigmaNs: 1000, limits },
    {
      clock: hostClock(),
      verify: () => ({ zeroBits: Uint16Array.of(zeroBits), difficultyLog2: Float32Array.of(zeroBits - 32) }),
      onShares: (batch) => batches.push(batch),
    },
  );
}

async function miner(): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {});
  sockets.push(socket);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(socket, "connect");
  return { socket, text: () => text };
}

const NOTIFY = `"method":"mining.notify"`;
const HELLO = '{"id":1,"method":"mining.subscribe","params":[]}\n{"id":2,"method":"mining.authorize","params":["w","x"]}\n';

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop();
});

describe("the Stratum server", () => {
  it("serves a thousand miners at once, each with an extranonce of its own", async () => {
    await start();
    const miners = await Promise.all(Array.from({ length: 1000 }, miner));
    for (const { socket } of miners) socket.write(HELLO);
    await vi.waitFor(() => expect(miners.filter(({ text }) => text().includes(NOTIFY))).toHaveLength(1000), PATIENCE);
    expect(new Set(server.sessions.map(({ extranonce1 }) => extranonce1)).size).toBe(1000);
    const extranonces = new Set(miners.map(({ text }) => (JSON.parse(text().split("\n")[0] as string) as { result: unknown[] }).result[1]));
    expect(extranonces.size).toBe(1000);
  });

  it("ends a connection that sends rubbish, counts why, and goes on serving the others", async () => {
    await start();
    const good = await miner();
    good.socket.write(HELLO);
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const { socket } = await miner();
        sent++;
        const over = once(socket, "close");
        socket.end(Buffer.concat([bytes, Buffer.from("\n")]));
        await over;
      }),
      { numRuns: 60 },
    );
    await vi.waitFor(() => expect(Object.values(server.closed).reduce((a, b) => a + b)).toBe(sent), PATIENCE);
    expect(server.closed["socket-error"]).toBe(0);
    good.socket.write('{"id":7,"method":"mining.extranonce.subscribe","params":[]}\n');
    await vi.waitFor(() => expect(good.text()).toContain('{"id":7,"result":true'), PATIENCE);
  });

  it("ends a line that never ends, a miner that never says who it is, and one that has fallen silent", async () => {
    await start({ lineMs: 30, handshakeMs: 2000, idleMs: 2000 });
    const [slow, mute, idle] = [await miner(), await miner(), await miner()];
    slow.socket.write('{"id":1,');
    idle.socket.write(HELLO);
    await vi.waitFor(() => expect(server.closed).toMatchObject({ "slow-line": 1, idle: 1, "handshake-timeout": 1 }), PATIENCE);
    expect(mute.text()).toBe("");
  });

  it("lets no more wait for a miner that does not read than is allowed", async () => {
    await start({ backlogBytes: 20_000 });
    const { socket } = await miner();
    socket.pause();
    socket.write(HELLO);
    const question = '{"id":1,"method":"mining.extranonce.subscribe","params":[]}\n'.repeat(2000);
    const flood = setInterval(() => socket.write(question), 1);
    try {
      await vi.waitFor(() => expect(server.closed["write-backlog"]).toBe(1), PATIENCE);
    } finally {
      clearInterval(flood);
    }
  });

  it("refuses more connections than it may have", async () => {
    await start({ connections: 2 });
    await miner();
    await miner();
    await miner();
    await vi.waitFor(() => expect(server.closed["too-many-connections"]).toBe(1), PATIENCE);
    expect(server.sessions).toHaveLength(2);
  });

  it("makes rows of what is submitted", async () => {
    await start();
    const { socket, text } = await miner();
    socket.write(HELLO);
    await vi.waitFor(() => expect(text()).toContain(NOTIFY), PATIENCE);
    const line = text()
      .split("\n")
      .find((each) => each.includes(NOTIFY)) as string;
    const [id, , , , , , , ntime] = (JSON.parse(line) as { params: string[] }).params;
    socket.write(`{"id":3,"method":"mining.submit","params":["w","${id}","00000000","${ntime}","12345678"]}\n`);
    await vi.waitFor(() => expect(batches).toHaveLength(1), PATIENCE);
    expect(batches[0]).toMatchObject({ length: 1, nonce: Uint32Array.of(0x12345678), status: Uint8Array.of(0), chip: Uint16Array.of(1) });
  });

  it("loses no share that came in the moment it was stopped", async () => {
    batches = [];
    let stopped: Promise<void> | undefined;
    server = await StratumServer.start(
      { listen: { host: "127.0.0.1", port: 0 }, mode: "swh", templates: syntheticTemplates(1), difficulty: 1, sigmaNs: 1000 },
      {
        clock: hostClock(),
        verify: () => ({ zeroBits: Uint16Array.of(40), difficultyLog2: Float32Array.of(8) }),
        onShares: (batch) => batches.push(batch),
        onShare: () => {
          stopped = server.stop();
        },
      },
    );
    const { socket, text } = await miner();
    socket.write(HELLO);
    await vi.waitFor(() => expect(text()).toContain(NOTIFY), PATIENCE);
    const notify = text()
      .split("\n")
      .find((line) => line.includes(NOTIFY)) as string;
    const { params } = JSON.parse(notify) as { params: string[] };
    socket.write(`${JSON.stringify({ id: 9, method: "mining.submit", params: ["w", params[0], "00000000", params[7], "12345678"] })}\n`);
    await vi.waitFor(() => expect(stopped).toBeDefined(), PATIENCE);
    await stopped;
    expect(batches.map(({ length }) => length)).toEqual([1]);
  });

  it("says so when its address is taken", async () => {
    await start();
    const taken = {
      listen: { host: "127.0.0.1", port: server.port },
      mode: "swh",
      templates: syntheticTemplates(1),
      difficulty: 1,
      sigmaNs: 0,
    } as const;
    const verify = () => ({ zeroBits: new Uint16Array(1), difficultyLog2: new Float32Array(1) });
    await expect(StratumServer.start(taken, { clock: hostClock(), verify })).rejects.toMatchObject({ code: "STRATUM_LISTEN" });
  });
});

describe("where it may listen", () => {
  it.each(["127.0.0.1:3333", "localhost:0", "192.168.1.4:3333", "10.0.0.1:1", "172.16.0.1:3333", "[::1]:3333", "[fd00::1]:3333"])(
    "%s",
    (text) => {
      expect(parseListenAddress(text).host).not.toBe("");
    },
  );

  it.each(["0.0.0.0:3333", "8.8.8.8:3333", "172.32.0.1:3333", "[::]:3333", "127.0.0.1", "pool.example:3333", "127.0.0.1:70000"])(
    "not %s",
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: "STRATUM_ADDRESS" }));
    },
  );

  it("takes difficulties that a ticket mask can hold", () => {
    expect(exactLog2(256)).toBe(8);
    expect(exactLog2(1 / 1024)).toBe(-10);
    for (const bad of [0, -1, 300, Number.NaN])
      expect(() => exactLog2(bad)).toThrow(expect.objectContaining({ code: "STRATUM_DIFFICULTY" }));
  });
});
