/** What anybody on the laboratory's network can send: never more than a closed socket with a counted reason, while the others are served. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { STRATUM_LIMITS, type StratumLimits } from "./limits.ts";
import { REQUESTS } from "./messages.ts";
import { StratumServer } from "./server.ts";
import { syntheticTemplates } from "./template.ts";

const PATIENCE = { timeout: 20_000, interval: 10 };
let server: StratumServer;
const sockets: Socket[] = [];

async function start(limits: Partial<StratumLimits> = {}): Promise<void> {
  server = await StratumServer.start(
    { listen: { host: "127.0.0.1", port: 0 }, mode: "storm", templates: syntheticTemplates(1, 3), difficulty: 1, sigmaNs: 0, limits },
    { clock: hostClock(), verify: () => ({ zeroBits: Uint16Array.of(40), difficultyLog2: Float32Array.of(8) }) },
  );
}

async function miner() {
  const socket = connect(server.port, "127.0.0.1");
  sockets.push(socket);
  let [text, closed] = ["", false];
  socket
    .setEncoding("utf8")
    .on("error", () => {})
    .on("close", () => {
      closed = true;
    })
    .on("data", (chunk: string) => {
      text += chunk;
    });
  await once(socket, "connect");
  return { socket, text: () => text, isClosed: () => closed };
}

const closedInAll = () => Object.values(server.closed).reduce((a, b) => a + b);

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop();
});

/** Ids of every type that JSON has, and numbers that it cannot hold; as text, so that they need not be JSON at all. */
const id = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.string({ unit: "binary", maxLength: 80 }).map((text) => JSON.stringify(text)),
  fc.constantFrom("null", "true", "false", "[]", "{}", "[[1]]", '{"a":{}}', "1e999", "-0", "18446744073709551616", '"\\ud800"'),
);
const method = fc.oneof(
  fc.constantFrom(...Object.keys(REQUESTS)),
  fc.constantFrom("__proto__", "constructor", "toString", "mining.notify", "mining.set_difficulty", ""),
  fc.string({ unit: "binary", maxLength: 80 }),
);
const hex = (digits: number) =>
  fc.oneof(fc.constant("0".repeat(digits)), fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFxg"), maxLength: 40 }));
const submit = fc
  .tuple(fc.constantFrom("w", ""), fc.constantFrom("0", "1", "ffffffff", "__proto__"), hex(8), hex(8), hex(8), hex(8))
  .map((words) => JSON.stringify(words));
const deep = fc
  .integer({ min: 1, max: 1500 })
  .chain((levels) => fc.constantFrom("[".repeat(levels) + "]".repeat(levels), '{"a":'.repeat(levels)));
const params = fc.oneof(
  submit,
  deep,
  fc.json({ maxDepth: 8, noUnicodeString: false }),
  fc.constantFrom(
    '["w","x"]',
    "[]",
    "{}",
    "null",
    '[["version-rolling"],{"version-rolling.mask":"ffffffff"}]',
    '[["version-rolling"],null]',
    "[1e308]",
    "[1e-320]",
  ),
);
const request = fc.tuple(id, method, params).map(([i, m, p]) => `{"id":${i},"method":${JSON.stringify(m)},"params":${p}}`);
const line = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: request.map((text) => `\ufeff${text}`) },
  { weight: 1, arbitrary: fc.tuple(request, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: STRATUM_LIMITS.lineBytes - 2, max: STRATUM_LIMITS.lineBytes + 2 }).map((n) => `"${"x".repeat(n - 2)}"`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", " ", "\r", "\t\r", "\u0000", '{"id":1,"result":true,"error":null}', '{"method":"mining.submit"}'),
  },
);
const HELLO = '{"id":1,"method":"mining.subscribe","params":[]}\n{"id":2,"method":"mining.authorize","params":["w","x"]}\n';
const LAST = '{"id":"last","method":"mining.extranonce.subscribe","params":[]}\n';
const stream = fc.record({
  greets: fc.boolean(),
  lines: fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { minLength: 1, maxLength: 6 }),
  noise: fc.oneof({ weight: 4, arbitrary: fc.constant(new Uint8Array()) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) }),
  cuts: fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 5 }),
});

describe("a hostile stream", () => {
  it("is answered line by line to its end, or ended for a reason that is counted; nobody else notices", { timeout: 120_000 }, async () => {
    await start();
    const good = await miner();
    good.socket.write(HELLO);
    await vi.waitFor(() => expect(good.text()).toContain("mining.notify"), PATIENCE);
    let [ended, answered] = [0, 0];
    await fc.assert(
      fc.asyncProperty(stream, async ({ greets, lines, noise, cuts }) => {
        const { socket, text, isClosed } = await miner();
        const before = closedInAll();
        const said = lines.map(([each, end]) => each + end).join("");
        const bytes = Buffer.concat([Buffer.from(greets ? HELLO : ""), Buffer.from(said), noise, Buffer.from(`\n${LAST}`)]);
        for (let at = 0, i = 0; at < bytes.length && !isClosed(); i++) {
          const size = cuts[i % cuts.length] as number;
          socket.write(bytes.subarray(at, at + size));
          at += size;
        }
        await vi.waitFor(() => expect(isClosed() || text().includes('"id":"last"')).toBe(true), PATIENCE);
        // Whatever was said is JSON, a message a line, also to who is sent away.
        for (const reply of text().split("\n").slice(0, -1)) expect(JSON.parse(reply)).toHaveProperty("id");
        if (isClosed()) {
          ended++;
          // The server counts when its own end has closed, which may be after ours.
          await vi.waitFor(() => expect(closedInAll()).toBe(before + 1), PATIENCE);
        } else {
          answered++;
          socket.destroy();
          await vi.waitFor(() => expect(closedInAll()).toBe(before + 1), PATIENCE);
        }
      }),
      { numRuns: 200 },
    );
    expect(Math.min(ended, answered)).toBeGreaterThan(3);
    good.socket.write(LAST);
    await vi.waitFor(() => expect(good.text()).toContain('{"id":"last","result":true'), PATIENCE);
    expect(server.sessions).toHaveLength(1);
  });

  it("that drips a byte at a time does not keep its line open, nor the place of a miner that never says who it is", async () => {
    await start({ lineMs: 100, handshakeMs: 4000 });
    const [line, blank] = [await miner(), await miner()];
    const drip = setInterval(() => {
      line.socket.write("x");
      blank.socket.write("\n");
    }, 5);
    try {
      await vi.waitFor(() => expect(server.closed).toMatchObject({ "slow-line": 1, "handshake-timeout": 1 }), PATIENCE);
    } finally {
      clearInterval(drip);
    }
  });

  it("of megabytes without a line's end is ended at its first 4096 bytes", async () => {
    await start();
    const { socket, isClosed } = await miner();
    socket.write(Buffer.alloc(8 * 1024 * 1024, 0x61));
    await vi.waitFor(() => expect(isClosed()).toBe(true), PATIENCE);
    expect(server.closed["line-too-long"]).toBe(1);
    expect(socket.bytesRead).toBe(0);
  });
});
