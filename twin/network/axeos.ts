/** A miner behind AxeOS on real sockets: HTTP, the live WebSocket, and a Stratum client that hashes at the clock that was set. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { type Clock, every } from "../../common/clock.ts";
import { splitmix64 } from "../../common/random.ts";
import { AxeOsBoard } from "./axeos-board.ts";
import type { AxeOsFault } from "./axeos-faults.ts";
import { listening } from "./listening.ts";
import { MINER_KINDS } from "./miner-kinds.ts";
import { mineFor, type Pool } from "./pool-miner.ts";
import { type PathFaults, WirelessPath } from "./wireless-path.ts";

/** specs/bm1366.md 6.2, 6.4 */
const LIVE_MS = 500;
const LIVE_CLIENTS = 10;
const BODY_BYTES = 10_240;

export interface AxeOsTwinOptions {
  readonly clock: Clock;
  readonly listen: { readonly host: string; readonly port: number };
  readonly path: PathFaults;
  readonly faults?: readonly AxeOsFault[];
  readonly seed?: number;
  /** Where it mines, in real time; absent: nowhere. */
  readonly pool?: Pool;
}

export interface AxeOsTwin {
  readonly board: AxeOsBoard;
  readonly port: number;
  stop(): Promise<void>;
}

/** Resolves when it answers. TwinError TWIN_LISTEN, OPTION_OUT_OF_RANGE. */
export async function startAxeOsTwin({ clock, listen, path, faults = [], seed = 1, pool }: AxeOsTwinOptions): Promise<AxeOsTwin> {
  const random = splitmix64(seed);
  const board = new AxeOsBoard(random, clock.nowNs());
  for (const fault of faults) board.faults.add(fault);
  // One path, there and back: what is asked and what is answered cross the same air.
  const way = new WirelessPath(path, random);
  const sockets = new Set<Socket>();
  const stopped = new AbortController();
  const later = (act: () => void) => {
    const ms = Math.max(0, Number(way.arrivalNs(clock.nowNs()) - clock.nowNs()) / 1e6);
    clock.sleep(ms, stopped.signal).then(act, () => {});
  };
  const server = createServer((request, response) => {
    bodyOf(request, (body) => later(() => later(() => answer(board, clock.nowNs(), request, body, response))));
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    if (board.isDown(clock.nowNs())) socket.destroy();
  });
  await listening(server, listen);
  const stopLive = serveLive(server, board, clock, later);
  // A miner that restarts hangs up on everybody.
  const stopWatch = every(clock, 100, () => {
    if (!board.isDown(clock.nowNs())) return;
    for (const socket of sockets) socket.destroy();
  });
  const stopMining =
    pool === undefined
      ? () => {}
      : mineFor(
          pool,
          { ...MINER_KINDS.lv06, agent: "twin-axeos/1", path },
          {
            hashRateHs: () => board.hashRateHs,
            isDown: () => board.isDown(clock.nowNs()),
            onAnswers: (accepted, refused) => {
              board.sharesAccepted += accepted;
              board.sharesRejected += refused;
            },
          },
        );
  const address = server.address();
  return {
    board,
    port: typeof address === "object" && address !== null ? address.port : 0,
    async stop() {
      stopMining();
      stopWatch();
      stopLive();
      stopped.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function bodyOf(request: IncomingMessage, done: (body: string) => void): void {
  let text = "";
  request
    .setEncoding("utf8")
    .on("data", (part: string) => {
      text = text.length + part.length > BODY_BYTES ? text : text + part;
    })
    .on("end", () => done(text))
    .on("error", () => {});
}

interface Reply {
  readonly status: number;
  readonly value: unknown;
}

/** "nothing": no answer ever; "hang-up": the connection ends. */
function replyTo(board: AxeOsBoard, nowNs: bigint, route: string, body: string): Reply | "nothing" | "hang-up" {
  if (board.faults.has("silent")) return "nothing";
  if (board.isDown(nowNs)) return "hang-up";
  if (board.faults.has("denied")) return { status: 401, value: "Unauthorized" };
  switch (route) {
    case "GET /api/system/info":
      return { status: 200, value: board.info(nowNs) };
    case "GET /api/system/asic":
      return { status: 200, value: board.asic() };
    case "GET /api/system/statistics":
      return {
        status: 200,
        value: { currentTimestamp: Number(board.info(nowNs).uptimeSeconds) * 1000, labels: ["timestamp"], statistics: [] },
      };
    case "POST /api/system/restart":
      board.restart(nowNs);
      return { status: 200, value: { message: "System will restart shortly." } };
    case "PATCH /api/system":
      try {
        const status = board.patch(JSON.parse(body), nowNs);
        return { status, value: status === 200 ? null : "Wrong API input" };
      } catch {
        return { status: 400, value: "Invalid JSON" };
      }
    default:
      return { status: 404, value: { error: "unknown route" } };
  }
}

function answer(board: AxeOsBoard, nowNs: bigint, request: IncomingMessage, body: string, response: ServerResponse): void {
  const reply = replyTo(board, nowNs, `${request.method} ${(request.url ?? "").split("?")[0]}`, body);
  if (reply === "hang-up") response.destroy();
  if (typeof reply === "string") return;
  const { status, value } = reply;
  const text = value === null ? "" : JSON.stringify(value);
  const cut = board.faults.has("garbage") && status === 200 ? text.slice(0, text.length / 2) : text;
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(cut);
}

/** The whole state to who comes, then each half second what changed. */
function serveLive(server: Server, board: AxeOsBoard, clock: Clock, later: (act: () => void) => void): () => void {
  const live = new WebSocketServer({ noServer: true });
  const shown = new Map<WebSocket, Record<string, unknown>>();
  server.on("upgrade", (request, socket, head) => {
    const refusal = request.url !== "/api/ws/live" ? "404 Not Found" : shown.size >= LIVE_CLIENTS ? "429 Too Many Requests" : null;
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    live.handleUpgrade(request, socket, head, (client) => {
      shown.set(client, {});
      client.on("close", () => shown.delete(client)).on("error", () => {});
      show(client);
    });
  });
  const show = (client: WebSocket) => {
    // One that is starting says nothing until it is hung up on.
    if (board.faults.has("silent") || board.isDown(clock.nowNs())) return;
    const state = board.info(clock.nowNs());
    const known = shown.get(client) ?? {};
    const data = Object.fromEntries(Object.entries(state).filter(([key, value]) => known[key] !== value));
    shown.set(client, state);
    const text = JSON.stringify({ event: "update", data });
    later(() => {
      if (client.readyState === client.OPEN) client.send(board.faults.has("garbage") ? text.slice(0, text.length / 2) : text);
    });
  };
  const stop = every(clock, LIVE_MS, () => {
    for (const client of shown.keys()) show(client);
  });
  return () => {
    stop();
    for (const client of shown.keys()) client.terminate();
    live.close();
  };
}
